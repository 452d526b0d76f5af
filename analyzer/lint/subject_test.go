package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

func TestSpan(t *testing.T) {
	s, err := NewSubject("Dockerfile", []byte("\xEF\xBB\xBFFROM a\r\n  RUN one \\\r\n    two\n"))
	if err != nil {
		t.Fatal(err)
	}
	run := s.File.Stages[0].Instructions[1]
	for _, test := range []struct {
		text string
		want finding.Span
	}{
		{"RUN", finding.Span{Line: 2, Column: 3, EndLine: 2, EndColumn: 6}},
		{"two", finding.Span{Line: 3, Column: 5, EndLine: 3, EndColumn: 8}},
		{"one \\\r\n    two", finding.Span{Line: 2, Column: 7, EndLine: 3, EndColumn: 8}},
	} {
		if got := s.Span(run, strings.Index(run.Text, test.text), len(test.text)); got != test.want {
			t.Errorf("%q: %+v, want %+v", test.text, got, test.want)
		}
	}
	if got := s.Span(run, -5, 1000); got.Line != 2 || got.Column != 1 || got.EndLine != 3 {
		t.Errorf("out of range: %+v", got)
	}
}

// TestGrowth wants values that double with each line to be refused at once, and
// long ones that do not grow to be taken.
func TestGrowth(t *testing.T) {
	double := "ENV A=xx\n" + strings.Repeat("ENV A=$A$A\n", 64)
	replace := "ENV A=" + strings.Repeat("x", 1000) + "\n" + strings.Repeat("ENV A=${A//x/xxxxxxxxxx}\n", 64)
	for name, src := range map[string]string{
		"env":       "FROM a\n" + double,
		"arg":       strings.ReplaceAll("FROM a\n"+double, "ENV", "ARG"),
		"global":    strings.ReplaceAll(double, "ENV", "ARG") + "FROM a$A\n",
		"replace":   "FROM a\n" + replace,
		"workdir":   "FROM a\nENV A=" + long(2) + "\nWORKDIR /" + strings.Repeat("$A", 1000) + "\n",
		"in stages": "FROM a AS s0\nENV A=xx\n" + stages(64),
	} {
		s, err := NewSubject("Dockerfile", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if s.conversion().refusal == nil {
			t.Errorf("%s: was converted", name)
		}
		for _, in := range s.File.All() { // no panic for what has not been followed
			s.Graph().TakesDown(in)
			s.Graph().Sources(in)
			s.Graph().Sees(in).Args()
		}
	}
	s, err := NewSubject("Dockerfile", []byte("FROM a\nENV A="+long(3)+"\nENV B=c$A\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Graph().err; err == nil {
		t.Error("a value of 150,000 bytes is repeated")
	}
}

// long is a word of n times 50,000 bytes. BuildKit takes no longer lines than 64 KB.
func long(n int) string {
	return strings.Repeat(strings.Repeat("x", 50000)+"\\\n", n-1) + strings.Repeat("x", 50000)
}

func stages(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "FROM s%d AS s%d\nENV A=$A$A\n", i, i+1)
	}
	return b.String()
}

// TestEveryCheck wants all the checks of the version of BuildKit that is built in.
func TestEveryCheck(t *testing.T) {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/moby/buildkit/frontend/dockerfile/linter").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "ruleset.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			want = append(want, strings.TrimPrefix(spec.Names[0].Name, "Rule"))
		}
		return true
	})
	for _, r := range BuildKit() {
		got = append(got, r.ID)
	}
	if !slices.Equal(got, want) || len(want) < 22 {
		t.Errorf("got %q, BuildKit has %q", got, want)
	}
}

// TestErrorsOnRequest wants check=error=true to make BuildKit's checks errors, and
// nothing else.
func TestErrorsOnRequest(t *testing.T) {
	other := &Rule{ID: "other", Severity: finding.Info, Check: func(p *Pass) { p.Report(p.File.Stages[0].Instructions[0], "x", nil) }}
	s, err := NewSubject("Dockerfile", []byte("# check=error=true\nFROM a AS B\nCMD c\n"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := Run(t.Context(), s, slices.Concat(Driver(), BuildKit(), []*Rule{other}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%s %s", f.Severity, f.Rule))
	}
	want := []string{"error StageNameCasing", "info other", "error JSONArgsRecommended"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
