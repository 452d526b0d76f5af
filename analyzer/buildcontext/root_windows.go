package buildcontext

import (
	"os"
	"path/filepath"
)

// root is an open folder. os.Root keeps what is opened in it.
type root struct {
	path string
	dir  *os.Root
}

func openRoot(path string) (*root, error) {
	dir, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &root{path: path, dir: dir}, nil
}

func (r *root) close() error { return r.dir.Close() }

// openFolder opens a folder by its path in the root, "" for the root.
func (r *root) openFolder(rel string) (*handle, error) {
	f, err := r.dir.Open(filepath.Join(".", rel))
	if err != nil {
		return nil, err
	}
	return &handle{filepath.Join(r.path, rel)}, f.Close()
}

// openFile opens a regular file by its path in the root.
func (r *root) openFile(rel string) (content, error) {
	f, err := r.dir.Open(rel)
	if err != nil {
		return content{}, err
	}
	return regular(f)
}

// regular takes an open file, if it is one.
func regular(f *os.File) (content, error) {
	c := content{f}
	if _, err := c.identify(); err != nil {
		c.close()
		return content{}, errChanged
	}
	return c, nil
}
