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

var (
	md5sum    = checksum("MD5", md5.New)
	sha1sum   = checksum("SHA1", sha1.New)
	sha224sum = checksum("SHA224", sha256.New224)
	sha256sum = checksum("SHA256", sha256.New)
	sha384sum = checksum("SHA384", sha512.New384)
	sha512sum = checksum("SHA512", sha512.New)
)

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
