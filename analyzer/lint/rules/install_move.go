package rules

import (
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
)

// moveInstall is the fix that moves a copy below an install, and copies what that
// needs in its place. It is nil where more would have to be changed, or the copy
// would undo the install.
func moveInstall(p *lint.Pass, b *broadCopy, in *dockerfile.Instruction, n need) *finding.Fix {
	if in.Stage != b.in.Stage || n.build || n.members > 0 || n.script != "" || p.Context == nil && !n.nothing || !isOnlyInstall(p, in) || touchesCopied(p, b, in, n) || !canPass(p, b, in, n) {
		return nil
	}
	fix := &finding.Fix{Message: "move the copy below the install", Safety: finding.Review, Edits: moveBelow(p, in, b.in)}
	if n.nothing || n.provided {
		return fix
	}
	lines, ok := n.copies(p, b)
	if !ok {
		return nil
	}
	ending := lineEnding(p.File)
	fix.Message = "copy the manifests, and the rest below the install"
	fix.Edits[0].Span = lineSpan(p, firstLine(b.in), b.in.EndLine)
	fix.Edits[0].Text = strings.Join(lines, ending) + ending
	return fix
}

// isOnlyInstall reports whether nothing in a RUN but an install could read the
// source.
func isOnlyInstall(p *lint.Pass, in *dockerfile.Instruction) bool {
	reads := ""
	for _, u := range usesOf(p, in) {
		if u.Action == packages.Install {
			of := installedIn(p, in, u)
			if reads != "" && reads != of {
				return false // of two projects
			}
			reads = of
		}
		if u.NeedsSource || u.Action == packages.Build || u.Action == packages.Upgrade && !u.Global {
			return false
		}
		if p.Context != nil && writesOver(p, u) {
			return false
		}
	}
	_, clear := installOf(p, in)
	return clear
}

// touchesCopied reports whether a command in a RUN that installs nothing works on
// what the copy brings, or may.
func touchesCopied(p *lint.Pass, b *broadCopy, in *dockerfile.Instruction, n need) bool {
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		if _, ok := packages.Classify(c); ok || c.Is("cd", "pushd") && !n.nothing {
			continue
		}
		named := c.Operands()
		for _, r := range c.Redirects {
			named = append(named, r.Target)
		}
		for _, w := range named {
			name, ok := place(p, in, c, w)
			_, inside := within(b.to, name)
			_, around := within(name, b.to)
			if namesFiles[c.Name] && (!ok || inside || around) || ok && inside && strings.Contains(w.Text, "/") {
				return true
			}
		}
	}
	return false
}

// namesFiles are the inert programs whose operands are files.
var namesFiles = words("[ [[ cd chmod chown ls mkdir rm test virtualenv")

// writesOver reports whether the context has a folder that an install writes: a
// copy below it would mix the two.
func writesOver(p *lint.Pass, u packages.Use) bool {
	for _, name := range u.Manager.Output {
		files, complete := p.Context.Files()
		if !complete {
			return true
		}
		for _, f := range files {
			if path.Base(f.Path) == name {
				return true
			}
		}
	}
	return false
}

// canPass reports whether a copy does the same below everything down to an
// install.
func canPass(p *lint.Pass, b *broadCopy, in *dockerfile.Instruction, n need) bool {
	fixed := path.IsAbs(b.src.Dest) && !strings.Contains(b.in.Text, "$")
	for _, o := range below(b.in) {
		if o == in {
			return true
		}
		switch o.Keyword {
		case "LABEL", "EXPOSE", "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL", "SHELL", "USER":
		case "ENV", "ARG":
			if strings.Contains(b.in.Text, "$") {
				return false
			}
		case "WORKDIR":
			if !fixed || n.nothing && len(b.in.Flags) > 0 {
				return false // it would make the folder, with another owner
			}
		case "COPY", "ADD":
			if !apart(p, b, o) {
				return false
			}
		default:
			return false
		}
	}
	return false
}

// apart reports whether another copy goes to places that a copy does not.
func apart(p *lint.Pass, b *broadCopy, o *dockerfile.Instruction) bool {
	sources := p.Graph().Sources(o)
	for _, s := range sources {
		to := absolute(p, o, s.Dest)
		_, inside := within(b.to, to)
		_, around := within(to, b.to)
		if inside || around || s.Parents || strings.Contains(s.Dest, "$") {
			return false
		}
	}
	return len(sources) > 0
}

// copies are the instructions that copy the manifests to where the broad copy
// brings them, one for each folder.
func (n *need) copies(p *lint.Pass, b *broadCopy) ([]string, bool) {
	if strings.ContainsAny(b.src.Dest, "$ \"'") {
		return nil, false
	}
	var flags string
	for _, f := range b.in.Flags {
		if strings.HasPrefix(f, "--exclude") {
			continue
		}
		if strings.ContainsAny(f, " \"'") {
			return nil, false
		}
		flags += f + " "
	}
	var order []string
	grouped := map[string][]string{}
	add := func(to, from string) {
		if grouped[to] == nil {
			order = append(order, to)
		}
		grouped[to] = append(grouped[to], from)
	}
	for _, f := range n.files {
		rel, ok := within(b.from, f)
		if !ok || strings.ContainsAny(f, " *?[\"'\\$#") {
			return nil, false
		}
		if strings.HasSuffix(f, "/") {
			add(target(b.src.Dest, rel), f)
		} else {
			add(target(b.src.Dest, path.Dir(rel)), f)
		}
	}
	var lines []string
	for _, to := range order {
		lines = append(lines, b.in.Keyword+" "+flags+strings.Join(grouped[to], " ")+" "+to)
	}
	return lines, true
}

// target is the folder that a copy's line names, with a slash at its end.
func target(dest, rel string) string {
	if rel != "." && rel != "" {
		dest = path.Join(dest, rel)
	}
	if dest == "." {
		return "./"
	}
	return strings.TrimSuffix(dest, "/") + "/"
}
