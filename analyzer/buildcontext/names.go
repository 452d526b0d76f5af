package buildcontext

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Name is what a folder tells of a file.
type Name struct {
	Path string      // relative, with "/"
	Type fs.FileMode // its type bits alone
}

// Names lists the files of a folder that patterns, those of an ignore file, do not
// exclude, sorted by path. Nothing is opened but folders, and none outside of the
// root. Folders that are sent only for what lies in them are left out.
//
// It looks at so many files at most, those that are excluded too; complete is false
// where there are more, and where a folder could not be read. The names are then
// those that were seen.
func Names(root string, exclude []string, most int) (names []Name, complete bool, err error) {
	resolved, err := resolveRoot(root)
	if err != nil {
		return nil, false, err
	}
	l := &listing{left: most, complete: true, filter: &filter{excludePatterns: exclude}, buffer: make([]byte, 64<<10)}
	if err := l.filter.compile(); err != nil {
		return nil, false, err
	}
	if l.root, err = openRoot(resolved); err != nil {
		return nil, false, err
	}
	defer l.root.close()
	if err := l.folder(&folder{}); err != nil {
		return nil, false, fmt.Errorf("cannot list %s: %w", root, err)
	}
	slices.SortFunc(l.names, func(a, b Name) int { return strings.Compare(a.Path, b.Path) })
	return l.names, l.complete, nil
}

// listing is one walk for names.
type listing struct {
	root     *root
	filter   *filter
	buffer   []byte
	left     int // how many files may still be looked at
	names    []Name
	complete bool
}

// folder lists a folder, and what is in it. It only fails where the patterns do.
func (l *listing) folder(f *folder) error {
	list, err := l.list(f.path)
	if err != nil {
		l.complete = false
		return nil
	}
	for i, path := range f.join(list) {
		if l.left--; l.left < 0 {
			l.complete = false
			return nil
		}
		isFolder := list[i].isFolder()
		keep, prune, state, err := l.filter.match(path, isFolder, f.state)
		if err != nil {
			return err
		}
		if keep {
			l.names = append(l.names, Name{filepath.ToSlash(path), fileType(list[i].mode)})
		}
		if isFolder && !prune {
			if err := l.folder(&folder{path: path, state: state}); err != nil {
				return err
			}
		}
	}
	return nil
}

// list reads a folder and closes it, so that few are open in a deep tree.
func (l *listing) list(path string) ([]found, error) {
	handle, err := l.root.openFolder(path)
	if err != nil {
		return nil, err
	}
	list, err := handle.list(l.buffer)
	handle.close()
	slices.SortFunc(list, func(a, b found) int { return strings.Compare(a.name, b.name) })
	return list, err
}
