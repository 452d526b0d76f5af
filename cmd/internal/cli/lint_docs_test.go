package cli

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/lint/driver"
	"github.com/layerwise/layerwise/analyzer/lint/hadolint"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
)

var update = flag.Bool("update", false, "rewrite the tables in .github/LINT.md")

var lintPage = filepath.Join("..", "..", "..", ".github", "LINT.md")

// The tables of the page about lint are those of the registry.
func TestLintPage(t *testing.T) {
	text, err := os.ReadFile(lintPage)
	if err != nil {
		t.Fatal(err)
	}
	r := rules.NewIndex()
	got := replaceTable(t, string(text), "rules", ruleTable(r))
	got = replaceTable(t, got, "hadolint", hadolintTable(r))
	if got == string(text) {
		return
	}
	if !*update {
		t.Errorf("the tables are out of date; go test ./cmd/internal/cli -run TestLintPage -update rewrites them (-want +got):\n%s", cmp.Diff(string(text), got))
		return
	}
	if err := os.WriteFile(lintPage, []byte(got), 0o644); err != nil {
		t.Fatal(err)
	}
}

func replaceTable(t *testing.T, text, name, table string) string {
	t.Helper()
	before, after, ok := strings.Cut(text, "<!-- "+name+" -->\n")
	_, rest, ended := strings.Cut(after, "<!-- end -->")
	if !ok || !ended {
		t.Fatalf("the page has no place for the table of %s", name)
	}
	return before + "<!-- " + name + " -->\n" + table + "<!-- end -->" + rest
}

func ruleTable(x *rules.Index) string {
	var b strings.Builder
	b.WriteString("| rule | severity | fix | finds |\n|---|---|---|---|\n")
	for _, rule := range x.All() {
		name := "`" + rule.ID + "`"
		if rule.URL != "" {
			name = "[" + name + "](" + rule.URL + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, severityOf(rule), rule.Fix, strings.ReplaceAll(rule.Title, "|", `\|`))
	}
	return b.String()
}

func hadolintTable(x *rules.Index) string {
	var b strings.Builder
	b.WriteString("| hadolint | is about | here |\n|---|---|---|\n")
	for _, h := range hadolint.Rules() {
		here := h.Why
		if own := x.Hadolint(h.ID); len(own) > 0 {
			here = "`" + strings.Join(own, "`, `") + "`"
		} else {
			here = "none: " + here
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", h.ID, h.About, here)
	}
	return b.String()
}

// What is wrong with a selection of rules is said in terms of flags.
func TestSelectionErrors(t *testing.T) {
	for _, tt := range []struct {
		enable, disable []string
		want            string
	}{
		{[]string{"nope"}, nil, "--enable nope: there is no such rule (layerwise lint --rules lists them)"},
		{nil, []string{"DL3006"}, "--disable DL3006: there is no such rule; here hadolint's DL3006 is unpinned-base"},
		{nil, []string{"stagenamecasing"}, "--disable stagenamecasing: there is no such rule; is it StageNameCasing?"},
		{[]string{"all"}, []string{"all"}, "--enable all and --disable all contradict each other"},
		{[]string{"copy-link"}, []string{"copy-link"}, "--enable copy-link and --disable copy-link contradict each other"},
	} {
		err := lintError(driver.Options{Enable: tt.enable, Disable: tt.disable}.Check())
		var usage *usageError
		if !errors.As(err, &usage) || err.Error() != tt.want {
			t.Errorf("%v %v: got %v, want %q", tt.enable, tt.disable, err, tt.want)
		}
	}
}
