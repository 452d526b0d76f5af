package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// files is what edits work on: a copy.
type files struct {
	context tree
	// dockerfileIn holds the Dockerfile under its name: the context, or a
	// folder of its own.
	dockerfileIn   tree
	dockerfileName string
	// The absolute paths of both.
	contextPath, dockerfilePath string
	// Of a Dockerfile in a folder of its own: where the original is, and the same
	// file in the copy of the context, "" where it has none.
	outside, twin string
	// named are the other build contexts that are folders.
	named []string
}

// dockerfile edits the Dockerfile.
func (f *files) dockerfile(edit func(old string) (string, error)) error {
	at := place{f.dockerfileIn, f.dockerfileName}
	if err := at.rewrite(at.name, edit); err != nil {
		return err
	}
	return f.keepTwins(at)
}

// keepTwins gives a Dockerfile that the context has too, and that lies apart, the
// content of the one that was edited.
func (f *files) keepTwins(edited place) error {
	apart, within := place{f.dockerfileIn, f.dockerfileName}, place{f.context, f.twin}
	other := within
	switch {
	case f.twin == "" || edited != apart && edited != within:
		return nil
	case edited == within:
		other = apart
	}
	content, err := edited.ReadFile(local(edited.name))
	if err != nil {
		return err
	}
	info, err := other.lookup(other.name)
	if errors.Is(err, errMissing) { // deleted by an edit
		return nil
	}
	if err != nil {
		return err
	}
	return other.write(other.name, info, string(content), false)
}

// tree is a folder that edits cannot leave. Its methods take paths with "/", without
// symbolic links on the way: those that follow returned.
type tree struct {
	*os.Root
	origin string // the absolute folder that it is a copy of
}

// local is a path as the system writes it.
func local(name string) string { return filepath.FromSlash(path.Clean(name)) }

// errMissing says that a path is not there.
var errMissing = errors.New("no such file in the context")

// lookup returns what stands at a path, errMissing if nothing does.
func (t tree) lookup(name string) (fs.FileInfo, error) {
	name = path.Clean(name)
	for i := range name {
		if name[i] != '/' {
			continue
		}
		above, err := t.lstat(name[:i])
		switch {
		case err != nil:
			return nil, err
		case !above.IsDir():
			return nil, fmt.Errorf("%s is no folder", name[:i])
		}
	}
	return t.lstat(name)
}

func (t tree) lstat(name string) (fs.FileInfo, error) {
	info, err := t.Lstat(local(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMissing
	}
	return info, err
}

// regular is lookup for edits of content.
func (t tree) regular(name string) (fs.FileInfo, error) {
	info, err := t.lookup(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a folder: name a file in it")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no ordinary file")
	}
	return info, nil
}

// maxText bounds the size of a file in which text is looked for, in bytes.
const maxText = 64 << 20

func (t tree) read(name string, info fs.FileInfo) (string, error) {
	if info.Size() > maxText {
		return "", fmt.Errorf("it has %d bytes: no more than %d can be edited as text", info.Size(), maxText)
	}
	content, err := t.ReadFile(local(name))
	return string(content), err
}
