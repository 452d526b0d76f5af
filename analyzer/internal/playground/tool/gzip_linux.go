package tool

import (
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
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
	if f.on("9") {
		z.level = gzip.BestCompression
	} else if f.on("1") {
		z.level = gzip.BestSpeed
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

// checksum makes the tools md5sum, sha1sum and so on.
func checksum(label string, newHash func() hash.Hash) func(context.Context, *Process) int {
	return func(_ context.Context, p *Process) int {
		f, ok := p.flags("cbtqsw", "check=c binary=b text=t quiet=q status=s warn=w strict ignore-missing tag")
		if !ok {
			return 1
		}
		c := checksummer{flags: f, p: p, label: label, newHash: newHash}
		if f.on("c") {
			status := 0
			unread := p.each(f.args, func(name string, r io.Reader) error {
				status = max(status, c.check(name, r))
				return nil
			})
			return max(unread, status)
		}
		return p.each(f.args, func(name string, r io.Reader) error {
			sum, err := c.sum(r)
			if err == nil && f.on("tag") {
				fmt.Fprintf(p.out, "%s (%s) = %s\n", label, name, sum)
			} else if err == nil {
				fmt.Fprintf(p.out, "%s  %s\n", sum, name)
			}
			return err
		})
	}
}

type checksummer struct {
	flags
	p       *Process
	label   string
	newHash func() hash.Hash
}

func (c *checksummer) sum(r io.Reader) (string, error) {
	h := c.newHash()
	_, err := io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), err
}

// check verifies the lines of a list.
func (c *checksummer) check(list string, r io.Reader) int {
	var malformed, unreadable, wrong, good int
	err := lines(r, '\n', func(raw []byte, _ bool) error {
		line := strings.TrimSuffix(string(raw), "\r")
		if line == "" || line[0] == '#' {
			return nil
		}
		want, name, ok := c.parse(line)
		if !ok {
			malformed++
			return nil
		}
		var got string
		err := c.p.with(name, func(_ string, r io.Reader) (err error) {
			got, err = c.sum(r)
			return err
		})
		switch {
		case err != nil && c.on("ignore-missing") && missing(err):
		case err != nil:
			unreadable++
			c.p.fail(name, err)
			c.say(name, "FAILED open or read")
		case !strings.EqualFold(got, want):
			wrong++
			c.say(name, "FAILED")
		default:
			if good++; !c.on("q") {
				c.say(name, "OK")
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return c.p.fail(list, err)
	case good+wrong+unreadable == 0 && (malformed > 0 || !c.on("ignore-missing")):
		return c.p.fail(list, errors.New("no properly formatted checksum lines found"))
	case c.on("ignore-missing") && good == 0:
		return c.p.usage("%s: no file was verified", list)
	}
	if malformed+unreadable+wrong > 0 && !c.on("s") {
		c.p.errorf("WARNING: %d lines are malformed, %d files could not be read, %d checksums did NOT match", malformed, unreadable, wrong)
	}
	if unreadable+wrong > 0 || c.on("strict") && malformed > 0 {
		return 1
	}
	return 0
}

func (c *checksummer) say(name, result string) {
	if !c.on("s") {
		fmt.Fprintf(c.p.out, "%s: %s\n", name, result)
	}
}

// parse reads `SUM  NAME`, `SUM *NAME` or `SHA256 (NAME) = SUM`.
func (c *checksummer) parse(line string) (sum, name string, ok bool) {
	if rest, found := strings.CutPrefix(line, c.label+" ("); found {
		name, sum, ok = strings.Cut(rest, ") = ")
	} else if sum, name, ok = strings.Cut(line, " "); ok && name != "" && (name[0] == ' ' || name[0] == '*') {
		name = name[1:]
	}
	raw, err := hex.DecodeString(sum)
	return sum, name, ok && err == nil && len(raw) == c.newHash().Size() && name != ""
}
