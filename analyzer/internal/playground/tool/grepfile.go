//go:build linux

package tool

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
)

type grepFile struct {
	g        *grepper
	name     string
	number   int // of the current line, from 1
	selected int // lines so far
	binary   bool
	pending  [][]byte // lines before a match that may be wanted
	trailing int      // lines after a match that are still wanted
	printed  int      // number of the last line that was printed
}

func (s *grepFile) search(_ string, r io.Reader) error {
	g := s.g
	return lines(r, g.end, func(line []byte, _ bool) error {
		s.number++
		if !g.asText && g.end == '\n' && !s.binary && bytes.IndexByte(line, 0) >= 0 {
			s.binary = true
		}
		if found := g.matches(line, 1) != nil; found == g.invert {
			s.context(line)
			return nil
		}
		if g.max >= 0 && s.selected >= g.max {
			return errStop
		}
		s.selected++
		if g.quiet || g.list || g.listWithout {
			return errStop
		}
		if g.count {
			return nil
		}
		if s.binary {
			g.p.out.Flush()
			fmt.Fprintf(g.p.out, "Binary file %s matches\n", s.name)
			return errStop
		}
		s.print(line)
		if g.max >= 0 && s.selected >= g.max && g.after == 0 {
			return errStop
		}
		return nil
	})
}

func (s *grepFile) context(line []byte) {
	g := s.g
	switch {
	case g.count || g.quiet || g.list || g.only:
	case s.trailing > 0:
		s.trailing--
		s.prefix('-', s.number)
		s.write(line)
	case g.before > 0:
		if len(s.pending) == g.before {
			s.pending = s.pending[1:]
		}
		s.pending = append(s.pending, bytes.Clone(line))
	}
}

func (s *grepFile) print(line []byte) {
	g := s.g
	if g.only {
		if g.invert {
			return
		}
		for _, loc := range g.matches(line, -1) {
			if loc[1] > loc[0] {
				s.prefix(':', s.number)
				s.write(line[loc[0]:loc[1]])
			}
		}
		return
	}
	first := s.number - len(s.pending)
	if (g.before > 0 || g.after > 0) && s.printed > 0 && first > s.printed+1 {
		g.p.out.WriteString("--\n")
	}
	for i, l := range s.pending {
		s.prefix('-', first+i)
		s.write(l)
	}
	s.pending = s.pending[:0]
	s.prefix(':', s.number)
	s.write(line)
	s.trailing = g.after
}

func (s *grepFile) write(line []byte) {
	s.g.p.out.Write(line)
	s.g.p.out.WriteByte(s.g.end)
	s.printed = s.number
}

func (s *grepFile) prefix(mark byte, number int) {
	sep := mark
	if sep == 0 {
		sep = ':'
	}
	if s.g.name == 1 {
		s.g.p.out.WriteString(s.name)
		s.g.p.out.WriteByte(sep)
	}
	if s.g.numbers && mark != 0 {
		s.g.p.out.WriteString(strconv.Itoa(number))
		s.g.p.out.WriteByte(sep)
	}
}
