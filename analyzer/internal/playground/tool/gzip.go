//go:build linux

package tool

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// gzipTool is gzip, gunzip and zcat. Without -c or -k a file is replaced by the result.
func gzipTool(_ context.Context, p *Process) int {
	f, ok := p.flags("cdfkqvnt123456789", `stdout=c to-stdout=c decompress=d uncompress=d force=f keep=k
		quiet=q verbose=v no-name=n test=t fast=1 best=9`)
	if !ok {
		return 1
	}
	z := zipper{
		p: p, level: gzip.DefaultCompression, stdout: f.on("c", "t") || p.Name() == "zcat", keep: f.on("k"),
		force: f.on("f"), unpack: f.on("d", "t") || p.Name() != "gzip", out: p.out,
	}
	for level := 1; level <= 9; level++ {
		if f.on(fmt.Sprint(level)) {
			z.level = level
		}
	}
	if f.on("t") {
		z.out = io.Discard
	}
	names := f.args
	if len(names) == 0 {
		names = []string{"-"}
	}
	status := 0
	for _, name := range names {
		err := z.one(name)
		p.report(err)
		if _, ok := err.(skipped); ok {
			status = max(status, 2)
		} else if err != nil {
			status = 1
		}
	}
	return status
}

// skipped says why a file was left as it is, which is no more than a warning.
type skipped struct{ told }

type zipper struct {
	p                           *Process
	out                         io.Writer // with stdout
	level                       int
	stdout, unpack, force, keep bool
}

func (z *zipper) one(name string) error {
	if name == "-" || z.stdout {
		return because(z.p.with(name, func(_ string, r io.Reader) error { return z.filter(z.out, r) }), "%s", name)
	}
	if _, err := os.Stat(z.p.path(name)); err != nil && z.unpack && missing(err) && !strings.HasSuffix(name, ".gz") {
		name += ".gz" // the suffix may be left out
	}
	target, packed := strings.CutSuffix(name, ".gz")
	switch {
	case z.unpack && !packed:
		return skipped{told(name + ": unknown suffix -- ignored")}
	case !z.unpack && packed && !z.force:
		return skipped{told(name + " already has .gz suffix -- unchanged")}
	case !z.unpack:
		target = name + ".gz"
	}
	return z.replace(name, target)
}

func (z *zipper) replace(name, target string) (err error) {
	path, to := z.p.path(name), z.p.path(target)
	info, err := os.Stat(path)
	if err != nil {
		return because(err, "%s", name)
	}
	if info.IsDir() {
		return skipped{told(name + " is a directory -- ignored")}
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if z.force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	out, err := os.OpenFile(to, flags, 0o600)
	if errors.Is(err, os.ErrExist) {
		return skipped{told(target + " already exists; not overwritten")}
	}
	if err != nil {
		return because(err, "%s", target)
	}
	err = z.p.with(name, func(_ string, r io.Reader) error { return z.filter(out, r) })
	if err = errors.Join(err, out.Close()); err != nil {
		os.Remove(to)
		return because(err, "%s", name)
	}
	if err := preserve(to, info); err != nil || z.keep {
		return because(err, "%s", target)
	}
	return because(os.Remove(path), "%s", name)
}

// filter compresses or unpacks a stream. The same content gives the same bytes: no name and no time
// are stored.
func (z *zipper) filter(w io.Writer, r io.Reader) error {
	if !z.unpack {
		zw, err := gzip.NewWriterLevel(w, z.level)
		if err != nil {
			return err
		}
		_, err = io.Copy(zw, r)
		return errors.Join(err, zw.Close())
	}
	zr, err := gzip.NewReader(r)
	switch {
	case err == io.EOF:
		return errors.New("unexpected end of file")
	case err != nil:
		return errors.New("not in gzip format")
	}
	_, err = io.Copy(w, zr)
	return err
}
