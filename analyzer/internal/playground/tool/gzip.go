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
	z := zipper{p: p, level: gzip.DefaultCompression}
	o := p.options("cdfkqvnNtlrS:123456789", `
		stdout=c to-stdout=c decompress=d uncompress=d force=f keep=k quiet=q verbose=v no-name=n
		name=N test=t fast=1 best=9 suffix=S`)
	for o.next() {
		switch o.name {
		case "c":
			z.stdout = true
		case "d":
			z.unpack = true
		case "f":
			z.force = true
		case "k":
			z.keep = true
		case "t":
			z.unpack, z.test = true, true
		case "l", "r", "S":
			return p.usage("-%s is not supported in the playground", o.name)
		case "1", "2", "3", "4", "5", "6", "7", "8", "9":
			z.level = int(o.name[0] - '0')
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	switch p.Name() {
	case "gunzip":
		z.unpack = true
	case "zcat":
		z.unpack, z.stdout = true, true
	}
	names := o.args
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
	p                                 *Process
	level                             int
	stdout, unpack, force, keep, test bool
}

func (z *zipper) one(name string) error {
	if name == "-" || z.stdout || z.test {
		return because(z.p.with(name, func(_ string, r io.Reader) error {
			if z.test {
				return z.filter(io.Discard, r)
			}
			return z.filter(z.p.out, r)
		}), "%s", name)
	}
	target := name + ".gz"
	if z.unpack {
		if _, err := os.Stat(z.p.path(name)); err != nil && missing(err) {
			name += ".gz" // the suffix may be left out
		}
		var ok bool
		if target, ok = unpackedName(name); !ok {
			return skipped{told(fmt.Sprintf("%s: unknown suffix -- ignored", name))}
		}
	} else if strings.HasSuffix(name, ".gz") && !z.force {
		return skipped{told(fmt.Sprintf("%s already has .gz suffix -- unchanged", name))}
	}
	return z.replace(name, target)
}

func unpackedName(name string) (string, bool) {
	for _, s := range []struct{ from, to string }{{".tgz", ".tar"}, {".taz", ".tar"}, {".gz", ""}, {".Z", ""}} {
		if base, ok := strings.CutSuffix(name, s.from); ok {
			return base + s.to, true
		}
	}
	return "", false
}

func (z *zipper) replace(name, target string) (err error) {
	path, to := z.p.path(name), z.p.path(target)
	info, err := os.Stat(path)
	if err != nil {
		return because(err, "%s", name)
	}
	if info.IsDir() {
		return skipped{told(fmt.Sprintf("%s is a directory -- ignored", name))}
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if z.force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	out, err := os.OpenFile(to, flags, 0o600)
	if errors.Is(err, os.ErrExist) {
		return skipped{told(fmt.Sprintf("%s already exists; not overwritten", target))}
	}
	if err != nil {
		return because(err, "%s", target)
	}
	err = z.p.with(name, func(_ string, r io.Reader) error { return z.filter(out, r) })
	if err = errors.Join(err, out.Close()); err != nil {
		os.Remove(to)
		return because(err, "%s", name)
	}
	c := copier{p: z.p}
	if err := c.attributes(to, info); err != nil {
		return because(err, "%s", target)
	}
	if z.keep {
		return nil
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
