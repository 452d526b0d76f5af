//go:build linux

package tool

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// sortLines is the tool sort: it sorts the lines of all files, in the order of their bytes.
func sortLines(_ context.Context, p *Process) int {
	s := sorter{p: p}
	o := p.options("bdfghiMnRrVcCmo:k:sS:t:T:uz", `
		ignore-leading-blanks=b dictionary-order=d ignore-case=f general-numeric-sort=g
		human-numeric-sort=h numeric-sort=n reverse=r version-sort=V check=c merge=m output=o key=k
		stable=s buffer-size=S field-separator=t temporary-directory=T unique=u zero-terminated=z
		parallel:`)
	check, output := false, ""
	s.end = '\n'
	for o.next() {
		switch o.name {
		case "c", "C":
			check = true
		case "o":
			output = o.arg
		case "k":
			key, err := parseKey(o.arg)
			if err != nil {
				p.errorf("%v", err)
				return 2
			}
			s.keys = append(s.keys, key)
		case "s":
			s.stable = true
		case "t":
			if s.separator = o.arg; s.separator == `\0` {
				s.separator = "\x00"
			}
			if len(s.separator) != 1 {
				p.errorf("the separator has to be one character: '%s'", o.arg)
				return 2
			}
		case "u":
			s.unique = true
		case "z":
			s.end = 0
		case "M", "R":
			p.errorf("-%s is not supported in the playground", o.name)
			return 2
		case "m", "S", "T", "parallel":
		default:
			s.global.set(o.name[0])
		}
	}
	if o.err != nil {
		p.errorf("%v", o.err)
		return 2
	}
	for i := range s.keys {
		if s.keys[i].order == (order{}) {
			s.keys[i].order = s.global
		}
	}
	if len(s.keys) == 0 {
		s.keys = []sortKey{{order: s.global, field: 1, whole: true}}
	}
	var all [][]byte
	status := p.each(o.args, func(_ string, r io.Reader) error {
		return lines(r, s.end, func(line []byte, _ bool) error {
			all = append(all, bytes.Clone(line))
			return nil
		})
	})
	if status != 0 {
		return 2
	}
	if check {
		return s.check(all, o.args)
	}
	slices.SortStableFunc(all, s.compare)
	if s.unique {
		all = slices.CompactFunc(all, func(a, b []byte) bool { return s.keysOnly(a, b) == 0 })
	}
	return s.write(all, output)
}

// sorter compares lines.
type sorter struct {
	p              *Process
	global         order
	keys           []sortKey
	separator      string
	end            byte
	unique, stable bool
}

// order is how two texts compare. sortKey is the argument of -k: from a character of a field to a
// character of another. Fields and characters count from 1.
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
	numbers := strings.TrimRight(text, "bdfghinrV")
	for _, letter := range []byte(text[len(numbers):]) {
		k.set(letter)
	}
	f, c, hasChar := strings.Cut(numbers, ".")
	if field, err = strconv.Atoi(f); err == nil && hasChar {
		char, err = strconv.Atoi(c)
	}
	return field, char, err
}

// compare orders two lines: by the keys, then by all bytes.
func (s *sorter) compare(a, b []byte) int {
	if c := s.keysOnly(a, b); c != 0 || s.stable || s.unique {
		return c
	}
	c := bytes.Compare(a, b)
	if s.global.reverse {
		return -c
	}
	return c
}

func (s *sorter) keysOnly(a, b []byte) int {
	for _, k := range s.keys {
		c := k.compare(s.extract(k, a), s.extract(k, b))
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
func (s *sorter) extract(k sortKey, line []byte) string {
	text := string(line)
	if k.whole {
		return text
	}
	start := s.offset(text, k.field, max(k.char, 1), k.blanks)
	end := len(text)
	if k.toField > 0 {
		if k.toChar == 0 {
			end = s.fieldEnd(text, k.toField)
		} else {
			end = s.offset(text, k.toField, k.toChar+1, k.skipEndBlanks)
		}
	}
	if start >= end {
		return ""
	}
	return text[start:end]
}

// offset returns where a character of a field is in the text.
func (s *sorter) offset(text string, field, char int, skipBlanks bool) int {
	at := 0
	if field > 1 {
		at = s.fieldEnd(text, field-1)
		if s.separator != "" && at < len(text) {
			at++
		}
	}
	if skipBlanks {
		for at < len(text) && blank(text[at]) {
			at++
		}
	}
	return min(at+char-1, len(text))
}

// fieldEnd returns where a field ends. Without a separator, a field starts with the blanks before it.
func (s *sorter) fieldEnd(text string, field int) int {
	at := 0
	for ; field > 0; field-- {
		if s.separator != "" {
			i := strings.Index(text[at:], s.separator)
			if i < 0 {
				return len(text)
			}
			if at += i; field > 1 {
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

// compare orders two texts.
func (o order) compare(a, b string) int {
	if o.blanks || o.numeric || o.general || o.human {
		a, b = strings.TrimLeft(a, " \t"), strings.TrimLeft(b, " \t")
	}
	switch {
	case o.numeric:
		return compareNumbers(a, b)
	case o.general:
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		return cmp.Compare(x, y)
	case o.human:
		if c := cmp.Compare(humanRank(a), humanRank(b)); c != 0 {
			return c
		}
		return compareNumbers(a, b)
	case o.version:
		return compareVersions(a, b)
	}
	if o.dictionary {
		a, b = strings.Map(dictionaryRune, a), strings.Map(dictionaryRune, b)
	}
	if o.fold {
		a, b = strings.ToUpper(a), strings.ToUpper(b)
	}
	return strings.Compare(a, b)
}

// compareNumbers orders decimal numbers of any length; what is no number is 0.
// splitNumber reads sign, whole part without leading zeros, and fraction without trailing ones.
// digitRun is the number of digits that s starts with.
// humanRank orders units, with the sign of the number: 2K before 1M.
// compareVersions orders texts with numbers in them, as -V and ls -v do: v9 before v10.
// versionRank puts ~ first, then digits, letters, and other characters.
func (s *sorter) check(all [][]byte, names []string) int {
	name := "-"
	if len(names) > 0 {
		name = names[0]
	}
	for i := 1; i < len(all); i++ {
		if c := s.compare(all[i-1], all[i]); c > 0 || c == 0 && s.unique {
			s.p.errorf("%s:%d: disorder: %s", name, i+1, all[i])
			return 1
		}
	}
	return 0
}

// write prints the lines, or writes them to a file, which may be one that was read.
func (s *sorter) write(all [][]byte, output string) int {
	if output == "" {
		for _, l := range all {
			s.p.out.Write(l)
			s.p.out.WriteByte(s.end)
		}
		return 0
	}
	f, err := os.Create(s.p.path(output))
	if err == nil {
		w := bufio.NewWriter(f)
		for _, l := range all {
			w.Write(l)
			w.WriteByte(s.end)
		}
		err = errors.Join(w.Flush(), f.Close())
	}
	if err != nil {
		s.p.errorf("open failed: %s: %s", output, reason(err))
		return 2
	}
	return 0
}
