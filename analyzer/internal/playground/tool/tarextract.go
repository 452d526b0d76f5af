//go:build linux

package tool

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// extraction writes the members of an archive below a folder. It is an os.Root, so that no member's
// name, and no link that an earlier member made, leads out of it.
type extraction struct {
	a    *archiver
	root *os.Root
	dirs []*tar.Header // modes and times of folders are set last
	told bool
}

func newExtraction(a *archiver) (*extraction, error) {
	x := &extraction{a: a}
	if a.mode != 'x' || a.toStdout {
		return x, nil
	}
	var err error
	if x.root, err = os.OpenRoot(a.dir); err != nil {
		return nil, told(fmt.Sprintf("%s: Cannot open: %s", a.dir, reason(err)))
	}
	return x, nil
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
	if x.a.verbose {
		fmt.Fprintln(x.a.p.out, hdr.Name)
	}
	if x.a.toStdout {
		if hdr.Typeflag == tar.TypeReg {
			_, err := io.Copy(x.a.p.out, content)
			return err
		}
		return nil
	}
	h := *hdr
	h.Name = name
	if name != "." {
		if err := x.root.MkdirAll(path.Dir(name), 0o777); err != nil {
			return err
		}
		if old, err := x.root.Lstat(name); err == nil && !(old.IsDir() && hdr.Typeflag == tar.TypeDir) {
			if x.a.keepOld {
				return nil
			}
			if err := x.root.Remove(name); err != nil {
				return err
			}
		}
	}
	return x.make(&h, content)
}

// name applies --strip-components and removes a leading slash. ok is false when nothing is left.
func (x *extraction) name(full string) (name string, ok bool) {
	full = x.a.transformed(full)
	trimmed := strings.TrimLeft(full, "/")
	if trimmed != full && !x.told {
		x.a.p.errorf("Removing leading `/' from member names")
		x.told = true
	}
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

func (x *extraction) make(hdr *tar.Header, content io.Reader) error {
	mode := hdr.FileInfo().Mode()
	switch hdr.Typeflag {
	case tar.TypeDir:
		if err := x.root.Mkdir(hdr.Name, 0o777); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		x.dirs = append(x.dirs, hdr)
		return nil
	case tar.TypeReg:
		if err := x.file(hdr.Name, content, mode.Perm()); err != nil {
			return err
		}
	case tar.TypeSymlink:
		if err := x.root.Symlink(hdr.Linkname, hdr.Name); err != nil {
			return err
		}
	case tar.TypeLink:
		target, ok := x.name(hdr.Linkname)
		if !ok {
			return fmt.Errorf("cannot link to '%s'", hdr.Linkname)
		}
		return x.root.Link(target, hdr.Name)
	case tar.TypeFifo, tar.TypeChar, tar.TypeBlock:
		if err := x.node(hdr, mode); err != nil {
			return err
		}
	default:
		return fmt.Errorf("unknown file type '%c'", hdr.Typeflag)
	}
	return x.attributes(hdr, mode)
}

func (x *extraction) file(name string, content io.Reader, perm fs.FileMode) error {
	f, err := x.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// node makes a FIFO or a device, in the member's folder as the root sees it.
func (x *extraction) node(hdr *tar.Header, mode fs.FileMode) error {
	dir, err := x.root.Open(path.Dir(hdr.Name))
	if err != nil {
		return err
	}
	defer dir.Close()
	kind := map[byte]uint32{tar.TypeFifo: unix.S_IFIFO, tar.TypeChar: unix.S_IFCHR, tar.TypeBlock: unix.S_IFBLK}[hdr.Typeflag]
	device := unix.Mkdev(uint32(hdr.Devmajor), uint32(hdr.Devminor))
	return unix.Mknodat(int(dir.Fd()), filepath.Base(hdr.Name), kind|permissions(mode), int(device))
}

// attributes sets owner, mode and time. As GNU tar does, root gets the archive's owners and exact
// modes, others their own and what the mask leaves.
func (x *extraction) attributes(hdr *tar.Header, mode fs.FileMode) error {
	isRoot := os.Geteuid() == 0
	if (isRoot || x.a.sameOwner) && !x.a.noOwner {
		uid, gid := hdr.Uid, hdr.Gid
		if id, ok := idOf(passwdFile, hdr.Uname); ok && hdr.Uname != "" {
			uid = id
		}
		if id, ok := idOf(groupFile, hdr.Gname); ok && hdr.Gname != "" {
			gid = id
		}
		if err := x.root.Lchown(hdr.Name, uid, gid); err != nil {
			return err
		}
	}
	if hdr.Typeflag == tar.TypeSymlink {
		return nil
	}
	if !isRoot && !x.a.keepPermissions {
		mode = mode.Perm() &^ fs.FileMode(x.a.p.umask())
	}
	if err := x.root.Chmod(hdr.Name, mode); err != nil {
		return err
	}
	if x.a.touch {
		return nil
	}
	return x.root.Chtimes(hdr.Name, time.Now(), hdr.ModTime)
}

// finish sets what was put off for folders, the deepest first.
func (x *extraction) finish() {
	for i := len(x.dirs) - 1; i >= 0; i-- {
		hdr := x.dirs[i]
		if err := x.attributes(hdr, hdr.FileInfo().Mode()); err != nil {
			x.a.p.errorf("%s: %s", hdr.Name, reason(err))
			x.a.failed = true
		}
	}
	if x.root != nil {
		x.root.Close()
	}
}
