package cli

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/moby/buildkit/client"
)

// cleaner makes a build's status safe for a terminal. Names, errors and warnings
// are escaped as in all that is printed. The output of steps keeps its colours,
// where there are any on this terminal, and its lines: what moves the cursor is
// dropped, a line that was written over shows its last state, and the rest is
// escaped.
type cleaner struct {
	colour bool
	rest   map[logKey]*logRest
}

// logKey names one output of one step.
type logKey struct {
	vertex string
	stream int
}

// logRest is what an output ended with, and what comes next may go on with.
type logRest struct {
	bytes    []byte // the start of a character or of a sequence
	returned bool   // the line goes on from its start
}

func newCleaner(colour bool) *cleaner { return &cleaner{colour: colour, rest: map[logKey]*logRest{}} }

// status cleans in place.
func (c *cleaner) status(s *client.SolveStatus) {
	for _, v := range s.Vertexes {
		v.Name, v.Error = clean(v.Name), cleanLines(v.Error)
		if v.ProgressGroup != nil {
			v.ProgressGroup.Name = clean(v.ProgressGroup.Name)
		}
	}
	for _, st := range s.Statuses {
		st.ID, st.Name = clean(st.ID), clean(st.Name)
	}
	for _, w := range s.Warnings {
		w.Short, w.URL = []byte(clean(string(w.Short))), clean(w.URL)
		for i, line := range w.Detail {
			w.Detail[i] = []byte(clean(string(line)))
		}
	}
	for _, l := range s.Logs {
		l.Data = c.log(logKey{string(l.Vertex), l.Stream}, l.Data)
	}
}

// log cleans a piece of an output, which may end anywhere.
func (c *cleaner) log(key logKey, data []byte) []byte {
	rest := c.rest[key]
	if rest == nil {
		rest = &logRest{}
		c.rest[key] = rest
	}
	data = append(rest.bytes, data...)
	whole := len(data) - unfinished(data)
	data, rest.bytes = data[:whole], bytes.Clone(data[whole:])
	var out strings.Builder
	for len(data) > 0 {
		line, ended := data, false
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			line, data, ended = data[:i], data[i+1:], true
		} else {
			data = nil
		}
		if rest.returned && len(line) > 0 && string(line) != "\r" {
			out.WriteByte('\n') // what stands there was shown already
		}
		line, rest.returned = overwritten(line, ended)
		c.line(&out, string(line))
		if ended {
			out.WriteByte('\n')
		}
	}
	return []byte(out.String())
}

// overwritten is the last state of a line whose start may have been written to
// several times, and says whether the next piece starts there again.
func overwritten(line []byte, ended bool) (last []byte, returned bool) {
	trimmed := bytes.TrimRight(line, "\r")
	returned = !ended && len(trimmed) < len(line)
	return trimmed[bytes.LastIndexByte(trimmed, '\r')+1:], returned
}

// control matches a control sequence (ECMA-48, 5.4), and in its group one that
// sets colours.
var control = regexp.MustCompile(`\x1b\[(?:([0-9;:]*m)|[0-?]*[ -/]*[@-~])`)

func (c *cleaner) line(out *strings.Builder, line string) {
	coloured := false
	for {
		at := control.FindStringSubmatchIndex(line)
		if at == nil {
			break
		}
		out.WriteString(clean(line[:at[0]]))
		if c.colour && at[2] >= 0 {
			out.WriteString(line[at[0]:at[1]])
			coloured = true
		}
		line = line[at[1]:]
	}
	out.WriteString(clean(line))
	if coloured {
		out.WriteString("\x1b[0m") // lest the display's own text has it
	}
}

// maxSequence bounds how long the end of a control sequence is waited for.
const maxSequence = 64

// unfinished is how many bytes at the end are the start of a character or of a
// control sequence.
func unfinished(data []byte) int {
	if i := bytes.LastIndexByte(data, 0x1b); i >= 0 && len(data)-i < maxSequence {
		tail := data[i+1:]
		if len(tail) == 0 || tail[0] == '[' && bytes.IndexFunc(tail[1:], func(r rune) bool { return r < ' ' || r > '?' }) < 0 {
			return len(data) - i
		}
	}
	for n := 1; n < utf8.UTFMax && n <= len(data); n++ {
		if last := data[len(data)-n]; utf8.RuneStart(last) {
			if !utf8.FullRune(data[len(data)-n:]) {
				return n
			}
			break
		}
	}
	return 0
}
