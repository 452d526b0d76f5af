package rules

import (
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
)

// mount is a --mount of a RUN, with the names that BuildKit gives its options.
type mount struct {
	kind    string // "bind", "cache", "tmpfs", "secret" or "ssh"
	target  string // absolute, variables replaced
	sharing string // of a cache mount
	flag    string // as the instruction's Flags have it
}

// mountsOf are the mounts of a RUN, in their order.
func mountsOf(p *lint.Pass, in *dockerfile.Instruction) []mount {
	typed := p.Graph().Mounts(in)
	if len(typed) == 0 {
		return nil
	}
	var flags []string
	for _, f := range in.Flags {
		if strings.HasPrefix(f, "--mount=") {
			flags = append(flags, f)
		}
	}
	out := make([]mount, len(typed))
	for i, t := range typed {
		out[i] = mount{kind: string(t.Type), target: t.Target, sharing: string(t.CacheSharing)}
		if i < len(flags) {
			out[i].flag = flags[i]
		}
		if t.Target != "" {
			out[i].target = absolute(p, in, t.Target)
		}
	}
	return out
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

// keepsInMount reports whether a manager's downloads lie in a cache or tmpfs mount
// of a RUN.
func keepsInMount(p *lint.Pass, in *dockerfile.Instruction, c packages.Cache) bool {
	if c.UserPath == "" || !isOrdinary(p.Graph().Sees(in).User()) {
		if inMount(p, in, path.Join(c.Path, c.Inner)) {
			return true
		}
	}
	for _, m := range mountsOf(p, in) {
		_, ok := within(homeless(m.target), path.Join(c.UserPath, c.Inner))
		if _, root := within("/root", m.target); ok && !root && c.UserPath != "" && m.discards() && m.target != "" {
			return true
		}
	}
	return false
}

// isOrdinary reports whether a user is known to be another one than root.
func isOrdinary(user string) bool {
	user, _, _ = strings.Cut(user, ":")
	return user != "" && user != "root" && user != "0" && !strings.Contains(user, "$")
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
