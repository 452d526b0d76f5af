package tool

import (
	"bytes"
	"fmt"
	"io"
)

// grepFile is the search of one file.
type grepFile struct {
	g        *grepper
	name     string
	end      byte // of a line
	number   int  // of the current line, from 1
	selected int  // lines so far
	binary   bool
	pending  [][]byte // lines before a match that may be wanted
	trailing int      // lines after a match that are still wanted
	printed  int      // number of the last line that was printed
}

func (s *grepFile) search(_ string, r io.Reader) error {
	g := s.g
	return lines(r, s.end, func(line []byte, _ bool) error {
		s.number++
		s.binary = s.binary || !g.on("a", "z") && bytes.IndexByte(line, 0) >= 0
		if found := g.matches(line, 1) != nil; found == g.on("v") {
			s.context(line)
			return nil
		}
		if g.max >= 0 && s.selected >= g.max {
			return errStop
		}
		s.selected++
		switch {
		case g.on("q", "l", "L"):
			return errStop
		case g.on("c"):
			return nil
		case s.binary:
			fmt.Fprintf(g.p.out, "Binary file %s matches\n", s.name)
			return errStop
		}
		s.print(line)
		if s.selected == g.max && g.after == 0 {
			return errStop
		}
		return nil
	})
}

// context keeps or prints a line that was not selected.
func (s *grepFile) context(line []byte) {
	g := s.g
	switch {
	case g.on("c", "q", "l", "L", "o"):
	case s.trailing > 0:
		s.trailing--
		s.write('-', s.number, line)
	case g.before > 0:
		if len(s.pending) == g.before {
			s.pending = s.pending[1:]
		}
		s.pending = append(s.pending, bytes.Clone(line))
	}
}

// print prints a selected line with the lines before it, or with -o what matched.
func (s *grepFile) print(line []byte) {
	g := s.g
	if g.on("o") {
		if g.on("v") {
			return
		}
		for _, loc := range g.matches(line, -1) {
			if loc[1] > loc[0] {
				s.write(':', s.number, line[loc[0]:loc[1]])
			}
		}
		return
	}
	first := s.number - len(s.pending)
	if (g.before > 0 || g.after > 0) && s.printed > 0 && first > s.printed+1 {
		g.p.out.WriteString("--\n")
	}
	for i, l := range s.pending {
		s.write('-', first+i, l)
	}
	s.pending = s.pending[:0]
	s.write(':', s.number, line)
	s.trailing = g.after
}

// write prints a line after the file's name and its number, if they are asked for.
func (s *grepFile) write(mark byte, number int, line []byte) {
	out := s.g.p.out
	if s.g.named {
		fmt.Fprintf(out, "%s%c", s.name, mark)
	}
	if s.g.on("n") {
		fmt.Fprintf(out, "%d%c", number, mark)
	}
	out.Write(line)
	out.WriteByte(s.end)
	s.printed = s.number
}
