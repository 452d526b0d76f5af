package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint/driver"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
)

// project makes files in a new folder and enters it.
func project(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		place := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(place, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func runLint(t *testing.T, terminal bool, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	s, out, errs := testStreams("")
	s.OutTerminal = terminal
	code = Run(context.Background(), s, append([]string{"lint", "--color", "never"}, args...))
	return code, out.String(), errs.String()
}

// A diff is for patch, byte by byte, but not where a terminal would obey it.
func TestLintDiffOnTerminal(t *testing.T) {
	project(t, map[string]string{"Dockerfile": "FROM scratch\n# layerwise ignore=copy-link \x1b[2J\nLABEL a=b\n"})
	for terminal, want := range map[bool]string{false: "-# layerwise ignore=copy-link \x1b[2J\n", true: `-# layerwise ignore=copy-link \x1b[2J` + "\n"} {
		if code, stdout, stderr := runLint(t, terminal, "--diff"); code != exitFindings || !strings.Contains(stdout, want) {
			t.Errorf("terminal %v: %d, %q, %q; want %q", terminal, code, stdout, stderr, want)
		}
	}
}

// What cannot be searched is a finding, and the rest is linted.
func TestLintUnsearchable(t *testing.T) {
	project(t, map[string]string{"a/.gitignore": strings.Repeat("x", 2<<20), "a/Dockerfile": "FROM scratch\n", "Dockerfile": "FROM scratch\n"})
	code, stdout, _ := runLint(t, false)
	if code != exitFindings || !strings.Contains(stdout, "a/.gitignore error cannot be read: it is larger than 1048576 bytes [unreadable-file, static]") ||
		!strings.Contains(stdout, "1 error in 1 of 2 files") {
		t.Errorf("%d, %s", code, stdout)
	}
	if code, stdout, _ := runLint(t, false, "--disable", "unreadable-file"); code != exitDone {
		t.Errorf("%d, %s", code, stdout)
	}
}

func TestLintCanceled(t *testing.T) {
	project(t, map[string]string{"Dockerfile": "FROM scratch\n"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s, stdout, stderr := testStreams("")
	if code := Run(ctx, s, []string{"lint"}); code != exitFailed || stdout.Len() > 0 || stderr.String() != "error: interrupted\n" {
		t.Errorf("%d, %q, %q", code, stdout, stderr)
	}
}

// Every rule has a page.
func TestLintRulePages(t *testing.T) {
	for _, rule := range rules.All() {
		code, stdout, stderr := runLint(t, false, "--rules", rule.ID)
		if code != exitDone || !strings.HasPrefix(stdout, rule.ID+": "+rule.Title+"\n\nseverity: ") || !strings.HasSuffix(stdout, "\n") {
			t.Errorf("%s: %d, %q, %q", rule.ID, code, stdout, stderr)
		}
	}
}

// The settings that the page about lint shows are valid.
func TestLintPageSettings(t *testing.T) {
	text, err := os.ReadFile(lintPage)
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(text), "```yaml\n")
	example, _, closed := strings.Cut(example, "```\n")
	if !found || !closed {
		t.Fatal("the page shows no settings")
	}
	project(t, map[string]string{"settings.yaml": example, "Dockerfile": "FROM scratch\n"})
	if _, err := driver.Open(t.Context(), driver.Options{Paths: []string{"Dockerfile"}, Config: "settings.yaml"}); err != nil {
		t.Error(err)
	}
}

// A report repeats no line that holds a secret, whatever else is found there, nor a
// fix that moves one.
func TestLintHidesSecrets(t *testing.T) {
	project(t, map[string]string{"Dockerfile": "FROM debian:12\n# layerwise ignore=copy-link\nENV PASSWORD hunter2\n"})
	for _, format := range []string{"text", "json", "sarif", "junit"} {
		if _, stdout, _ := runLint(t, false, "--report", format); strings.Contains(stdout, "hunter2") || !strings.Contains(stdout, "LegacyKeyValueFormat") {
			t.Errorf("%s: %s", format, stdout)
		}
	}
}
