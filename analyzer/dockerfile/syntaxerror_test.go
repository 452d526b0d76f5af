package dockerfile

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// refusals are Dockerfiles that BuildKit refuses. want is the text of the
// error, where the message is not BuildKit's own with a line that it gives.
var refusals = []struct {
	name, src, want string
	endLine         int // 0: as the line in want
}{
	{"empty", "", "Dockerfile: the Dockerfile cannot be empty", 0},
	{"blank", "\n \n", "Dockerfile:2: file with no instructions", 0},
	{"comments alone", "# a\n# b\n", "Dockerfile:2: file with no instructions", 0},
	{"arguments alone", "ARG a\n", "Dockerfile: dockerfile contains no stages to build", 0},
	{"no FROM", "ARG a\nRUN b \\\n c\n", "Dockerfile:2: no build stage in current context", 3},
	{"unknown", "FROM a\n\nFORM b\n", "Dockerfile:3: unknown instruction: FORM (did you mean FROM?)", 0},
	{"unknown and long", "FROM a\n" + strings.Repeat("A", 2000) + "\n", "Dockerfile:2: unknown instruction: " + strings.Repeat("A", 479) + "…", 0},
	{"unknown without a word", "FROM a\n\\\n", "Dockerfile:2: unknown instruction: ", 0},
	{"arguments", "FROM a b\n", "Dockerfile:1: FROM requires either one or three arguments", 0},
	{"stage name", "FROM a AS 1b\n", `Dockerfile:1: invalid name for build stage: "1b", name can't start with a number or contain symbols`, 0},
	{"flag", "FROM a\nCOPY \\\n --form=b c d\n", "Dockerfile:2: unknown flag: --form (did you mean from?)", 3},
	{"from the parser", "FROM a\nENV b\n", "Dockerfile:2: ENV must have two arguments", 0},
	{"heredoc without an end", "FROM a\nRUN <<E\nb\nc\n", "Dockerfile:2: unterminated heredoc", 4},
	{"heredoc as a destination", "FROM a\nCOPY b <<E\nE\n", "Dockerfile:2: COPY cannot accept a heredoc as a destination", 3},
	{"onbuild twice", "FROM a\nONBUILD ONBUILD RUN b\n", "Dockerfile:2: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", 0},
	{"onbuild from", "FROM a\nONBUILD FROM b\n", "Dockerfile:2: FROM isn't allowed as an ONBUILD trigger", 0},
	{"escape", "# syntax=a\n# escape=x\nFROM a\n", "Dockerfile:2: invalid escape token 'x' does not match ` or \\", 0},
	{"directive twice", "# check=skip=all\n# check=skip=all\nFROM a\n", "Dockerfile:2: only one check parser directive can be used", 0},
	{"line over the limit", "FROM a\nRUN " + strings.Repeat("b", 70_000) + "\nRUN c\n", "Dockerfile:2: dockerfile line greater than max allowed size of 65535", 0},
	{"first line over the limit", "FROM " + strings.Repeat("b", 70_000), "Dockerfile:1: dockerfile line greater than max allowed size of 65535", 0},
	{"heredoc line over the limit", "FROM a\nRUN <<E\n" + strings.Repeat("b", 70_000) + "\nE\n", "Dockerfile:3: dockerfile line greater than max allowed size of 65535", 0},
	{"UTF-16 with a mark", "\xFF\xFEF\x00R\x00O\x00M\x00 \x00a\x00\n\x00", "Dockerfile:1: the file is UTF-16 text, which BuildKit does not read: save it as UTF-8", 0},
	{"UTF-16, other order", "\x00F\x00R\x00O\x00M\x00 \x00a\x00\n", "Dockerfile:1: the file is UTF-16 text, which BuildKit does not read: save it as UTF-8", 0},
	{"binary", "\x7fELF\x02\x01\x01\x00\x00\n\x00\xff", "Dockerfile:1: not a Dockerfile: the line holds binary data", 0},
	{"control characters", "FROM a\n\x1b[31mRED b\u202e\n", `Dockerfile:2: unknown instruction: \x1b[31mRED`, 0},
	{"crlf", "FROM a\r\nRUM b\r\n", "Dockerfile:2: unknown instruction: RUM (did you mean RUN?)", 0},
	{"nested expansion", "FROM a\nRUN <<E" + strings.Repeat(strings.Repeat("${a-", 10_000)+"\\\n", 10), "Dockerfile:2: too many ${ in instructions with heredocs", 11},
	{"onbuild many times", "FROM a\n" + strings.Repeat("ONBUILD --x \\\n", 200_000), "Dockerfile:2: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", 200_001},
	{"onbuild many times, indented", "FROM a\n" + strings.Repeat("ONBUILD\\\n ", 200_000), "Dockerfile:2: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", 200_002},
	{"size", strings.Repeat("# comment\n", 1<<21), "Dockerfile: the file has 20971520 bytes, over BuildKit's limit of 16777216", 0},
}

