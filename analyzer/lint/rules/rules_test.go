package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"golang.org/x/tools/txtar"
)

// buildKitName is what BuildKit calls its checks.
var buildKitName = regexp.MustCompile(`^([A-Z][A-Za-z]+)+$`)

var kebabCase = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// TestRegistry wants every rule to be complete and every test folder to have an
// owner.
func TestRegistry(t *testing.T) {
	known := map[string]bool{}
	for _, r := range All() {
		if known[r.ID] {
			t.Errorf("%s is listed twice", r.ID)
		}
		known[r.ID] = true
		t.Run(r.ID, func(t *testing.T) { checkRule(t, r) })
	}
	folders, err := os.ReadDir("testdata")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !known[f.Name()] {
			t.Errorf("testdata/%s belongs to no rule", f.Name())
		}
	}
}

func checkRule(t *testing.T, r *lint.Rule) {
	if !kebabCase.MatchString(r.ID) && !buildKitName.MatchString(r.ID) {
		t.Errorf("the id is neither in kebab case nor one of BuildKit's")
	}
	if r.Title == "" || strings.HasSuffix(r.Title, ".") || strings.Contains(r.Title, "\n") {
		t.Errorf("title %q: want one line without a final stop", r.Title)
	}
	if !slices.Contains([]finding.Severity{finding.Error, finding.Warning, finding.Info}, r.Severity) {
		t.Errorf("severity %q", r.Severity)
	}
	if !slices.Contains([]finding.Safety{"", finding.Safe, finding.Review}, r.Fix) {
		t.Errorf("fix %q", r.Fix)
	}
	if r.Doc.Why == "" {
		t.Error("the docs do not say why")
	}
	if r.Check == nil {
		return // made by the driver, whose tests have it
	}
	checkDoc(t, r)
	if !buildKitName.MatchString(r.ID) {
		checkCases(t, r)
	}
}

// checkDoc wants the rule to find its bad example and to pass its good one.
func checkDoc(t *testing.T, r *lint.Rule) {
	if r.Doc.Bad == "" || r.Doc.Good == "" {
		t.Error("the docs lack a bad or a good example")
		return
	}
	if found := look(t, r, example(t, r, r.Doc.Bad)); len(found) == 0 {
		t.Errorf("nothing found in the bad example:\n%s", r.Doc.Bad)
	}
	for _, f := range look(t, r, example(t, r, r.Doc.Good)) {
		t.Errorf("found in the good example: %d: %s\n%s", f.Line, f.Message, r.Doc.Good)
	}
}

// example makes a case of an example in the docs, which is a Dockerfile, a part
// of one, or an archive of several files. Those in testdata/<id>/context.txtar
// stand beside it.
func example(t *testing.T, r *lint.Rule, text string) *testCase {
	t.Helper()
	c := &testCase{files: map[string]string{}}
	if a, err := txtar.ParseFile(filepath.Join("testdata", r.ID, "context.txtar")); err == nil {
		for _, f := range a.Files {
			c.files[f.Name] = string(f.Data)
		}
	}
	if a := txtar.Parse([]byte(text)); len(a.Files) > 0 {
		for _, f := range a.Files {
			c.files[f.Name] = string(f.Data)
		}
		return c
	}
	if !strings.Contains(text, "FROM ") && !strings.Contains(text, "from ") {
		text = "FROM debian:12\n" + text
	}
	c.files["Dockerfile"] = text
	return c
}

// checkCases wants the cases of a rule, not what is in them.
func checkCases(t *testing.T, r *lint.Rule) {
	kinds := []string{"bad", "good", "near"}
	if r.Fix != "" {
		kinds = append(kinds, "fix")
	}
	for _, kind := range kinds {
		found, err := filepath.Glob(filepath.Join("testdata", r.ID, kind+"-*.txtar"))
		if err != nil || len(found) == 0 {
			t.Errorf("no case testdata/%s/%s-*.txtar", r.ID, kind)
		}
	}
}
