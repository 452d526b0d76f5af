package tool

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// sortLines is the tool sort: it sorts the lines of all files, in the order of their bytes.
func sortLines(_ context.Context, p *Process) int {
	f, ok := p.flags("bfhnrVcCo:k:st:uz", `ignore-leading-blanks=b ignore-case=f human-numeric-sort=h
		numeric-sort=n reverse=r version-sort=V check=c output=o key=k stable=s field-separator=t unique=u
		zero-terminated=z`)
	if !ok {
		return 2
	}
	s := sorter{p: p, flags: f, separator: f.value("t"), end: '\n', global: order{}}
	for name := range f.given {
		s.global.set(name)
	}
	if f.on("z") {
		s.end = 0
	}
	if f.on("t") && len(s.separator) != 1 {
		p.errorf("the separator has to be one character: '%s'", s.separator)
		return 2
	}
	for _, text := range f.given["k"] {
		key, err := parseKey(text)
		if err != nil {
			p.errorf("%v", err)
			return 2
		}
		if key.order == (order{}) {
			key.order = s.global
		}
		s.keys = append(s.keys, key)
	}
	if len(s.keys) == 0 {
		s.keys = []sortKey{{order: s.global, whole: true}}
	}
	var all [][]byte
	status := p.each(f.args, func(_ string, r io.Reader) error {
		return lines(r, s.end, func(line []byte, _ bool) error {
			all = append(all, bytes.Clone(line))
			return nil
		})
	})
	switch {
	case status != 0:
		return 2
	case f.on("c", "C"):
		return s.check(all)
	}
	slices.SortStableFunc(all, s.compare)
	if f.on("u") {
		all = slices.CompactFunc(all, func(a, b []byte) bool { return s.keysOnly(a, b) == 0 })
	}
	return s.write(all)
}

// sorter compares lines.
type sorter struct {
	flags
	p         *Process
	global    order
	keys      []sortKey
	separator string
	end       byte
}

// sortKey is the argument of -k: from a character of a field to a character of another. Fields and
// characters count from 1.
type sortKey struct {
	order
	whole         bool
	field, char   int
	toField       int // 0: the end of the line
	toChar        int // 0: the end of the field
	skipEndBlanks bool
}

func parseKey(text string) (sortKey, error) {
	k := sortKey{}
	from, to, hasEnd := strings.Cut(text, ",")
	var err error
	if k.field, k.char, err = k.position(from); err == nil && hasEnd {
		blanks := k.blanks
		k.blanks = false
		k.toField, k.toChar, err = k.position(to)
		k.skipEndBlanks, k.blanks = k.blanks, k.blanks || blanks
	}
	if err != nil || k.field < 1 {
		return k, fmt.Errorf("invalid key: '%s'", text)
	}
	return k, nil
}

// position reads FIELD[.CHAR][letters].
func (k *sortKey) position(text string) (field, char int, err error) {
	numbers := strings.TrimRight(text, "bfhnrV")
	for _, letter := range text[len(numbers):] {
		k.set(string(letter))
	}
	f, c, hasChar := strings.Cut(numbers, ".")
	if field, err = strconv.Atoi(f); err == nil && hasChar {
		char, err = strconv.Atoi(c)
	}
	return field, char, err
}

// compare orders two lines: by the keys, then by all bytes.
func (s *sorter) compare(a, b []byte) int {
	if c := s.keysOnly(a, b); c != 0 || s.on("s", "u") {
		return c
	}
	if s.global.reverse {
		return bytes.Compare(b, a)
	}
	return bytes.Compare(a, b)
}

func (s *sorter) keysOnly(a, b []byte) int {
	for _, k := range s.keys {
		c := k.compare(s.extract(k, string(a)), s.extract(k, string(b)))
		if k.reverse {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// extract returns the part of a line that a key means.
func (s *sorter) extract(k sortKey, text string) string {
	if k.whole {
		return text
	}
	start, end := s.offset(text, k.field, max(k.char, 1), k.blanks), len(text)
	switch {
	case k.toField > 0 && k.toChar == 0:
		end = s.fieldEnd(text, k.toField)
	case k.toField > 0:
		end = s.offset(text, k.toField, k.toChar+1, k.skipEndBlanks)
	}
	return text[min(start, end):end]
}

// offset returns where a character of a field is in the text.
func (s *sorter) offset(text string, field, char int, skipBlanks bool) int {
	at := s.fieldEnd(text, field-1)
	if field > 1 && s.separator != "" && at < len(text) {
		at++
	}
	for skipBlanks && at < len(text) && blank(text[at]) {
		at++
	}
	return min(at+char-1, len(text))
}

// fieldEnd returns where a field ends. Without a separator, a field starts with the blanks before it.
func (s *sorter) fieldEnd(text string, field int) int {
	at := 0
	for n := field; n > 0; n-- {
		if s.separator != "" {
			i := strings.Index(text[at:], s.separator)
			if i < 0 {
				return len(text)
			}
			if at += i; n > 1 {
				at++
			}
			continue
		}
		for at < len(text) && blank(text[at]) {
			at++
		}
		for at < len(text) && !blank(text[at]) {
			at++
		}
	}
	return at
}

// check tells whether the lines are sorted.
func (s *sorter) check(all [][]byte) int {
	for i := 1; i < len(all); i++ {
		if c := s.compare(all[i-1], all[i]); c > 0 || c == 0 && s.on("u") {
			return s.p.usage("line %d: disorder: %s", i+1, all[i])
		}
	}
	return 0
}

// write prints the lines, or writes them to a file, which may be one that was read.
func (s *sorter) write(all [][]byte) int {
	var text bytes.Buffer
	for _, line := range all {
		text.Write(line)
		text.WriteByte(s.end)
	}
	if !s.on("o") {
		s.p.out.Write(text.Bytes())
		return 0
	}
	if err := os.WriteFile(s.p.path(s.value("o")), text.Bytes(), 0o666); err != nil {
		s.p.fail(s.value("o"), err)
		return 2
	}
	return 0
}
