package tool

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// extraction writes the members of an archive below a folder. It is an os.Root, so that no member's
// name, and no link that an earlier member made, leads out of it.
type extraction struct {
	a    *archiver
	root *os.Root
	dirs []*tar.Header // modes and times of folders are set last
}

// member extracts one member.
func (x *extraction) member(hdr *tar.Header, content io.Reader) error {
	name, ok := x.name(hdr.Name)
	if !ok {
		return nil
	}
	if strings.Contains("/"+name+"/", "/../") {
		return errors.New("member name contains '..'")
	}
	if x.a.on("v") {
		fmt.Fprintln(x.a.p.out, hdr.Name)
	}
	if x.a.on("O") {
		_, err := io.Copy(x.a.p.out, content)
		return err
	}
	h := *hdr
	h.Name = name
	if name != "." {
		if err := x.root.MkdirAll(path.Dir(name), 0o777); err != nil {
			return err
		}
		if old, err := x.root.Lstat(name); err == nil && !(old.IsDir() && hdr.Typeflag == tar.TypeDir) {
			if err := x.root.Remove(name); err != nil {
				return err
			}
		}
	}
	return x.make(&h, content)
}

// name applies --strip-components and removes a leading slash. ok is false when nothing is left.
func (x *extraction) name(full string) (name string, ok bool) {
	trimmed := x.a.relative(full)
	name = path.Clean(strings.TrimSuffix(trimmed, "/"))
	parts := strings.Split(name, "/")
	if strings.HasPrefix(trimmed, "./") && name != "." {
		parts = append([]string{"."}, parts...)
	}
	if len(parts) <= x.a.strip {
		return "", false
	}
	return path.Clean(strings.Join(parts[x.a.strip:], "/")), true
}

func (x *extraction) make(hdr *tar.Header, content io.Reader) (err error) {
	switch hdr.Typeflag {
	case tar.TypeDir:
		if err := x.root.Mkdir(hdr.Name, 0o777); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		x.dirs = append(x.dirs, hdr)
		return nil
	case tar.TypeReg:
		err = x.file(hdr, content)
	case tar.TypeSymlink:
		err = x.root.Symlink(hdr.Linkname, hdr.Name)
	case tar.TypeLink:
		target, ok := x.name(hdr.Linkname)
		if !ok {
			return fmt.Errorf("cannot link to '%s'", hdr.Linkname)
		}
		return x.root.Link(target, hdr.Name)
	default:
		return errors.New("pipes and devices are not supported in the playground")
	}
	if err != nil {
		return err
	}
	return x.attributes(hdr)
}

func (x *extraction) file(hdr *tar.Header, content io.Reader) error {
	f, err := x.root.OpenFile(hdr.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, hdr.FileInfo().Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// attributes sets owner, mode and time. As GNU tar does, root gets the archive's owners and exact
// modes, others their own and what the mask leaves.
func (x *extraction) attributes(hdr *tar.Header) error {
	isRoot, mode := os.Geteuid() == 0, hdr.FileInfo().Mode()
	if (isRoot || x.a.on("same-owner")) && !x.a.on("o") {
		uid, gid := hdr.Uid, hdr.Gid
		if id, ok := idOf(passwdFile, hdr.Uname); ok {
			uid = id
		}
		if id, ok := idOf(groupFile, hdr.Gname); ok {
			gid = id
		}
		if err := x.root.Lchown(hdr.Name, uid, gid); err != nil {
			return err
		}
	}
	if hdr.Typeflag == tar.TypeSymlink {
		return nil
	}
	if !isRoot && !x.a.on("p") {
		mode = mode.Perm() &^ fs.FileMode(x.a.p.umask())
	}
	if err := x.root.Chmod(hdr.Name, mode); err != nil || x.a.on("m") {
		return err
	}
	return x.root.Chtimes(hdr.Name, time.Now(), hdr.ModTime)
}

// finish sets what was put off for folders, the deepest first.
func (x *extraction) finish() {
	for i := len(x.dirs) - 1; i >= 0; i-- {
		if err := x.attributes(x.dirs[i]); err != nil {
			x.a.fail(x.dirs[i].Name, "Cannot set attributes", err)
		}
	}
}
