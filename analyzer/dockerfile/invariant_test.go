package dockerfile

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// oracle says what BuildKit itself makes of a source: its stages, or the
// message with which it refuses.
func oracle(src []byte) (stages []instructions.Stage, global []instructions.ArgCommand, refusal string) {
	if len(src) == 0 {
		return nil, nil, "the Dockerfile cannot be empty"
	}
	tree, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return nil, nil, err.Error()
	}
	stages, global, err = instructions.Parse(tree.AST, linter.New(&linter.Config{}))
	if err != nil {
		return nil, nil, err.Error()
	}
	if len(stages) == 0 {
		return nil, nil, "dockerfile contains no stages to build"
	}
	return stages, global, ""
}

// checkFile fails the test unless a parsed file keeps every promise that holds
// for all files.
func checkFile(t *testing.T, f *File, src []byte) {
	t.Helper()
	checkAgainstOracle(t, f, src)
	checkRoundTrip(t, f, src)
	if !slices.IsSortedFunc(f.Comments, func(a, b Comment) int { return a.Line - b.Line }) {
		t.Errorf("comments are out of order: %v", f.Comments)
	}
	for i, in := range f.Global {
		if in.Stage != nil || in.Index != i+1 || in.Keyword != "ARG" {
			t.Errorf("global %d: stage %v, index %d, keyword %s", i, in.Stage, in.Index, in.Keyword)
		}
	}
	for i, s := range f.Stages {
		last := s.Instructions[len(s.Instructions)-1]
		if s.Index != i || s.Line != s.Instructions[0].Line || s.EndLine != last.EndLine {
			t.Errorf("stage %d: index %d, lines %d-%d", i, s.Index, s.Line, s.EndLine)
		}
		for j, in := range s.Instructions {
			if in.Stage != s || in.Index != j+1 {
				t.Errorf("line %d: wrong stage, or index %d", in.Line, in.Index)
			}
			if (in.From != nil) != (j == 0) || (in.From == nil) == (in.Command == nil) {
				t.Errorf("line %d: From %v and Command %v", in.Line, in.From, in.Command)
			}
			if strings.ContainsAny(in.Summary(), "\n\r\t") {
				t.Errorf("line %d: summary has more than a line: %q", in.Line, in.Summary())
			}
		}
	}
}

// checkAgainstOracle compares stages, commands, lines and comments with what
// BuildKit's own reading gives.
func checkAgainstOracle(t *testing.T, f *File, src []byte) {
	t.Helper()
	stages, global, refusal := oracle(src)
	if refusal != "" {
		t.Fatalf("BuildKit refuses this: %s", refusal)
	}
	if len(global) != len(f.Global) || len(stages) != len(f.Stages) {
		t.Fatalf("%d global ARGs and %d stages, BuildKit has %d and %d", len(f.Global), len(f.Stages), len(global), len(stages))
	}
	for i := range global {
		checkCommand(t, f.Global[i], &global[i])
	}
	for i, want := range stages {
		got := f.Stages[i]
		if got.Base != want.BaseName || got.Platform != want.Platform || strings.ToLower(got.Name) != want.Name {
			t.Errorf("stage %d is %q %q %q, BuildKit has %q %q %q", i, got.Base, got.Platform, got.Name, want.BaseName, want.Platform, want.Name)
		}
		if len(got.Instructions) != 1+len(want.Commands) {
			t.Fatalf("stage %d has %d instructions, BuildKit has %d", i, len(got.Instructions), 1+len(want.Commands))
		}
		if n := len(got.Instructions[0].From.Commands); n != len(want.Commands) {
			t.Errorf("stage %d: From has %d commands, BuildKit has %d", i, n, len(want.Commands))
		}
		checkLocation(t, got.Instructions[0], want.Location)
		for j, c := range want.Commands {
			checkCommand(t, got.Instructions[j+1], c)
		}
	}
}

func checkCommand(t *testing.T, in *Instruction, want instructions.Command) {
	t.Helper()
	if !strings.EqualFold(in.Keyword, want.Name()) {
		t.Errorf("line %d: %s, BuildKit has %s", in.Line, in.Keyword, want.Name())
	}
	checkLocation(t, in, want.Location())
	// BuildKit keeps the # of an indented comment.
	var comments []string
	for _, c := range want.Comments() {
		comments = append(comments, strings.TrimSpace(strings.TrimPrefix(c, "#")))
	}
	if len(comments) != len(in.Comments) {
		t.Errorf("line %d: comments %v, BuildKit has %q", in.Line, in.Comments, comments)
	}
}

func checkLocation(t *testing.T, in *Instruction, at []parser.Range) {
	t.Helper()
	if first, last := at[0].Start.Line, at[len(at)-1].End.Line; in.Line != first || in.EndLine != last {
		t.Errorf("%s: lines %d-%d, BuildKit has %d-%d", in.Keyword, in.Line, in.EndLine, first, last)
	}
}

// checkRoundTrip puts the file together again from instructions, comments,
// directives and blank lines, and wants each line exactly once.
func checkRoundTrip(t *testing.T, f *File, src []byte) {
	t.Helper()
	lines := f.Lines()
	spoken := map[int]bool{}
	for _, c := range f.Comments {
		spoken[c.Line] = true
	}
	for _, d := range f.Directives {
		spoken[d.Line] = true
	}
	var out []string
	next := 1
	between := func(end int) {
		for ; next < end; next++ {
			if !spoken[next] && strings.TrimSpace(lines[next-1]) != "" {
				t.Errorf("line %d belongs to nothing: %q", next, lines[next-1])
			}
			out = append(out, lines[next-1])
		}
	}
	for _, in := range f.All() {
		between(in.Line)
		if in.Line != next || in.EndLine < in.Line || in.Text != f.Text(in.Line, in.EndLine) {
			t.Fatalf("%s has lines %d-%d after line %d, text %q", in.Keyword, in.Line, in.EndLine, next-1, in.Text)
		}
		out = append(out, in.Text)
		next = in.EndLine + 1
		checkHeredocs(t, in, lines)
	}
	between(len(lines) + 1)
	got := unix(strings.Join(out, "\n"))
	want := strings.TrimSuffix(unix(string(bytes.TrimPrefix(src, byteOrderMark))), "\n")
	if got != want {
		t.Errorf("put together again:\n%q\nwant:\n%q", got, want)
	}
}

func checkHeredocs(t *testing.T, in *Instruction, lines []string) {
	t.Helper()
	for _, d := range in.Heredocs {
		if d.Line <= in.Line || d.EndLine < d.Line || d.EndLine > in.EndLine {
			t.Fatalf("line %d: heredoc %s has lines %d-%d", in.Line, d.Name, d.Line, d.EndLine)
		}
		body := strings.Join(lines[d.Line-1:d.EndLine-1], "\n")
		if unix(body) != strings.TrimSuffix(unix(d.Content), "\n") {
			t.Errorf("line %d: heredoc %s says %q, its lines say %q", in.Line, d.Name, d.Content, body)
		}
	}
}

func unix(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