func TestSyntaxError(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("Dockerfile", []byte(c.src))
			if err == nil {
				t.Fatal("accepted")
			}
			if err.Error() != c.want {
				t.Errorf("%q, want %q", err, c.want)
			}
			checkRefusal(t, err)
			var e *SyntaxError
			errors.As(err, &e)
			if c.endLine == 0 {
				c.endLine = e.Line
			}
			if e.EndLine != c.endLine {
				t.Errorf("ends on line %d, want %d", e.EndLine, c.endLine)
			}
		})
	}
}

func TestSyntaxErrorUnwraps(t *testing.T) {
	_, err := Parse("a/Dockerfile", []byte("FROM a\nFORM b\n"))
	var unknown *instructions.UnknownInstructionError
	if !errors.As(err, &unknown) || unknown.Instruction != "FORM" {
		t.Errorf("%v does not hold BuildKit's error", err)
	}
}

func TestNameIsEscaped(t *testing.T) {
	_, err := Parse("a\n\x1bDockerfile", []byte("FORM b\n"))
	if want := `a\n\x1bDockerfile:1: unknown instruction: FORM (did you mean FROM?)`; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

func TestExcerpt(t *testing.T) {
	long := "FROM a\nCOPY --nosuch \\\n"
	for i := range 40 {
		long += fmt.Sprintf("  %d \\\n", i)
	}
	for _, c := range []struct{ name, src, want string }{
		{"one line", "# 1\n# 2\nFROM a\nRUM\tb\x1b\n\nRUN c\nRUN d\n", `
Dockerfile:4
--------------------
   2 |     # 2
   3 |     FROM a
   4 | >>> RUM	b\x1b
   5 |     
   6 |     RUN c
--------------------
`},
		{"first line", "FORM a\nRUN b", `
Dockerfile:1
--------------------
   1 | >>> FORM a
   2 |     RUN b
--------------------
`},
		{"two lines", "FROM a\nCOPY \\\n b\n", `
Dockerfile:2
--------------------
   1 |     FROM a
   2 | >>> COPY \
   3 | >>>  b
--------------------
`},
		{"many lines", long + "  b c\nRUN d\n", `
Dockerfile:2
--------------------
   1 |     FROM a
   2 | >>> COPY --nosuch \
   3 | >>>   0 \
   4 | >>>   1 \
   5 | >>>   2 \
   6 | >>>   3 \
   7 | >>>   4 \
   8 | >>>   5 \
   9 | >>>   6 \
  10 | >>>   7 \
  11 | >>>   8 \
  12 | >>>   9 \
 ... |
  33 | >>>   30 \
  34 | >>>   31 \
  35 | >>>   32 \
  36 | >>>   33 \
  37 | >>>   34 \
  38 | >>>   35 \
  39 | >>>   36 \
  40 | >>>   37 \
  41 | >>>   38 \
  42 | >>>   39 \
  43 | >>>   b c
  44 |     RUN d
--------------------
`},
		{"whole file", "ARG a\n", "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("Dockerfile", []byte(c.src))
			var e *SyntaxError
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := e.WriteExcerpt(&b); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.TrimPrefix(c.want, "\n"), b.String()); d != "" {
				t.Error(d)
			}
		})
	}
}
