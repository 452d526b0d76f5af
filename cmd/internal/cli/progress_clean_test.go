package cli

import (
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
)

// TestCleanLog cleans outputs, given in one piece, byte by byte, and in pieces of
// other sizes.
func TestCleanLog(t *testing.T) {
	for _, tt := range []struct{ name, in, plain, coloured string }{
		{"text", "a\tb\nc\n", "a\tb\nc\n", ""},
		{"no last line end", "a\nb", "a\nb", ""},
		{"characters", "ä€🙂\n", "ä€🙂\n", ""},
		{"no UTF-8", "a\xffb\n", "a\ufffdb\n", ""},
		{"colours", "\x1b[31mred\x1b[0m x\n", "red x\n", "\x1b[31mred\x1b[0m x\x1b[0m\n"},
		{"a colour that nothing ends", "\x1b[1;38:5:1mred\nx\n", "red\nx\n", "\x1b[1;38:5:1mred\x1b[0m\nx\n"},
		{"cursor", "\x1b[2K\x1b[1Gx\x1b[?25l\x1b[3Ay\n", "xy\n", ""},
		{"title", "\x1b]0;TITLE\ax\n", "\\x1b]0;TITLE\\x07x\n", ""},
		{"title, ended by a string terminator", "\x1b]0;T\x1b\\x\n", "\\x1b]0;T\\x1b\\x\n", ""},
		{"device control", "\x1bP1$r\x1b\\\n", "\\x1bP1$r\\x1b\\\n", ""},
		{"C1", "\u009b31mx\n", "\\x9b31mx\n", ""},
		{"bidi", "a\u202eb\u2066c\n", "a\\u202eb\\u2066c\n", ""},
		{"bell and backspace", "a\a\bb\n", "a\\x07\\x08b\n", ""},
		{"NUL", "a\x00b\n", "a\\x00b\n", ""},
		{"DOS line ends", "a\r\nb\r\n", "a\nb\n", ""},
	} {
		for size := 1; size <= len(tt.in); size++ {
			for _, colour := range []bool{false, true} {
				want := tt.plain
				if colour && tt.coloured != "" {
					want = tt.coloured
				}
				c := newCleaner(colour)
				var got strings.Builder
				for at := 0; at < len(tt.in); at += size {
					got.Write(c.log(logKey{}, []byte(tt.in[at:min(at+size, len(tt.in))])))
				}
				// In pieces, a colour may be ended and set more often.
				if size < len(tt.in) && colour && tt.coloured != "" {
					want, got = tt.plain, stripped(got.String())
				}
				if got.String() != want {
					t.Errorf("%s in pieces of %d, colour %v: %q, want %q", tt.name, size, colour, got.String(), want)
				}
			}
		}
	}
}

func stripped(s string) strings.Builder {
	var b strings.Builder
	b.WriteString(control.ReplaceAllString(s, ""))
	return b
}

// TestCleanProgressBars shows the last state of a line that is written over.
func TestCleanProgressBars(t *testing.T) {
	for _, tt := range []struct {
		name   string
		pieces []string
		want   string
	}{
		{"in one piece", []string{"10%\r50%\r100%\n"}, "100%\n"},
		{"a forged command", []string{"\r::error::from a log\n"}, "::error::from a log\n"},
		{"in pieces", []string{"10%\r", "50%\r", "100%\r\n", "x\n"}, "10%\n50%\n100%\nx\n"},
		{"an end that comes late", []string{"a\r", "\n", "b\n"}, "a\nb\n"},
	} {
		c := newCleaner(false)
		var got strings.Builder
		for _, piece := range tt.pieces {
			got.Write(c.log(logKey{}, []byte(piece)))
		}
		if strings.ContainsRune(got.String(), '\r') || got.String() != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got.String(), tt.want)
		}
	}
}

func TestCleanStatus(t *testing.T) {
	s := &client.SolveStatus{
		Vertexes: []*client.Vertex{{Name: "RUN \x1b]0;T\a\n", Error: "a\nb\u202e"}},
		Statuses: []*client.VertexStatus{{ID: "x\r", Name: "\x1b[31m"}},
		Warnings: []*client.VertexWarning{{Short: []byte("\x1bc"), Detail: [][]byte{[]byte("\u202e")}, URL: "http://\x07"}},
	}
	newCleaner(true).status(s)
	if v := s.Vertexes[0]; v.Name != `RUN \x1b]0;T\x07\n` || v.Error != "a\nb\\u202e" {
		t.Errorf("%q, %q", v.Name, v.Error)
	}
	if st := s.Statuses[0]; st.ID != `x\x0d` || st.Name != `\x1b[31m` {
		t.Errorf("%q, %q", st.ID, st.Name)
	}
	if w := s.Warnings[0]; string(w.Short) != `\x1bc` || string(w.Detail[0]) != `\u202e` || w.URL != `http://\x07` {
		t.Errorf("%+v", *w)
	}
}

// TestLogTail keeps whole lines, however they arrive.
func TestLogTail(t *testing.T) {
	tail := newLogTail()
	for _, piece := range []string{"first\nsec", "ond\n", "\n", "\x1b[31mthi", "rd\x1b[0m"} {
		tail.add(&client.SolveStatus{Logs: []*client.VertexLog{{Vertex: "v", Data: []byte(piece)}}})
	}
	var out strings.Builder
	tail.print(&Streams{Err: &out}, "v")
	if want := "  | first\n  | second\n  | \n  | third\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestOutputError makes a result that could not be written an error.
func TestOutputError(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"--help"}, {"lint", "--rules"}} {
		var said strings.Builder
		s := &Streams{In: strings.NewReader(""), Out: full{}, Err: &said, Getenv: func(string) string { return "" }}
		if code := Run(t.Context(), s, args); code != exitFailed || !strings.HasPrefix(said.String(), "error: ") || strings.Count(said.String(), "no space left") != 1 {
			t.Errorf("%v: exit %d, %s", args, code, said.String())
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

type fullError struct{}

func (fullError) Error() string { return "no space left" }

var errFull = fullError{}
