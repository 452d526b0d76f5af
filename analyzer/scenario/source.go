package scenario

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/layerwise/layerwise/analyzer/inputfile"
	"github.com/layerwise/layerwise/analyzer/workspace"
)

// source is what is copied: a context and a Dockerfile.
type source struct {
	context string // absolute, without symbolic links
	// dockerfile is the file's path in the context, with the system's
	// separators, or "" when it lies outside or is a symbolic link; then
	// outside is where it is.
	dockerfile string
	outside    string
	// twin is the path in the context, with "/", of the file that a Dockerfile leads
	// to that is a symbolic link; "" where it leads out of the context.
	twin  string
	named []string // the other build contexts that are folders
}

// locate finds the context and the Dockerfile.
func locate(folder, dockerfile string) (*source, error) {
	folder, err := realPath(folder)
	if err != nil {
		return nil, fmt.Errorf("find the context: %w", err)
	}
	if info, err := os.Stat(folder); err != nil {
		return nil, fmt.Errorf("find the context: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("the context %s is no folder: an experiment needs one to copy", folder)
	}
	above, err := realPath(filepath.Dir(dockerfile))
	if err != nil {
		return nil, fmt.Errorf("find the Dockerfile: %w", err)
	}
	dockerfile = filepath.Join(above, filepath.Base(dockerfile))
	info, err := os.Lstat(dockerfile)
	if err != nil {
		return nil, fmt.Errorf("find the Dockerfile: %w", err)
	}
	s := &source{context: folder}
	if below, err := filepath.Rel(folder, dockerfile); err == nil && filepath.IsLocal(below) && info.Mode().IsRegular() {
		s.dockerfile = below
	} else {
		s.outside = dockerfile
		if real, err := filepath.EvalSymlinks(dockerfile); err == nil {
			if below, err := filepath.Rel(folder, real); err == nil && filepath.IsLocal(below) {
				s.twin = filepath.ToSlash(below)
			}
		}
	}
	return s, nil
}

func realPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// Names in a folder with a copy.
const (
	contextName    = "context"
	dockerfileName = "dockerfile"
)

// maxDockerfile bounds the size of a Dockerfile outside the context, in bytes.
const maxDockerfile = 16 << 20

// copyTo copies the context, or those files of it that are named, and the
// Dockerfile into a folder of the workspace.
func (s *source) copyTo(ctx context.Context, w *workspace.Folder, folder string, only []string) (*files, error) {
	own, err := w.Root.Lstat(".")
	if err != nil {
		return nil, fmt.Errorf("copy the context: %w", err)
	}
	from, err := os.OpenRoot(s.context)
	if err != nil {
		return nil, fmt.Errorf("copy the context: %w", err)
	}
	defer from.Close()
	to, err := newFolder(w.Root, filepath.Join(folder, contextName))
	if err != nil {
		return nil, fmt.Errorf("copy the context: %w", err)
	}
	f := &files{context: tree{to, s.context}, contextPath: filepath.Join(w.Path, folder, contextName), outside: s.outside, twin: s.twin, named: s.named}
	if only != nil {
		only = tree{from, s.context}.followed(only)
		for _, own := range []string{filepath.ToSlash(s.dockerfile), s.twin} {
			if own != "" {
				only = append(only, own)
			}
		}
	}
	c := copier{ctx: ctx, only: only, except: own}
	if err := c.copyAll(from, to, "."); err != nil {
		return nil, errors.Join(fmt.Errorf("copy the context to %s: %w", w.Path, err), f.close())
	}
	if s.dockerfile != "" {
		f.dockerfileIn, f.dockerfileName = f.context, filepath.ToSlash(s.dockerfile)
		f.dockerfilePath = filepath.Join(f.contextPath, s.dockerfile)
		return f, nil
	}
	if err := s.copyOutside(w, filepath.Join(folder, dockerfileName), f); err != nil {
		return nil, errors.Join(fmt.Errorf("copy the Dockerfile: %w", err), f.close())
	}
	return f, nil
}

// copyOutside copies a Dockerfile that lies outside the context, and the
// .dockerignore of its own that may lie beside it.
func (s *source) copyOutside(w *workspace.Folder, folder string, f *files) error {
	to, err := newFolder(w.Root, folder)
	if err != nil {
		return err
	}
	f.dockerfileIn, f.dockerfileName = tree{to, filepath.Dir(s.outside)}, filepath.Base(s.outside)
	f.dockerfilePath = filepath.Join(w.Path, folder, f.dockerfileName)
	if err := copySmall(s.outside, to); err != nil {
		return err
	}
	if err := copySmall(s.outside+".dockerignore", to); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copySmall copies a file under its name, the file itself where the path is a
// symbolic link.
func copySmall(path string, to *os.Root) error {
	content, err := inputfile.Read(path, maxDockerfile)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	name := filepath.Base(path)
	if err := to.WriteFile(name, content, 0o600); err != nil {
		return err
	}
	return finish(to, name, info)
}

// newFolder makes a folder and opens it.
func newFolder(root *os.Root, name string) (*os.Root, error) {
	if err := root.MkdirAll(name, 0o700); err != nil {
		return nil, err
	}
	return root.OpenRoot(name)
}

// close lets go of the copy's folders.
func (f *files) close() error {
	err := f.context.Close()
	if f.dockerfileIn.Root != nil && f.dockerfileIn != f.context {
		err = errors.Join(err, f.dockerfileIn.Close())
	}
	return err
}
