package rules

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/fix"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what was found and fixed into the cases")

// testCase is an archive testdata/<rule>/<kind>-<name>.txtar: the files of a
// build context, Dockerfile among them; "want", with the findings of the rule as
// LINE: message, empty where nothing is to be found; and fixed/FILE for each file
// that is changed or made when all its fixes are applied. A comment "no context"
// hides the context from the rule.
type testCase struct {
	files     map[string]string
	noContext bool
	want      []string
	fixed     map[string]string
}

// TestCases runs every rule on its cases.
func TestCases(t *testing.T) {
	for _, r := range All() {
		paths, err := filepath.Glob(filepath.Join("testdata", r.ID, "*-*.txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			name := strings.TrimSuffix(filepath.Base(path), ".txtar")
			t.Run(r.ID+"/"+name, func(t *testing.T) { runCase(t, r, path) })
		}
	}
}

func runCase(t *testing.T, r *lint.Rule, path string) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := readCase(t, a)
	found := look(t, r, c)
	got := lines(found)
	fixed := fixAll(t, r, c)
	if *update {
		c.write(t, path, a, got, fixed)
		return
	}
	if !slices.Equal(got, c.want) {
		t.Errorf("found:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
	}
	kind, _, _ := strings.Cut(filepath.Base(path), "-")
	switch kind {
	case "bad":
		if len(c.want) == 0 {
			t.Error("a bad case without a finding")
		}
	case "good", "near":
		if len(c.want) > 0 {
			t.Error("a finding in a case that should have none")
		}
	case "fix":
		if len(c.fixed) == 0 {
			t.Error("a case for a fix that says nothing about it")
		}
	default:
		t.Error("the name of a case starts with bad-, good-, near- or fix-")
	}
	if len(c.fixed) > 0 {
		compareFixed(t, c.fixed, fixed)
	}
}

func readCase(t *testing.T, a *txtar.Archive) *testCase {
	t.Helper()
	c := &testCase{files: map[string]string{}, fixed: map[string]string{}}
	c.noContext = strings.Contains(string(a.Comment), "no context")
	for _, f := range a.Files {
		if f.Name == "want" {
			c.want = strings.FieldsFunc(string(f.Data), func(r rune) bool { return r == '\n' })
		} else if name, ok := strings.CutPrefix(f.Name, "fixed/"); ok {
			c.fixed[name] = string(f.Data)
		} else {
			c.files[f.Name] = string(f.Data)
		}
	}
	if c.files["Dockerfile"] == "" {
		t.Fatal("no Dockerfile in the archive")
	}
	return c
}

// look returns the findings of one rule.
func look(t *testing.T, r *lint.Rule, c *testCase) []finding.Finding {
	t.Helper()
	dir := ""
	if !c.noContext {
		dir = c.unpack(t)
	}
	path := filepath.Join(dir, "Dockerfile")
	s, err := lint.NewSubject(filepath.ToSlash(path), []byte(c.files["Dockerfile"]))
	if err != nil {
		t.Fatal(err)
	}
	if !c.noContext {
		s.Context = lint.OpenContext(dir, path)
	}
	found, err := lint.Run(t.Context(), s, []*lint.Rule{r})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		checkFinding(t, r, c, f)
		if f.Fix != nil && dir != "" {
			for i := range f.Fix.Edits { // from here on, files are called as in the archive
				e := &f.Fix.Edits[i]
				e.File = strings.TrimPrefix(e.File, filepath.ToSlash(dir)+"/")
			}
		}
	}
	return found
}

// unpack writes the files of a case into a folder.
func (c *testCase) unpack(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range c.files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// checkFinding wants what holds for every finding.
func checkFinding(t *testing.T, r *lint.Rule, c *testCase, f finding.Finding) {
	t.Helper()
	if f.Rule != r.ID || f.Message == "" || strings.ContainsAny(f.Message, "\n\r") || strings.HasSuffix(f.Message, ".") {
		t.Errorf("finding of %s: message %q", f.Rule, f.Message)
	}
	if last := strings.Count(c.files["Dockerfile"], "\n") + 1; f.Line < 0 || f.EndLine < f.Line || f.EndLine > last {
		t.Errorf("lines %d to %d of %d", f.Line, f.EndLine, last)
	}
	if f.Fix == nil {
		return
	}
	if r.Fix == "" || f.Fix.Safety == finding.Review && r.Fix == finding.Safe {
		t.Errorf("a fix %q from a rule that says %q", f.Fix.Safety, r.Fix)
	}
	if f.Fix.Message == "" || len(f.Fix.Edits) == 0 {
		t.Errorf("a fix without message or edits: %+v", f.Fix)
	}
}

func lines(found []finding.Finding) []string {
	var all []string
	for _, f := range found {
		all = append(all, fmt.Sprintf("%d: %s", f.Line, f.Message))
	}
	return all
}

// fixAll applies the fixes of a rule until none is left, and returns the files
// that it changed. It wants all of them to be applied, and an end to it.
func fixAll(t *testing.T, r *lint.Rule, c *testCase) map[string]string {
	t.Helper()
	tree := &fix.Tree{Read: func(name string) ([]byte, error) {
		if data, ok := c.files[name]; ok {
			return []byte(data), nil
		}
		return nil, fs.ErrNotExist
	}}
	now := func() ([]finding.Finding, error) {
		mended := &testCase{files: maps.Clone(c.files), noContext: c.noContext}
		for _, changed := range tree.Changes() {
			mended.files[changed.Name] = string(changed.New)
		}
		return look(t, r, mended), nil
	}
	res, err := tree.Mend(t.Context(), now, func(*finding.Fix) bool { return true })
	if err != nil {
		t.Errorf("the fixes: %v", err)
	}
	for _, refused := range res.Refused {
		t.Errorf("the fix in line %d was refused: %v", refused.Finding.Line, refused.Err)
	}
	for _, f := range res.Left {
		if f.Fix != nil {
			t.Errorf("line %d has a fix that was not applied: %s", f.Line, f.Fix.Message)
		}
	}
	changed := map[string]string{}
	for _, f := range tree.Changes() {
		changed[f.Name] = string(f.New)
	}
	return changed
}

func compareFixed(t *testing.T, want, got map[string]string) {
	t.Helper()
	for name, data := range got {
		if want[name] != data {
			t.Errorf("%s after the fix:\n%s\nwant:\n%s", name, data, want[name])
		}
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s was not changed", name)
		}
	}
}

// write puts what was found into the archive.
func (c *testCase) write(t *testing.T, path string, a *txtar.Archive, found []string, fixed map[string]string) {
	t.Helper()
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool {
		return f.Name == "want" || strings.HasPrefix(f.Name, "fixed/")
	})
	want := strings.Join(found, "\n")
	if want != "" {
		want += "\n"
	}
	a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(want)})
	if strings.HasPrefix(filepath.Base(path), "fix-") {
		for _, name := range slices.Sorted(maps.Keys(fixed)) {
			a.Files = append(a.Files, txtar.File{Name: "fixed/" + name, Data: []byte(fixed[name])})
		}
	}
	if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}
