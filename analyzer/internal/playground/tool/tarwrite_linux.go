package tool

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"
)

// tarWriter adds files to an archive.
type tarWriter struct {
	*archiver
	tw     *tar.Writer
	dir    string // names are relative to it
	names  *namer
	links  map[inode]string // the first name of a file that has several
	mtime  time.Time        // instead of the files' own, if not zero
	output os.FileInfo      // the archive itself, which is left out; nil if it is no file
}

// create writes an archive of the operands.
func (a *archiver) create(operands []string) (err error) {
	if len(operands) == 0 {
		return errors.New("cowardly refusing to create an empty archive")
	}
	w := &tarWriter{archiver: a, dir: a.p.Dir, names: newNamer(), links: map[inode]string{}}
	if a.on("mtime") {
		if w.mtime, err = parseDate(a.value("mtime"), time.Now().In(a.p.zone())); err != nil {
			return err
		}
	}
	var out io.Writer = a.p.out
	if a.file != "-" {
		f, err := os.Create(a.p.path(a.file))
		if err != nil {
			return because(err, "%s: Cannot open", a.file)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		w.output, _ = f.Stat() // nil leaves nothing out
		out = f
	}
	buffered := bufio.NewWriterSize(out, 64<<10)
	defer func() { err = errors.Join(err, buffered.Flush()) }()
	w.tw = tar.NewWriter(buffered)
	if a.on("z") || a.on("a") && (strings.HasSuffix(a.file, ".gz") || strings.HasSuffix(a.file, ".tgz")) {
		zw := gzip.NewWriter(buffered)
		defer func() { err = errors.Join(err, zw.Close()) }()
		w.tw = tar.NewWriter(zw)
	}
	for i, name := range operands {
		if d, ok := a.dirs[i]; ok {
			w.dir = d
		}
		if err := w.add(name); err != nil {
			return err
		}
	}
	return w.tw.Close()
}

// add adds a file and, if it is a folder, what it holds. A file that cannot be read is reported,
// and the rest goes on.
func (w *tarWriter) add(name string) error {
	if w.excluded(name) || w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	path := name
	if !strings.HasPrefix(name, "/") {
		path = join(w.dir, name)
	}
	stat := os.Lstat
	if w.on("h") {
		stat = os.Stat
	}
	info, err := stat(path)
	if err != nil {
		w.fail(name, "Cannot stat", err)
		return nil
	}
	if w.output != nil && os.SameFile(info, w.output) {
		w.p.errorf("%s: file is the archive; not dumped", name)
		return nil
	}
	if err := w.member(name, path, info); err != nil || !info.IsDir() {
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

// member writes one file.
func (w *tarWriter) member(name, path string, info fs.FileInfo) error {
	hdr, err := w.header(name, path, info)
	if err != nil {
		w.fail(name, "Cannot read", err)
		return nil
	}
	var content io.ReadCloser
	if hdr.Typeflag == tar.TypeReg {
		if content, err = os.Open(path); err != nil {
			w.fail(name, "Cannot open", err)
			return nil
		}
		defer content.Close()
	}
	if w.on("v") && w.file == "-" {
		io.WriteString(w.p.Stderr, hdr.Name+"\n")
	} else if w.on("v") {
		w.p.out.WriteString(hdr.Name + "\n")
	}
	if err := w.tw.WriteHeader(hdr); err != nil || content == nil {
		return err
	}
	if _, err = io.CopyN(w.tw, content, hdr.Size); err != nil {
		return because(err, "%s: File changed as it was read", name)
	}
	return nil
}

func (w *tarWriter) header(name, path string, info fs.FileInfo) (*tar.Header, error) {
	target := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		var err error
		if target, err = os.Readlink(path); err != nil {
			return nil, err
		}
	}
	st := info.Sys().(*syscall.Stat_t)
	hdr := &tar.Header{
		Name: name, Linkname: target, Mode: int64(permissions(info.Mode())), Uid: int(st.Uid), Gid: int(st.Gid),
		ModTime: info.ModTime().Truncate(time.Second), Format: tar.FormatGNU,
	}
	switch m := info.Mode(); {
	case m.IsDir():
		hdr.Typeflag, hdr.Name = tar.TypeDir, strings.TrimSuffix(name, "/")+"/"
	case target != "":
		hdr.Typeflag = tar.TypeSymlink
	case m.IsRegular():
		hdr.Typeflag, hdr.Size = tar.TypeReg, info.Size()
	default:
		return nil, errors.New("pipes, sockets and devices are not supported in the playground")
	}
	if !w.on("P") {
		if hdr.Name = w.relative(hdr.Name); hdr.Name == "" {
			hdr.Name = "./"
		}
	}
	if key := (inode{st.Dev, st.Ino}); st.Nlink > 1 && hdr.Typeflag == tar.TypeReg {
		if first, ok := w.links[key]; ok {
			hdr.Typeflag, hdr.Linkname, hdr.Size = tar.TypeLink, first, 0
		} else {
			w.links[key] = hdr.Name
		}
	}
	if w.uid >= 0 {
		hdr.Uid = w.uid
	}
	if w.gid >= 0 {
		hdr.Gid = w.gid
	}
	hdr.Uname, hdr.Gname = w.names.users[hdr.Uid], w.names.groups[hdr.Gid]
	if !w.mtime.IsZero() {
		hdr.ModTime = w.mtime
	}
	return hdr, nil
}
