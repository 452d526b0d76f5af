package fix_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/fix"
)

// tree holds files in memory.
func tree(files map[string]string) *fix.Tree {
	return &fix.Tree{Read: func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return []byte(text), nil
	}}
}

// edit reads "LINE:COLUMN-LINE:COLUMN text" of the Dockerfile, or of the file named
// before it.
func edit(t *testing.T, in string) finding.Edit {
	t.Helper()
	e := finding.Edit{File: "Dockerfile"}
	if name, rest, ok := strings.Cut(in, "!"); ok {
		e.File, in = name, rest
	}
	place, text, _ := strings.Cut(in, " ")
	if _, err := fmt.Sscanf(place, "%d:%d-%d:%d", &e.Line, &e.Column, &e.EndLine, &e.EndColumn); err != nil {
		t.Fatalf("%q: %v", in, err)
	}
	e.Text = text
	return e
}

func findings(t *testing.T, fixes [][]string) []finding.Finding {
	var all []finding.Finding
	for i, edits := range fixes {
		f := finding.Finding{Rule: fmt.Sprintf("rule-%d", i), Fix: &finding.Fix{}}
		for _, e := range edits {
			f.Fix.Edits = append(f.Fix.Edits, edit(t, e))
		}
		all = append(all, f)
	}
	return all
}

func TestApply(t *testing.T) {
	const two = "FROM a\nRUN b\n"
	for _, tt := range []struct {
		name, file, want string
		fixes            [][]string
		waiting          int
		refused          string
	}{
		{name: "replace", file: two, fixes: [][]string{{"2:5-2:6 c"}}, want: "FROM a\nRUN c\n"},
		{name: "insert a line", file: two, fixes: [][]string{{"2:1-2:1 RUN c\n"}}, want: "FROM a\nRUN c\nRUN b\n"},
		{name: "delete a line", file: two, fixes: [][]string{{"2:1-3:1 "}}, want: "FROM a\n"},
		{name: "append", file: two, fixes: [][]string{{"3:1-3:1 RUN c\n"}}, want: "FROM a\nRUN b\nRUN c\n"},
		{name: "append without a last ending", file: "FROM a\nRUN b", fixes: [][]string{{"3:1-3:1 RUN c\n"}}, want: "FROM a\nRUN b\nRUN c"},
		{name: "several", file: two, fixes: [][]string{{"2:5-2:6 c"}, {"1:6-1:7 d"}}, want: "FROM d\nRUN c\n"},
		{name: "a move", file: "FROM a\nRUN b\nRUN c\n", fixes: [][]string{{"2:1-3:1 ", "4:1-4:1 RUN b\n"}}, want: "FROM a\nRUN c\nRUN b\n"},
		{name: "two at one place of one fix", file: two, fixes: [][]string{{"2:1-2:1 RUN x\n", "2:1-2:1 RUN y\n"}}, want: "FROM a\nRUN x\nRUN y\nRUN b\n"},
		{name: "overlapping", file: two, fixes: [][]string{{"2:1-2:6 RUN c"}, {"2:5-2:6 d"}}, want: "FROM a\nRUN c\n", waiting: 1},
		{name: "at one place", file: two, fixes: [][]string{{"2:1-2:1 RUN c\n"}, {"2:1-2:1 RUN d\n"}}, want: "FROM a\nRUN c\nRUN b\n", waiting: 1},
		{name: "at the border", file: two, fixes: [][]string{{"2:1-3:1 "}, {"3:1-3:1 RUN d\n"}}, want: "FROM a\n", waiting: 1},
		{name: "neighbours", file: two, fixes: [][]string{{"1:1-2:1 FROM b\n"}, {"2:1-3:1 RUN d\n"}}, want: "FROM b\nRUN d\n"},
		{name: "CRLF", file: "FROM a\r\nRUN b\r\n", fixes: [][]string{{"2:6-2:6 \nRUN c"}, {"2:1-2:1 RUN d\r\n"}}, want: "FROM a\r\nRUN d\r\nRUN b\r\nRUN c\r\n"},
		{name: "mark", file: "\ufeffFROM a\n", fixes: [][]string{{"1:1-1:5 from"}}, want: "\ufefffrom a\n"},
		{name: "keeps comments", file: "FROM a\n# why\nRUN b\nRUN c\n", fixes: [][]string{{"2:1-4:1 ", "5:1-5:1 # why\nRUN b\n"}}, want: "FROM a\nRUN c\n# why\nRUN b\n"},
		{name: "about a comment", file: "FROM a\n# x\nRUN b\n", fixes: [][]string{{"2:1-3:1 "}}, want: two},
		{name: "in a comment", file: "FROM a\n# x y\nRUN b\n", fixes: [][]string{{"2:3-2:4 z"}}, want: "FROM a\n# z y\nRUN b\n"},
		{name: "about a directive", file: "# check=skip=X\nFROM a\n", fixes: [][]string{{"1:3-1:15 check=skip=Y"}}, want: "# check=skip=Y\nFROM a\n"},

		{name: "does not parse", file: two, fixes: [][]string{{"2:1-2:4 RUNN"}, {"2:5-2:6 c"}}, want: "FROM a\nRUN c\n", refused: "the file would not parse: "},
		{name: "loses a comment", file: "FROM a\n# why\nRUN b\n", fixes: [][]string{{"2:1-4:1 RUN b\n"}}, want: "FROM a\n# why\nRUN b\n", refused: "the comment on line 2 would be lost"},
		{name: "makes a directive", file: "# x\n# syntax=docker/dockerfile:1\nFROM a\n", fixes: [][]string{{"1:1-2:1 "}}, want: "# x\n# syntax=docker/dockerfile:1\nFROM a\n", refused: "line 1 would become a directive"},
		{name: "loses a directive", file: "# syntax=docker/dockerfile:1\nFROM a\n", fixes: [][]string{{"1:1-1:1 # x\n"}}, want: "# syntax=docker/dockerfile:1\nFROM a\n", refused: "the directive on line 1 would be lost"},
		{name: "behind the end", file: two, fixes: [][]string{{"9:1-9:1 x"}}, want: two, refused: "is for line 9"},
		{name: "beside a line", file: two, fixes: [][]string{{"1:9-1:9 x"}}, want: two, refused: "is for 1:9, where nothing is"},
		{name: "backwards", file: two, fixes: [][]string{{"2:2-2:1 x"}}, want: two, refused: "ends before it starts"},
		{name: "twice in itself", file: two, fixes: [][]string{{"2:1-2:4 x", "2:2-2:3 y"}}, want: two, refused: "changes one place of Dockerfile twice"},
		{name: "nothing", file: two, fixes: [][]string{{}}, want: two, refused: "changes nothing"},
		{name: "a new Dockerfile", file: two, fixes: [][]string{{"x!1:1-1:1 FROM a\n"}}, want: two, refused: "x, which does not exist"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := tree(map[string]string{"Dockerfile": tt.file})
			all := findings(t, tt.fixes)
			p := tr.Apply(all)
			got, err := tr.Content("Dockerfile")
			if err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
			if p.Waiting != tt.waiting || len(p.Applied)+len(p.Refused)+p.Waiting != len(all) {
				t.Errorf("got %+v", p)
			}
			switch {
			case tt.refused == "" && len(p.Refused) > 0:
				t.Errorf("refused: %v", p.Refused[0].Err)
			case tt.refused != "" && (len(p.Refused) != 1 || !strings.Contains(p.Refused[0].Err.Error(), tt.refused)):
				t.Errorf("refused: %v, want %q", p.Refused, tt.refused)
			}
		})
	}
}

