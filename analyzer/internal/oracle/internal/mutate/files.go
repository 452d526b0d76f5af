package mutate

import (
	"cmp"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
)

// visible is the build context as the engine sees it: with the Dockerfile and
// .dockerignore, and without what is ignored.
func (w *World) visible() Tree {
	all := Tree{}
	for name, n := range w.Context {
		n.Touched = 0 // times do not count
		all[name] = n
	}
	all["Dockerfile"] = Node{Type: Regular, Content: w.File.Text(), Mode: 0o644}
	if len(w.Ignore) > 0 {
		all[".dockerignore"] = Node{Type: Regular, Content: w.ignoreText(), Mode: 0o644}
	}
	pm, err := patternmatcher.New(w.Ignore)
	if err != nil {
		return all
	}
	for name := range all {
		if ignored, err := pm.MatchesOrParentMatches(name); err == nil && ignored {
			delete(all, name)
		}
	}
	return all
}

func (w *World) ignoreText() string { return strings.Join(w.Ignore, "\n") + "\n" }

// selected returns the files below a path or a pattern. A link that is named by
// itself is followed.
func selected(t Tree, source string) Tree {
	out := Tree{}
	pattern := path.Clean(strings.Replace(source, "/./", "/", 1))
	for name, n := range t {
		if pattern == "." || matches(pattern, name) {
			out[name] = n
			if target := path.Join(path.Dir(name), n.Target); n.Type == Link && name == pattern {
				maps.Copy(out, selected(without(t, name), target))
			}
		}
	}
	return out
}

func without(t Tree, name string) Tree {
	c := maps.Clone(t)
	delete(c, name)
	return c
}

// matches says that a name, or a folder above it, matches a pattern.
func matches(pattern, name string) bool {
	for ; name != "." && name != "/"; name = path.Dir(name) {
		if ok, err := path.Match(pattern, name); err == nil && ok {
			return true
		}
	}
	return false
}

func substitute(text string, sc *scope) string {
	return os.Expand(text, func(ref string) string {
		name, fallback, _ := strings.Cut(ref, ":-")
		if v, ok := sc.env[name]; ok && v != "" {
			return v
		}
		if v, ok := sc.args[name]; ok && v != "" {
			return v
		}
		return fallback
	})
}

// mention notes the variables that a text refers to.
func mention(st *Step, text string, sc *scope) {
	os.Expand(text, func(ref string) string {
		name, _, _ := strings.Cut(ref, ":-")
		if v, ok := sc.env[name]; ok {
			st.Vars[name] = v
		} else if v, ok := sc.args[name]; ok {
			st.Vars[name] = v
		}
		return ""
	})
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
