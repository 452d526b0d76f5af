//go:build linux

package tool

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// checksum makes the tools md5sum, sha1sum and so on.
func checksum(label string, newHash func() hash.Hash) func(context.Context, *Process) int {
	return func(_ context.Context, p *Process) int {
		c := checksummer{p: p, label: label, newHash: newHash}
		return c.run()
	}
}

var (
	md5sum    = checksum("MD5", md5.New)
	sha1sum   = checksum("SHA1", sha1.New)
	sha224sum = checksum("SHA224", sha256.New224)
	sha256sum = checksum("SHA256", sha256.New)
	sha384sum = checksum("SHA384", sha512.New384)
	sha512sum = checksum("SHA512", sha512.New)
)

type checksummer struct {
	p             *Process
	label         string
	newHash       func() hash.Hash
	quiet, silent bool
	ignoreMissing bool
	strict        bool
}

func (c *checksummer) run() int {
	o := c.p.options("cbtqswz", "check=c binary=b text=t quiet=q status=s warn=w strict ignore-missing tag zero=z")
	check, tag, end := false, false, "\n"
	for o.next() {
		switch o.name {
		case "c":
			check = true
		case "q":
			c.quiet = true
		case "s":
			c.silent = true
		case "strict":
			c.strict = true
		case "ignore-missing":
			c.ignoreMissing = true
		case "tag":
			tag = true
		case "z":
			end = "\x00"
		}
	}
	if o.err != nil {
		return c.p.usage("%v", o.err)
	}
	if check {
		status := 0
		read := c.p.each(o.args, func(name string, r io.Reader) error {
			status = max(status, c.check(name, r))
			return nil
		})
		return max(status, read)
	}
	names := o.args
	if len(names) == 0 {
		names = []string{"-"}
	}
	return c.p.each(names, func(name string, r io.Reader) error {
		sum, err := c.sum(r)
		if err != nil {
			return err
		}
		if tag {
			fmt.Fprintf(c.p.out, "%s (%s) = %s%s", c.label, name, sum, end)
		} else {
			fmt.Fprintf(c.p.out, "%s  %s%s", sum, name, end)
		}
		return nil
	})
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
		case err != nil && c.ignoreMissing && missing(err):
		case err != nil:
			unreadable++
			c.p.fail(name, err)
			c.say(name, "FAILED open or read")
		case !strings.EqualFold(got, want):
			wrong++
			c.say(name, "FAILED")
		default:
			good++
			if !c.quiet {
				c.say(name, "OK")
			}
		}
		return nil
	})
	if err != nil {
		return c.p.fail(list, err)
	}
	return c.conclude(list, malformed, unreadable, wrong, good)
}

func (c *checksummer) say(name, result string) {
	if !c.silent {
		fmt.Fprintf(c.p.out, "%s: %s\n", name, result)
	}
}

func (c *checksummer) conclude(list string, malformed, unreadable, wrong, good int) int {
	if good+wrong+unreadable == 0 && !(c.ignoreMissing && malformed == 0) {
		return c.p.fail(list, errors.New("no properly formatted checksum lines found"))
	}
	warn := func(n int, one, many string) {
		if n == 1 && !c.silent {
			c.p.errorf("WARNING: 1 %s", one)
		} else if n > 1 && !c.silent {
			c.p.errorf("WARNING: %d %s", n, many)
		}
	}
	warn(malformed, "line is improperly formatted", "lines are improperly formatted")
	warn(unreadable, "listed file could not be read", "listed files could not be read")
	warn(wrong, "computed checksum did NOT match", "computed checksums did NOT match")
	if c.ignoreMissing && good == 0 {
		c.p.errorf("%s: no file was verified", list)
		return 1
	}
	if unreadable+wrong > 0 || c.strict && malformed > 0 {
		return 1
	}
	return 0
}

// parse reads `SUM  NAME`, `SUM *NAME` or `SHA256 (NAME) = SUM`.
func (c *checksummer) parse(line string) (sum, name string, ok bool) {
	if rest, found := strings.CutPrefix(line, c.label+" ("); found {
		i := strings.LastIndex(rest, ") = ")
		if i < 0 {
			return "", "", false
		}
		sum, name = rest[i+4:], rest[:i]
	} else {
		if sum, name, ok = strings.Cut(line, " "); !ok || name == "" {
			return "", "", false
		}
		if name[0] == ' ' || name[0] == '*' {
			name = name[1:]
		}
	}
	raw, err := hex.DecodeString(sum)
	return sum, name, err == nil && len(raw) == c.newHash().Size() && name != ""
}
