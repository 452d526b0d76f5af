package mutate

import (
	"fmt"
	"slices"
	"strings"
)

// newRun returns a RUN for a stage, nil for one outside of any.
func (w *World) newRun(s *Stage) *Instruction {
	i := &Instruction{ID: w.next(), Keyword: "RUN"}
	out := fmt.Sprintf("/tmp/o%d", i.ID)
	i.Makes = []string{out}
	switch n := w.random.IntN(14); {
	case n < 2 || s == nil:
		i.Text = fmt.Sprintf("echo %s > %s", w.token(), out)
	case n < 4:
		i.Text = fmt.Sprintf("echo %s $%s > %s", w.token(), pick(w, "A1", "A2", "A3", "E1", "E2", "G1"), out)
	case n < 6 && len(w.outputs(s)) > 0:
		i.Text = w.reading(pick(w, w.outputs(s)...), out)
	case n == 6:
		i.Text, i.Varies = fmt.Sprintf("date +%%s%%N > %s && echo %s > %s.same", out, w.token(), out), true
		i.Makes = append(i.Makes, out+".same")
	case n == 7:
		i.Text, i.Makes = pick(w, "true", ": "+w.Salt, `["true"]`, `["echo","`+w.token()+`"]`), nil
	case n == 8:
		i.Doc = []string{"echo " + w.token() + " > " + out, pick(w, "pwd", "id")}
		if w.chance(30) {
			i.Doc = append([]string{"#!/bin/sh"}, i.Doc...)
		}
	case n == 9:
		i.Text, i.Makes = "! grep -q bad /*/d*/a.txt 2>/dev/null", nil
	case n < 13:
		w.mountOne(i, s, out)
	default:
		i.Flags = []string{"--network=none"}
		i.Text = fmt.Sprintf("echo %s > %s", w.token(), out)
	}
	return i
}

// reading is a command whose output is the content of a file or folder.
func (w *World) reading(from, out string) string {
	return fmt.Sprintf("cat %s %s/* > %s 2>/dev/null || :", from, from, out)
}

// mountOne gives a RUN a mount, and a command that uses it.
func (w *World) mountOne(i *Instruction, s *Stage, out string) {
	target := fmt.Sprintf("/m%d", i.ID)
	m := Mount{Kind: "bind", Target: target}
	file := target
	switch n := w.random.IntN(12); {
	case n < 2:
		m.Source = pick(w, "src", "docs", "src/lib")
	case n == 2:
		m.Options = pick(w, "", ",rw")
	case n == 3:
		m.Source = pick(w, "a.txt", "go.mod")
	case n == 4:
		m.From, m.Source = Place{Extra: true}, pick(w, "", "sub")
	case n == 5:
		m.From, m.Source = Place{Image: pick(w, images...)}, "/etc"
	case n < 8:
		if from := w.mountable(s); from != nil {
			m.From, m.Source = Place{Stage: from.ID}, pick(w, w.outputs(from)...)
		}
	case n == 8:
		m.Kind, m.Options = "cache", pick(w, "", ",sharing=locked", ",id="+w.Salt)
		m.Target = "/cache" + w.Salt
		i.Mounts = []Mount{m}
		i.Text = fmt.Sprintf("echo %s > %s; echo x >> %s/log || :", w.token(), out, m.Target)
		return
	case n == 9:
		m = Mount{Kind: "tmpfs", Target: target}
	case n == 10:
		m = Mount{Kind: "secret", Options: ",id=key" + pick(w, "", ",required=true", ",env=KEY", ",mode=0444")}
		file = "/run/secrets/key"
	default:
		i.Mounts = append(i.Mounts, Mount{Kind: "bind", Source: "conf", Target: target + "b"})
	}
	i.Mounts = append(i.Mounts, m)
	i.Text = fmt.Sprintf("cat %s %s/* > %s 2>/dev/null || :", file, file, out)
	if w.chance(30) { // the same whatever it reads
		i.Text = fmt.Sprintf("cat %s/*; echo %s > %s", file, w.token(), out)
	}
}

// mountable returns an earlier stage that has something to mount, nil for none.
func (w *World) mountable(s *Stage) *Stage {
	n := slices.Index(w.File.Stages, s)
	if n <= 0 {
		return nil
	}
	from := w.File.Stages[w.random.IntN(n)]
	if len(w.outputs(from)) == 0 || from.Name == "" { // a number would be the name of an image here
		return nil
	}
	return from
}

// altered is a command with another text that does the same and a little more.
func (w *World) altered(text string) string {
	if strings.HasPrefix(text, "[") {
		return fmt.Sprintf(`["echo","%s"]`, w.token())
	}
	return text + " && : " + w.token()
}
