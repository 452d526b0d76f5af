package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
)

// need is what an install reads of the context.
type need struct {
	// known says that it can be told.
	known bool
	// files are paths in the context. Those of the settings that are folders end in
	// a slash.
	files []string
	// usual is what they are called where no context is known, "" where one is.
	usual string
	// folder is that of the project in the context.
	folder string
	// members is how many more manifests there are, of the project's members.
	members int
	// script is one of the project's own that the install runs, "" for none.
	script string
	// nothing says that it reads no file of the project.
	nothing bool
	// provided says that an earlier step has copied the files already.
	provided bool
	// build says that the install is part of a build, which needs the source too.
	build bool
}

// manifestsFor returns what an install needs of what a copy brings. Ok is false
// where it needs nothing of that.
func manifestsFor(p *lint.Pass, b *broadCopy, in *dockerfile.Instruction, u packages.Use) (n need, ok bool) {
	if u.DirUnknown {
		return need{}, true
	}
	n.build = u.Action == packages.Build
	n.folder, ok = b.origin(absolute(p, in, u.Dir))
	if len(u.Files) > 0 {
		return n.named(p, b, in, u)
	}
	if !ok || n.build && (p.Context == nil || len(in.Flags) > 0 && mountsCache(p, in, u.Manager)) {
		return n, ok
	}
	if p.Context == nil {
		n.known, n.usual = true, usualNames(u)
		return n, true
	}
	n.find(p, u)
	n.known = len(n.files) > 0 && n.read(p, u.Manager)
	n.provided = n.known && n.members == 0 && bringsAll(p, b.in, in, b, n.files)
	return n, true
}

// named fills in the manifests that the command itself names.
func (n need) named(p *lint.Pass, b *broadCopy, in *dockerfile.Instruction, u packages.Use) (need, bool) {
	for _, w := range u.Files {
		name, ok := value(p, in, w)
		if !ok || strings.ContainsAny(name, "*?[~") {
			return need{}, true
		}
		if !path.IsAbs(name) {
			name = path.Join(absolute(p, in, u.Dir), name)
		}
		from, ok := b.origin(name)
		if !ok {
			return need{}, false
		}
		if p.Context != nil {
			if _, exists := p.Context.Lookup(from); !exists {
				return need{}, true // made by a step, or copied from elsewhere
			}
		}
		n.files = append(n.files, from)
	}
	n.known = p.Context == nil || n.read(p, u.Manager)
	n.provided = n.known && bringsAll(p, b.in, in, b, n.files)
	return n, true
}

// usualNames are what the manifests of a manager are called.
func usualNames(u packages.Use) string {
	switch first := u.Patterns[0]; {
	case strings.Contains(first, "*"):
		return "its project files (" + first + ")"
	case len(u.Manager.Locks) == 0 || first == u.Manager.Locks[0]:
		return first
	default:
		return first + " and its lock file"
	}
}

// find lists the manifests, locks and settings in the project's folder. There
// are none without a manifest.
func (n *need) find(p *lint.Pass, u packages.Use) {
	for _, pattern := range u.Patterns {
		n.files = append(n.files, inFolder(p, n.folder, pattern)...)
	}
	if len(n.files) == 0 {
		return
	}
	for _, name := range slices.Concat(u.Manager.Locks, u.Manager.Settings) {
		for _, f := range inFolder(p, n.folder, name) {
			if !slices.Contains(n.files, f) {
				n.files = append(n.files, f)
			}
		}
	}
}

// inFolder are the entries of a folder of the context that have a name, or match
// a pattern. A name with a slash at its end is a folder's.
func inFolder(p *lint.Pass, folder, name string) []string {
	if !strings.ContainsAny(name, "*?[") {
		f, ok := p.Context.Lookup(path.Join(folder, name))
		switch {
		case !ok || f.Type.IsDir() != strings.HasSuffix(name, "/"):
			return nil
		case f.Type.IsDir():
			return []string{f.Path + "/"}
		}
		return []string{f.Path}
	}
	var out []string
	files, _ := p.Context.Files()
	for _, f := range files {
		if path.Dir(f.Path) == folder && f.Type.IsRegular() && packages.Matches([]string{name}, f.Path) {
			out = append(out, f.Path)
		}
	}
	return out
}

// bringsAll reports whether narrow copies above a broad one bring files to where
// that brings them.
func bringsAll(p *lint.Pass, above, in *dockerfile.Instruction, b *broadCopy, files []string) bool {
	for _, f := range files {
		rel, ok := within(b.from, f)
		if !ok || !broughtBefore(p, above, in, path.Join(b.to, rel)) {
			return false
		}
	}
	return true
}

func broughtBefore(p *lint.Pass, above, in *dockerfile.Instruction, name string) bool {
	for _, o := range lineage(p, in.Stage) {
		if o == above {
			return false
		}
		for _, a := range addedBy(p, o) {
			if a.path == name && !a.tree {
				return true
			}
		}
	}
	return false
}

// mountsCache reports whether a RUN keeps a manager's downloads, or what is built
// of them, in a cache mount.
func mountsCache(p *lint.Pass, in *dockerfile.Instruction, m *packages.Manager) bool {
	for _, c := range m.Caches {
		if keepsInMount(p, in, c) {
			return true
		}
	}
	for _, mt := range mountsOf(p, in) {
		if mt.kind == "cache" && slices.Contains(m.Output, path.Base(mt.target)) {
			return true
		}
	}
	return false
}

// advice says what to do, at the end of a message.
func (n *need) advice(u packages.Use, copied *dockerfile.Instruction) string {
	names := n.names(u)
	m := u.Manager
	switch {
	case n.nothing:
		return "move it above the " + copied.Keyword
	case n.provided:
		return "move it above the " + copied.Keyword + ": " + names + " " + plural(len(n.files), "is", "are") + " there already"
	case u.Action == packages.Build && m.Prefetch == "":
		return "copy " + names + " and install from " + plural(len(n.files), "it", "them") + " first"
	case u.Action == packages.Build:
		return "copy " + names + " and run " + m.Prefetch + " first, so that dependencies are fetched apart from the source"
	case u.ManifestsWith != "":
		return "copy " + names + " and run " + call(u) + " " + u.ManifestsWith + " first"
	case n.script != "":
		return "copy " + names + " first, and what its script " + n.script + " reads"
	}
	return "copy " + names + " first"
}

// names lists the files for a message.
func (n *need) names(u packages.Use) string {
	if n.usual != "" {
		return n.usual
	}
	const most = 4
	list := n.files
	tail := ""
	if n.members > 0 {
		tail = fmt.Sprintf(" and the %s of its %s", u.Manager.Manifests[0], count(n.members, "workspace"))
	} else if len(list) > most {
		tail = fmt.Sprintf(" and %d more", len(list)-most+1)
		list = list[:most-1]
	}
	if tail == "" && len(list) > 1 {
		tail = " and " + list[len(list)-1]
		list = list[:len(list)-1]
	}
	return cut(strings.Join(list, ", "), 200) + tail
}