func TestIgnoreFiles(t *testing.T) {
	tr := tree(map[string]string{"Dockerfile": "FROM a\n", "sub/.dockerignore": "x\n"})
	p := tr.Apply(findings(t, [][]string{{".dockerignore!1:1-1:1 .git\n"}, {"sub/.dockerignore!2:1-2:1 .git\n", "1:6-1:7 b"}}))
	if len(p.Applied) != 2 {
		t.Fatalf("got %+v", p)
	}
	want := []fix.Changed{
		{Name: ".dockerignore", New: []byte(".git\n"), Made: true},
		{Name: "Dockerfile", Old: []byte("FROM a\n"), New: []byte("FROM b\n")},
		{Name: "sub/.dockerignore", Old: []byte("x\n"), New: []byte("x\n.git\n")},
	}
	if diff := cmp.Diff(want, tr.Changes()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	tr.May = func(name string) bool { return name == "Dockerfile" }
	if p := tr.Apply(findings(t, [][]string{{"../.dockerignore!1:1-1:1 x\n"}})); len(p.Refused) != 1 {
		t.Errorf("got %+v", p)
	}
}

// look finds every place where a word stands that another should stand for.
func look(tr *fix.Tree, from, to string) func() ([]finding.Finding, error) {
	return func() ([]finding.Finding, error) {
		text, err := tr.Content("Dockerfile")
		var all []finding.Finding
		for n, line := range strings.Split(string(text), "\n") {
			if i := strings.Index(line, from); i >= 0 {
				e := finding.Edit{File: "Dockerfile", Span: finding.Span{Line: n + 1, Column: i + 1, EndLine: n + 1, EndColumn: i + len(from) + 1}, Text: to}
				all = append(all, finding.Finding{Rule: "word", Fix: &finding.Fix{Edits: []finding.Edit{e}, Safety: finding.Safe}})
			}
		}
		return all, err
	}
}

func TestMend(t *testing.T) {
	every := func(*finding.Fix) bool { return true }
	t.Run("to the end", func(t *testing.T) {
		tr := tree(map[string]string{"Dockerfile": "FROM a\nRUN x x x\nRUN x\n"})
		r, err := tr.Mend(context.Background(), look(tr, "x", "y"), every)
		got, _ := tr.Content("Dockerfile")
		if err != nil || string(got) != "FROM a\nRUN y y y\nRUN y\n" || len(r.Applied) != 4 || len(r.Left) != 0 {
			t.Errorf("got %q, %+v, %v", got, r, err)
		}
	})
	t.Run("unwanted", func(t *testing.T) {
		tr := tree(map[string]string{"Dockerfile": "FROM a\nRUN x\n"})
		r, err := tr.Mend(context.Background(), look(tr, "x", "y"), func(f *finding.Fix) bool { return f.Safety == finding.Review })
		if err != nil || len(r.Applied) != 0 || len(r.Left) != 1 || len(tr.Changes()) != 0 {
			t.Errorf("got %+v, %v", r, err)
		}
	})
	t.Run("without an end", func(t *testing.T) {
		tr := tree(map[string]string{"Dockerfile": "FROM a\nRUN x\n"})
		r, err := tr.Mend(context.Background(), look(tr, "x", "xx"), every)
		var unstable *fix.UnstableError
		if !errors.As(err, &unstable) || len(r.Left) != 1 || len(tr.Changes()) != 0 {
			t.Errorf("got %+v, %v, %v", r, err, tr.Changes())
		}
	})
	t.Run("refused", func(t *testing.T) {
		tr := tree(map[string]string{"Dockerfile": "FROM a\nRUN x\n"})
		r, err := tr.Mend(context.Background(), look(tr, "RUN", "NURR"), every)
		if err != nil || len(r.Refused) != 1 || len(r.Left) != 1 || len(tr.Changes()) != 0 {
			t.Errorf("got %+v, %v", r, err)
		}
	})
}

func FuzzApply(f *testing.F) {
	f.Add("FROM a\nRUN b\n", 2, 1, 2, 4, "RUN c\nRUN")
	f.Add("\ufeff# syntax=x\r\nFROM a", 3, 1, 3, 1, "# y\n")
	f.Fuzz(func(t *testing.T, src string, line, column, endLine, endColumn int, text string) {
		tr := tree(map[string]string{"Dockerfile": src})
		e := finding.Edit{File: "Dockerfile", Span: finding.Span{Line: line, Column: column, EndLine: endLine, EndColumn: endColumn}, Text: text}
		tr.Apply([]finding.Finding{{Fix: &finding.Fix{Edits: []finding.Edit{e}}}})
		for _, c := range tr.Changes() {
			c.Diff()
		}
	})
}

// TestManyFixes checks the file as often as fixes are refused, not as often as
// there are fixes, and refuses those alone that are wrong.
func TestManyFixes(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 600
	}
	var file strings.Builder
	file.WriteString("FROM a\n")
	var fixes [][]string
	for i := range n {
		fmt.Fprintf(&file, "RUN b%d\n", i)
		text := "RUN c\n"
		if i == 7 || i == n-100 {
			text = "RUNN c\n"
		}
		fixes = append(fixes, []string{fmt.Sprintf("%d:1-%d:1 %s", i+2, i+3, text)})
	}
	const parses = 5
	started := time.Now()
	for range parses {
		if _, err := dockerfile.Parse("Dockerfile", []byte(file.String())); err != nil {
			t.Fatal(err)
		}
	}
	once := time.Since(started) / parses
	tr := tree(map[string]string{"Dockerfile": file.String()})
	started = time.Now()
	p := tr.Apply(findings(t, fixes))
	// A check parses twice. Halving comes to some 100 parses, one by one to 2n.
	if took := time.Since(started); took > time.Duration(n/2)*once {
		t.Errorf("it took %v, and one parse %v", took, once)
	}
	if len(p.Applied) != n-2 || len(p.Refused) != 2 || p.Waiting != 0 {
		t.Errorf("applied %d, refused %d, waiting %d", len(p.Applied), len(p.Refused), p.Waiting)
	}
	got, err := tr.Content("Dockerfile")
	if want := "FROM a\n" + strings.Repeat("RUN c\n", 7) + "RUN b7\n"; err != nil || !strings.HasPrefix(string(got), want) {
		t.Errorf("got %.100q, %v", got, err)
	}
}

// TestFixBehindRefused applies in the same pass what waited for a fix that is
// refused.
func TestFixBehindRefused(t *testing.T) {
	tr := tree(map[string]string{"Dockerfile": "FROM a\nRUN b\n"})
	p := tr.Apply(findings(t, [][]string{{"2:1-2:6 RUNN"}, {"2:5-2:6 c"}}))
	if got, err := tr.Content("Dockerfile"); err != nil || string(got) != "FROM a\nRUN c\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if len(p.Applied) != 1 || len(p.Refused) != 1 || p.Waiting != 0 {
		t.Errorf("got %+v", p)
	}
}
