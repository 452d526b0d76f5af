package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxLinks bounds the symbolic links that one path leads through, as Linux does.
const maxLinks = 40

// leavesError is a path that leads out of the context.
type leavesError struct{ to string } // absolute

func (e *leavesError) Error() string { return "it leads out of the context, to " + e.to }

// follow returns the path without symbolic links that a path leads to, as an editor
// would follow them, with or without the last one. What is not there ends it: the
// rest is as it is written. A link that is absolute, or that leaves the context and
// comes back, is one of the context that was copied, and means the same file of the
// copy; any other that leaves it is a *leavesError. A path that comes with an error
// is as far as it got. visit, if not nil, is told of every link on the way.
func (t tree) follow(name string, last bool, visit func(link string)) (string, error) {
	rest := parts(name)
	at, links := ".", 0
	for len(rest) > 0 {
		part := rest[0]
		if part == ".." {
			if at == "." {
				var err error
				if rest, err = t.inside(filepath.Join(filepath.Dir(t.origin), filepath.Join(rest[1:]...))); err != nil {
					return "", err
				}
				continue
			}
			at, rest = path.Dir(at), rest[1:]
			continue
		}
		rest = rest[1:]
		next := path.Join(at, part)
		info, err := t.Lstat(filepath.FromSlash(next))
		switch {
		case err != nil && slices.Contains(rest, ".."):
			return "", errMissing
		case err != nil: // what needs the file says so
			return path.Join(append([]string{next}, rest...)...), nil
		case info.Mode()&fs.ModeSymlink == 0 && !info.IsDir() && len(rest) > 0:
			return next, fmt.Errorf("%s is no folder", next)
		case info.Mode()&fs.ModeSymlink == 0 || len(rest) == 0 && !last:
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("it leads through more than %d symbolic links", maxLinks)
		}
		if visit != nil {
			visit(next)
		}
		target, err := t.Readlink(filepath.FromSlash(next))
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) {
			rest = append(parts(filepath.ToSlash(target)), rest...)
			continue
		}
		back, err := t.inside(filepath.Join(target, filepath.Join(rest...)))
		if err != nil {
			return "", err
		}
		at, rest = ".", back
	}
	return at, nil
}

// parts are the names that a path with "/" consists of.
func parts(name string) []string {
	return slices.DeleteFunc(strings.Split(name, "/"), func(part string) bool { return part == "" || part == "." })
}

// inside returns the parts of an absolute path below the context that was copied, by
// whatever name that has in it.
func (t tree) inside(abs string) ([]string, error) {
	origin, err := os.Stat(t.origin)
	if err != nil {
		return nil, err
	}
	for folder := abs; ; folder = filepath.Dir(folder) {
		if info, err := os.Stat(folder); err == nil && os.SameFile(info, origin) {
			rel, err := filepath.Rel(folder, abs)
			return parts(filepath.ToSlash(rel)), err
		}
		if folder == filepath.Dir(folder) {
			return nil, &leavesError{abs}
		}
	}
}

// missing says that nothing is at a path, and of a link where it leads to.
func (t tree) missing(name string) error {
	info, err := t.Lstat(local(name))
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return errMissing
	}
	target, err := t.Readlink(local(name))
	if err != nil {
		return errMissing
	}
	return fmt.Errorf("it is a symbolic link to %s, which is not there", target)
}

// followed are the paths that edits name and those that they lead to, links on the
// way included.
func (t tree) followed(names []string) []string {
	all := slices.Clone(names)
	for _, name := range names {
		real, _ := t.follow(name, true, func(link string) { all = append(all, link) }) // the edit says what is wrong
		if real != "" {
			all = append(all, real)
		}
	}
	return all
}

// place is where an edit of a path takes effect: in the copy of the context, or in
// the Dockerfile that lies apart from it.
type place struct {
	tree
	name string
}

// file finds the file of which an edit changes the content.
func (f *files) file(name string) (place, fs.FileInfo, error) {
	real, err := f.context.follow(name, true, nil)
	var out *leavesError
	if errors.As(err, &out) && f.outside != "" && sameFile(out.to, f.outside) {
		info, err := f.dockerfileIn.regular(f.dockerfileName)
		return place{f.dockerfileIn, f.dockerfileName}, info, err
	}
	if err == nil {
		info, err := f.context.regular(real)
		return place{f.context, real}, info, f.whyMissing(name, err)
	}
	return place{}, nil, f.whyMissing(name, err)
}

// target finds the file or folder of which an edit changes the mode or the time.
func (f *files) target(name string) (place, fs.FileInfo, error) {
	real, err := f.context.follow(name, true, nil)
	if err == nil {
		info, err := f.context.lookup(real)
		return place{f.context, real}, info, f.whyMissing(name, err)
	}
	return place{}, nil, f.whyMissing(name, err)
}

// entry finds what stands at a path itself, be it a link, in the folder that the path
// leads to.
func (f *files) entry(name string) (string, error) {
	return f.context.follow(name, false, nil)
}

// whyMissing says more of a path at which nothing is found.
func (f *files) whyMissing(name string, err error) error {
	if !errors.Is(err, errMissing) {
		return err
	}
	if folder, _, ok := strings.Cut(path.Clean(name), "/"); ok && slices.Contains(f.named, folder) {
		return fmt.Errorf("no such file in the context, and of the build context %s an experiment makes no copy: only files of the main one can be edited", folder)
	}
	return f.context.missing(name)
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
