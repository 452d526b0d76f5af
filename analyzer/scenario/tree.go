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
}

// dockerfile edits the Dockerfile.
func (f *files) dockerfile(edit func(old string) (string, error)) error {
	return f.dockerfileIn.rewrite(f.dockerfileName, edit)
}

// tree is a folder that edits cannot leave. Its methods take paths with "/".
// They follow no symbolic link: an edit names the file that it means.
type tree struct {
	*os.Root
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
		case above.Mode()&fs.ModeSymlink != 0:
			return nil, fmt.Errorf("%s is a symbolic link: name the file by the path that it really has", name[:i])
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

// target is lookup for edits to which a symbolic link says nothing.
func (t tree) target(name string) (fs.FileInfo, error) {
	info, err := t.lookup(name)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		err = errors.New("it is a symbolic link: name the file that it leads to")
	}
	return info, err
}

// regular is target for edits of content.
func (t tree) regular(name string) (fs.FileInfo, error) {
	info, err := t.target(name)
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
