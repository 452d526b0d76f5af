// Package packages knows package managers: which of their commands install from
// manifests, which files those are, what refreshes an index and what cleans up,
// and where downloads are kept.
//
// # Design
//
// The knowledge is a table with an entry for each program (the files of this
// package are named after its parts), and Classify looks a command up in it. What
// a program does with its words differs little between programs; where it does,
// the entry has a function of its own.
package packages

import (
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// Action is what a command does with packages.
type Action int

// The actions.
const (
	Other   Action = iota // nothing that matters here
	Install               // what manifests list
	Add                   // packages that its words name
	Build                 // builds a project, and fetches what its manifests list on the way
	Refresh               // fetches the index alone
	Upgrade               // replaces what is installed with newer packages
	Clean                 // removes what downloads have left behind
)

// Manager is one package manager.
type Manager struct {
	Name     string
	Programs []string // base names of the programs that run it
	// System says that its packages are those of the image's distribution, which
	// need nothing of a project.
	System bool

	// Manifests are patterns for the files that say what to install, as path.Match
	// takes them, in the folder where the command runs. One of them must exist.
	Manifests []string
	// Locks pin the versions, Settings tell where to fetch from; both are read
	// where they exist. A Setting that ends in "/" is a folder.
	Locks, Settings []string
	// Output are the folders in the project that an install writes.
	Output []string
	// Caches are the folders of downloads that an install leaves in the layer, as
	// it does by default: "~/" stands for the user's home.
	Caches []Cache
	// Prefetch is the command that fetches what a Build needs, "" for none.
	Prefetch string

	values []string // flags with a value in the next word
	// version are the flags besides --version that make it print its version and
	// do nothing else; none for one whose -v is something else behind a verb.
	version []string
	verbs   []verb
	// special reads what verbs cannot; false leaves the command to verbs.
	special func(m *Manager, c *shell.Command, words []shell.Word) (Use, bool)
	// local reports whether a word names files rather than a package.
	local func(word string) bool
}

// Cache is a folder of downloads, or of what is made of them.
type Cache struct {
	Path string
	// UserPath is the same for a user other than root, "" where it does not differ.
	UserPath string
	// Inner is the folder in both that all of it lies in, "" for none.
	Inner string
	// Sharing is what a cache mount of it needs: "locked" where the program cannot
	// share it, else "".
	Sharing string
	// Env is the variable that moves it, "" for none.
	Env string
	// Left says that it is of no use in an image and there by default.
	Left bool
	// Built says that it holds what a build compiles rather than downloads.
	Built bool
}

// verb is a command of a manager.
type verb struct {
	words  string   // "install", "mod download"; "" for the program alone
	parts  []string // of words, filled by index
	action Action
	named  Action // instead of action where operands follow, 0 for the same
	// files are the flags that name a manifest.
	files []string
	// manifestOnly is a flag without which the project's own source is needed; ""
	// where it never is.
	manifestOnly []string
	advice       string // what manifestOnly[0] is called in a message, "" for itself
	// source says that the project's source is needed in any case.
	source bool
	// global are the flags that make it install for the whole system.
	global []string
	// only are the patterns of manifests that it reads, where those of the manager
	// are too many.
	only []string
}

// Use is what one command does.
type Use struct {
	Manager *Manager
	Action  Action
	Command *shell.Command
	// Verb has the words that named the action: "install".
	Verb string
	// Dir is the project's folder: absolute, or relative to the WORKDIR.
	Dir        string
	DirUnknown bool
	// Files are the manifests that the command itself names, relative to Dir or
	// absolute. Nil where it takes those of the Manager.
	Files []shell.Word
	// Patterns are the manifests that it reads otherwise.
	Patterns []string
	// Packages are the words that name packages.
	Packages []shell.Word
	// NeedsSource says that it reads more of the project than manifests.
	NeedsSource bool
	// ManifestsWith is the flag that would make manifests enough; "" for none.
	ManifestsWith string
	// Global says that what it installs does not belong to the project.
	Global bool
	// Refreshes says that an Add or Upgrade refreshes the index itself.
	Refreshes bool
}

// Classify says what a command does. It is false for a program that is no package
// manager's, and for a command that has nothing to do with installing.
func Classify(c *shell.Command) (Use, bool) {
	name, words := program(c)
	m := byProgram[name]
	if m == nil || m.informs(words) {
		return Use{}, false
	}
	if m.special != nil {
		if u, ok := m.special(m, c, words); ok {
			u.Manager, u.Command = m, c
			return u, u.Action != Other
		}
	}
	operands := m.operands(words)
	v, rest := m.verb(operands)
	if v == nil || v.action == Other {
		return Use{}, false
	}
	u := Use{Manager: m, Command: c, Action: v.action, Verb: v.words, Dir: c.Dir, DirUnknown: c.DirUnknown}
	u.read(v, words, rest)
	return u, true
}

// Informs reports whether a command is a package manager's that only prints its
// version or its help.
func Informs(c *shell.Command) bool {
	name, words := program(c)
	m := byProgram[name]
	return m != nil && m.informs(words)
}

// informs reports whether a command only prints its version or its help, whatever
// else it is told. A --version with a value asks for that version of a package.
func (m *Manager) informs(words []shell.Word) bool {
	for i, w := range words {
		switch {
		case w.Text == "--":
			return false
		case w.Text == "--help" || w.Text == "-h":
			return true
		case w.Text == "--version":
			if i+1 == len(words) || strings.HasPrefix(words[i+1].Text, "-") {
				return true
			}
		case slices.Contains(m.version, w.Text):
			return true
		}
	}
	return false
}

// read fills a use from the words of its command.
func (u *Use) read(v *verb, words, rest []shell.Word) {
	m := u.Manager
	u.Patterns = v.only
	if u.Patterns == nil && (v.action == Install || v.action == Build) {
		u.Patterns = m.Manifests
	}
	u.Files = named(words, v.files)
	if v.named != 0 && len(rest) > 0 {
		u.Action, u.Packages, u.Patterns = v.named, rest, nil
	}
	if u.Action == Add && v.named == 0 {
		u.Packages = rest
	}
	if len(u.Files) > 0 {
		u.Patterns = nil
		if len(rest) == 0 {
			u.Action = Install
		}
	}
	u.NeedsSource = v.source
	for _, w := range rest {
		if u.Action == Add && m.isLocal(w.Text) || w.Dynamic && strings.HasPrefix(w.Text, "$(") {
			u.NeedsSource = true
		}
	}
	if len(v.manifestOnly) > 0 && !has(words, v.manifestOnly) {
		u.NeedsSource, u.ManifestsWith = true, v.manifestOnly[0]
		if v.advice != "" {
			u.ManifestsWith = v.advice
		}
	}
	u.Global = m.System || u.Action == Add && len(v.global) == 0 || has(words, v.global)
}

// program is the name that the table knows a command by, and the words behind
// it: "python3 -m pip" is pip.
func program(c *shell.Command) (string, []shell.Word) {
	if strings.HasPrefix(c.Name, "python") && len(c.Args) > 1 && c.Args[0].Text == "-m" {
		return c.Args[1].Text, c.Args[2:]
	}
	if c.Name == "corepack" && len(c.Args) > 0 {
		return c.Args[0].Text, c.Args[1:]
	}
	if c.Name == "cargo" && len(c.Args) > 0 && strings.HasPrefix(c.Args[0].Text, "+") {
		return c.Name, c.Args[1:] // a toolchain
	}
	return c.Name, c.Args
}

// verb finds the longest verb that the operands begin with.
func (m *Manager) verb(operands []shell.Word) (*verb, []shell.Word) {
	var best *verb
	length := -1
	for i := range m.verbs {
		v := &m.verbs[i]
		parts := v.parts
		if len(parts) > len(operands) || len(parts) <= length || len(parts) == 0 && len(operands) > 0 {
			continue
		}
		match := true
		for j, p := range parts {
			match = match && operands[j].Text == p
		}
		if match {
			best, length = v, len(parts)
		}
	}
	if best == nil {
		return nil, nil
	}
	return best, operands[length:]
}

// operands are the words that are neither flags nor their values.
func (m *Manager) operands(words []shell.Word) []shell.Word {
	c := shell.Command{Args: words}
	return c.Operands(m.values...)
}

func (m *Manager) isLocal(word string) bool {
	if m.local != nil {
		return m.local(word)
	}
	return strings.HasPrefix(word, ".") || strings.HasPrefix(word, "/") || strings.HasPrefix(word, "file:")
}

// named returns the values of flags that name a file, which may stand behind the
// flag's letter without a space.
func named(words []shell.Word, flags []string) []shell.Word {
	var files []shell.Word
	add := func(w shell.Word, text string) {
		w.Text = text
		files = append(files, w)
	}
	for i, w := range words {
		for _, f := range flags {
			value, ok := strings.CutPrefix(w.Text, f)
			switch {
			case !ok:
			case value == "" && i+1 < len(words):
				add(words[i+1], words[i+1].Text)
			case strings.HasPrefix(value, "="):
				add(w, value[1:])
			case value != "" && !strings.HasPrefix(f, "--"):
				add(w, value)
			}
		}
	}
	return files
}

func has(words []shell.Word, flags []string) bool {
	c := shell.Command{Args: words}
	return c.Has(flags...)
}

// Matches reports whether a file's base name is one of the patterns'.
func Matches(patterns []string, file string) bool {
	for _, p := range patterns {
		if ok, err := path.Match(p, path.Base(file)); ok && err == nil {
			return true
		}
	}
	return false
}

var byProgram = index()

func index() map[string]*Manager {
	out := map[string]*Manager{}
	for _, m := range All() {
		for _, p := range m.Programs {
			out[p] = m
		}
		for i := range m.verbs {
			m.verbs[i].parts = strings.Fields(m.verbs[i].words)
		}
	}
	return out
}

// All are the package managers that are known, the same values with every call.
func All() []*Manager { return all }

var all = func() []*Manager {
	var out []*Manager
	for _, part := range [][]*Manager{system, node, python, compiled, scripting} {
		out = append(out, part...)
	}
	return out
}()

// IsProgram reports whether a name is that of a package manager's program, for a
// quick look before a command is read.
func IsProgram(name string) bool { return byProgram[name] != nil }
