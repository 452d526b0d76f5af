package rules

import (
	"encoding/csv"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/shell"
)

// mount is a --mount of a RUN, with the names that BuildKit gives its options.
type mount struct {
	kind    string // "bind", "cache", "tmpfs", "secret" or "ssh"
	target  string // absolute, variables replaced
	from    string
	sharing string // of a cache mount
	flag    string // as the instruction's Flags have it
}

// mountsOf are the mounts of a RUN, in their order. BuildKit's typed form has them
// only as far as no variable could stand in them.
func mountsOf(p *lint.Pass, in *dockerfile.Instruction) []mount {
	var out []mount
	for _, flag := range in.Flags {
		text, ok := strings.CutPrefix(flag, "--mount=")
		if !ok || in.Keyword != "RUN" {
			continue
		}
		fields, err := csv.NewReader(strings.NewReader(text)).Read()
		if err != nil {
			continue
		}
		m := mount{kind: "bind", flag: flag}
		for _, f := range fields {
			key, text, _ := strings.Cut(f, "=")
			if v, ok := value(p, in, shell.Word{Text: text, Dynamic: strings.Contains(text, "$")}); ok {
				m.set(strings.ToLower(key), v)
			}
		}
		if m.target != "" {
			m.target = absolute(p, in, m.target)
		}
		out = append(out, m)
	}
	return out
}

func (m *mount) set(key, value string) {
	switch key {
	case "type":
		m.kind = strings.ToLower(value)
	case "target", "dst", "destination":
		m.target = value
	case "from":
		m.from = value
	case "sharing":
		m.sharing = strings.ToLower(value)
	}
}

// discards reports whether what is written to the mount stays out of the layer and
// of other files.
func (m *mount) discards() bool { return m.kind == "cache" || m.kind == "tmpfs" }

// inMount reports whether a folder of downloads lies in a cache or tmpfs mount of
// a RUN, in the home of whichever user.
func inMount(p *lint.Pass, in *dockerfile.Instruction, folder string) bool {
	for _, m := range mountsOf(p, in) {
		if _, ok := within(homeless(m.target), folder); ok && m.discards() && m.target != "" {
			return true
		}
	}
	return false
}

// homeless is a path with the home of a user written as "~".
func homeless(name string) string {
	for _, home := range []string{"$HOME", "${HOME}", "/root"} {
		if rest, ok := strings.CutPrefix(name, home); ok && (rest == "" || rest[0] == '/') {
			return "~" + rest
		}
	}
	if rest, ok := strings.CutPrefix(name, "/home/"); ok {
		_, below, found := strings.Cut(rest, "/")
		if found {
			return "~/" + below
		}
		return "~"
	}
	return name
}

// touches reports whether what a word of the shell names may be a folder or its
// content. A word of which only the beginning is known may be anything below it.
func touches(word, folder string) bool {
	word = homeless(path.Clean(word))
	if i := strings.IndexAny(word, "{$`"); i >= 0 {
		_, inside := within(path.Dir(word[:i]+"x"), folder)
		return inside && i > 1
	}
	return covers(word, folder) || covers(word, folder+"/x")
}
