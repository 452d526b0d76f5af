//go:build linux

package tool

import (
	"archive/tar"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"
)

// tarWriter adds files to an archive.
type tarWriter struct {
	a      *archiver
	tw     *tar.Writer
	dir    string // names are relative to it
	names  *namer
	links  map[inode]string // the first name of a file that has several
	mtime  time.Time        // instead of the files' own, if not zero
	output os.FileInfo      // the archive itself, which is left out
	told   bool
}

func newTarWriter(a *archiver, out io.Writer) (*tarWriter, error) {
	w := &tarWriter{a: a, tw: tar.NewWriter(out), dir: a.p.Dir, names: newNamer(), links: map[inode]string{}}
	if a.file != "-" {
		w.output, _ = os.Stat(a.p.path(a.file))
	}
	if a.mtime == "" {
		return w, nil
	}
	var err error
	w.mtime, err = parseDate(a.mtime, time.Now().In(a.p.zone()))
	return w, err
}

// add adds a file and, if it is a folder, what it holds. A file that cannot be read is reported,
// and the rest goes on.
func (w *tarWriter) add(name string) error {
	if w.a.excluded(name) || w.a.ctx.Err() != nil {
		return w.a.ctx.Err()
	}
	path := name
	if !strings.HasPrefix(name, "/") {
		path = join(w.dir, name)
	}
	stat := os.Lstat
	if w.a.follow {
		stat = os.Stat
	}
	info, err := stat(path)
	if err != nil {
		w.fail(name, "Cannot stat", err)
		return nil
	}
	if w.output != nil && os.SameFile(info, w.output) {
		w.a.p.errorf("%s: file is the archive; not dumped", name)
		return nil
	}
	if info.Mode()&fs.ModeSocket != 0 {
		return nil
	}
	if err := w.member(name, path, info); err != nil || !info.IsDir() || w.a.noRecursion {
		return err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		w.fail(name, "Cannot open", err)
		return nil
	}
	for _, e := range entries {
		if err := w.add(join(name, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (w *tarWriter) fail(name, what string, err error) {
	w.a.p.errorf("%s: %s: %s", name, what, reason(err))
	w.a.failed = true
}

// member writes one file.
func (w *tarWriter) member(name, path string, info fs.FileInfo) error {
	var content io.Reader = strings.NewReader("")
	if info.Mode().IsRegular() {
		f, err := os.Open(path)
		if err != nil {
			w.fail(name, "Cannot open", err)
			return nil
		}
		defer f.Close()
		content = io.LimitReader(f, info.Size())
	}
	hdr, err := w.header(name, path, info)
	if err != nil {
		w.fail(name, "Cannot read", err)
		return nil
	}
	if w.a.verbose {
		if w.a.file == "-" {
			w.a.p.Stderr.Write([]byte(hdr.Name + "\n"))
		} else {
			w.a.p.out.WriteString(hdr.Name + "\n")
		}
	}
	if err := w.tw.WriteHeader(hdr); err != nil {
		return err
	}
	if hdr.Typeflag != tar.TypeReg {
		return nil
	}
	n, err := io.Copy(w.tw, content)
	if err == nil && n < hdr.Size { // it shrank meanwhile
		w.a.p.errorf("%s: File shrank; padding with zeros", name)
		_, err = io.CopyN(w.tw, zeros{}, hdr.Size-n)
	}
	return err
}

// zeros is an endless stream of zeros.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func (w *tarWriter) header(name, path string, info fs.FileInfo) (*tar.Header, error) {
	target := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		var err error
		if target, err = os.Readlink(path); err != nil {
			return nil, err
		}
	}
	name = w.a.transformed(name)
	st := info.Sys().(*syscall.Stat_t)
	hdr := &tar.Header{
		Name: name, Linkname: target, Mode: int64(permissions(info.Mode())), Uid: int(st.Uid), Gid: int(st.Gid),
		ModTime: info.ModTime().Truncate(time.Second), Format: tar.FormatGNU,
	}
	switch m := info.Mode(); {
	case m.IsDir():
		hdr.Typeflag = tar.TypeDir
		hdr.Name = strings.TrimSuffix(name, "/") + "/"
	case target != "":
		hdr.Typeflag = tar.TypeSymlink
	case m.IsRegular():
		hdr.Typeflag, hdr.Size = tar.TypeReg, info.Size()
	default:
		generic, err := tar.FileInfoHeader(info, "")
		if err != nil {
			return nil, err
		}
		hdr.Typeflag, hdr.Devmajor, hdr.Devminor = generic.Typeflag, generic.Devmajor, generic.Devminor
	}
	if !w.a.absolute && strings.HasPrefix(hdr.Name, "/") {
		if !w.told {
			w.a.p.errorf("Removing leading `/' from member names")
			w.told = true
		}
		hdr.Name = strings.TrimLeft(hdr.Name, "/")
		if hdr.Name == "" {
			hdr.Name = "./"
		}
	}
	if key := (inode{st.Dev, st.Ino}); st.Nlink > 1 && info.Mode().IsRegular() {
		if first, ok := w.links[key]; ok {
			hdr.Typeflag, hdr.Linkname, hdr.Size = tar.TypeLink, first, 0
		} else {
			w.links[key] = hdr.Name
		}
	}
	if w.a.uid >= 0 {
		hdr.Uid = w.a.uid
	}
	if w.a.gid >= 0 {
		hdr.Gid = w.a.gid
	}
	hdr.Uname, hdr.Gname = w.names.users[hdr.Uid], w.names.groups[hdr.Gid]
	if !w.mtime.IsZero() {
		hdr.ModTime = w.mtime
	}
	return hdr, nil
}
