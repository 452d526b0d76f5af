package mutate

import (
	"path"
	"slices"
)

var fileEdits = []kind{
	{"file content", 12, (*World).changeContent},
	{"file added", 5, (*World).addFile},
	{"file removed", 4, (*World).removeFile},
	{"file renamed", 3, (*World).renameFile},
	{"file mode", 4, (*World).changeMode},
	{"file type", 2, (*World).changeType},
	{"link target", 3, (*World).changeTarget},
	{"file time", 4, (*World).touch},
	{"named context", 4, (*World).changeExtra},
	{"ignore", 4, (*World).changeIgnore},
}

// anyFile returns the name of a file of a type in the build context, "" for none.
func (w *World) anyFile(t Type) string {
	var names []string
	for _, name := range sortedKeys(w.Context) {
		if w.Context[name].Type == t {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return pick(w, names...)
}

func (w *World) edit(t Tree, name string, change func(*Node)) bool {
	n, ok := t[name]
	if !ok {
		return false
	}
	change(&n)
	t[name] = n
	return true
}

func (w *World) changeContent() bool {
	name := w.anyFile(Regular)
	return w.edit(w.Context, name, func(n *Node) {
		if path.Ext(name) == ".tar" {
			n.Content = w.newArchive().Content
			return
		}
		n.Content = w.token() + "\n"
		if w.chance(10) {
			n.Content = "bad " + n.Content // for what looks for it and fails
		}
	})
}

func (w *World) addFile() bool {
	name := pick(w, "", "src/", "docs/", "src/lib/", "new/") + pick(w, "n", "m") + pick(w, ".txt", ".c", ".h", ".md")
	if _, ok := w.Context[name]; ok {
		return false
	}
	w.Context[name] = w.newFile()
	return true
}

func (w *World) removeFile() bool {
	name := w.anyFile(Regular)
	if name == "a.txt" { // many steps need it
		return false
	}
	delete(w.Context, name)
	return name != ""
}

func (w *World) renameFile() bool {
	name := w.anyFile(Regular)
	to := path.Join(path.Dir(name), "r"+path.Base(name))
	if _, ok := w.Context[to]; ok || name == "" || name == "a.txt" {
		return false
	}
	w.Context[to] = w.Context[name]
	delete(w.Context, name)
	return true
}

func (w *World) changeMode() bool {
	return w.edit(w.Context, w.anyFile(Regular), func(n *Node) {
		n.Mode = pick(w, slices.DeleteFunc([]uint32{0o644, 0o755, 0o600}, func(m uint32) bool { return m == n.Mode })...)
	})
}

func (w *World) changeType() bool {
	name := w.anyFile(pick(w, Regular, Link))
	if name == "a.txt" {
		return false
	}
	return w.edit(w.Context, name, func(n *Node) {
		if n.Type == Link {
			*n = w.newFile()
		} else {
			*n = Node{Type: Link, Target: "elsewhere"}
		}
	})
}

func (w *World) changeTarget() bool {
	name := w.anyFile(Link)
	return w.edit(w.Context, name, func(n *Node) {
		to := []string{"a.txt", "b.txt", "go.mod"}
		if path.Dir(name) == "src" {
			to = []string{"main.c", "util.c"}
		}
		n.Target = pick(w, slices.DeleteFunc(to, func(s string) bool { return s == n.Target })...)
	})
}

func (w *World) touch() bool {
	return w.edit(w.Context, w.anyFile(Regular), func(n *Node) { n.Touched++ })
}

func (w *World) changeExtra() bool {
	if w.chance(25) {
		w.Extra["sub/"+pick(w, "n1", "n2")] = w.newFile()
		return true
	}
	return w.edit(w.Extra, pick(w, sortedKeys(w.Extra)...), func(n *Node) { n.Content = w.token() + "\n" })
}

func (w *World) changeIgnore() bool {
	pattern := pick(w, "docs/*.md", "**/*.h", "b.txt", "conf", "src/*", "!src/main.c", "Dockerfile", "nothing")
	if n := slices.Index(w.Ignore, pattern); n >= 0 {
		w.Ignore = slices.Delete(slices.Clone(w.Ignore), n, n+1)
	} else {
		w.Ignore = append(slices.Clone(w.Ignore), pattern)
	}
	return true
}
