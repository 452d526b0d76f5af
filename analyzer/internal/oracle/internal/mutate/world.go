package mutate

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
)

// World is all that a build reads and that an edit may change.
type World struct {
	// Salt is in every content and image, so that cases share no cache.
	Salt string

	Context Tree     // without the Dockerfile and .dockerignore
	Extra   Tree     // the named context "extra"
	Ignore  []string // .dockerignore, line by line
	File    Dockerfile
	Image   Image // what every image reference resolves to

	Args    map[string]string // build arguments
	Target  string            // a stage's identity, "" for the last one
	Network string            // "" or "none"
	Hosts   []string          // --add-host
	// Platforms to build for; nil for the engine's own.
	Platforms []string
	Secret    string // the value of the one secret

	// What follows is asked of the next build alone.
	NoCache       bool
	NoCacheFilter int  // the identity of a stage, 0 for none
	Prune         bool // the engine's cache is emptied before

	random *rand.Rand
	serial int // the last identity or token that was given
}

// Image is a base image; two that are equal have the same digest.
type Image struct {
	Version int               // in a label alone: another digest, the same files
	Release int               // in the file /etc/release
	Env     map[string]string // beside PATH
	OnBuild []*Instruction
}

// Tree is the files of a folder by slash path. Folders are listed where they are
// empty; others follow from their files.
type Tree map[string]Node

// Node is one file.
type Node struct {
	Type    Type
	Content string
	Mode    uint32 // of a regular file
	Target  string // of a symbolic link
	Touched int    // how often its time was changed by itself
}

// Type is the type of a file.
type Type string

// The types, in the words of records.
const (
	Regular Type = "file"
	Link    Type = "symlink"
	Folder  Type = "dir"
)

// New returns the world that a seed and the number of a case stand for.
func New(seed, number uint64) *World {
	w := &World{
		Salt:   fmt.Sprintf("c%dx%d", seed, number),
		Args:   map[string]string{},
		random: rand.New(rand.NewPCG(seed, number)),
	}
	w.makeFiles()
	w.makeImage()
	w.makeDockerfile()
	w.Secret = w.token()
	if w.chance(8) {
		w.Platforms = []string{"linux/amd64", "linux/arm64"}
	}
	return w
}

// Clone returns a deep copy that draws from the same source of chance.
func (w *World) Clone() *World {
	c := *w
	c.Context, c.Extra, c.Args = maps.Clone(w.Context), maps.Clone(w.Extra), maps.Clone(w.Args)
	c.Ignore, c.Hosts = slices.Clone(w.Ignore), slices.Clone(w.Hosts)
	c.Image.Env = maps.Clone(w.Image.Env)
	c.Image.OnBuild = cloneAll(w.Image.OnBuild)
	c.File = w.File.clone()
	return &c
}

// Restore makes the world what an earlier copy of it is. Identities and tokens
// stay unique.
func (w *World) Restore(earlier *World) {
	serial := w.serial
	*w = *earlier.Clone()
	w.serial = serial
}

func (w *World) next() int {
	w.serial++
	return w.serial
}

// token returns a text that no other has.
func (w *World) token() string { return fmt.Sprintf("%s-%d", w.Salt, w.next()) }

// chance is true p times in a hundred.
func (w *World) chance(p int) bool { return w.random.IntN(100) < p }

func pick[T any](w *World, from ...T) T { return from[w.random.IntN(len(from))] }

func (w *World) makeFiles() {
	w.Context, w.Extra = Tree{}, Tree{}
	for _, name := range []string{"a.txt", "b.txt", "go.mod", "src/main.c", "src/util.c", "src/lib/x.h", "src/lib/y.h", "docs/readme.md", "docs/notes.txt", "conf/app.ini"} {
		w.Context[name] = w.newFile()
	}
	w.Context["pkg.tar"] = w.newArchive()
	w.Context["conf/run.sh"] = Node{Type: Regular, Content: "#!/bin/sh\n# " + w.token() + "\n", Mode: 0o755}
	w.Context["link"] = Node{Type: Link, Target: "a.txt"}
	w.Context["src/alias"] = Node{Type: Link, Target: "main.c"}
	w.Context["empty"] = Node{Type: Folder}
	for _, name := range []string{"e1.txt", "sub/e2.txt"} {
		w.Extra[name] = w.newFile()
	}
	if w.chance(80) {
		w.Ignore = append(w.Ignore, "Dockerfile", ".dockerignore")
	}
	if w.chance(20) {
		w.Ignore = append(w.Ignore, pick(w, "docs/*.md", "**/*.h", "b.txt"))
	}
}

func (w *World) newFile() Node {
	return Node{Type: Regular, Content: w.token() + "\n", Mode: 0o644}
}

// newArchive returns a tar file of one file.
func (w *World) newArchive() Node {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	content := w.token()
	header := &tar.Header{Name: "packed.txt", Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}
	if err := errors.Join(t.WriteHeader(header), writeAll(t, content), t.Close()); err != nil {
		panic(err) // a buffer takes all
	}
	return Node{Type: Regular, Content: b.String(), Mode: 0o644}
}

func writeAll(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

func (w *World) makeImage() {
	w.Image.Env = map[string]string{}
	if w.chance(30) {
		w.Image.Env["IMG"] = w.token()
	}
	if w.chance(6) {
		w.Image.OnBuild = append(w.Image.OnBuild, w.newRun(nil))
	}
}

// Chance is true p times in a hundred, and Choose a number below n, for what a
// test draws itself.
func (w *World) Chance(p int) bool { return w.chance(p) }

// Choose is a number from 0 that is lower than n.
func (w *World) Choose(n int) int { return w.random.IntN(n) }

// Triggers are the instructions that the base image leaves to what is built on
// it.
func (w *World) Triggers() []string {
	var out []string
	for _, i := range w.Image.OnBuild {
		out = append(out, w.File.text(i))
	}
	return out
}
