package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/config"
)

func known(rule string) bool { return strings.HasPrefix(rule, "rule-") }

// enter makes files in a new folder and enters it.
func enter(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		place := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(place, 0o755)
		} else {
			err = os.WriteFile(place, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return dir
}

func TestLoad(t *testing.T) {
	dir := enter(t, map[string]string{
		"app/": "", "legacy/": "",
		config.Name: `
lint:
  fail-on: error
  context: app
  ignore: [testdata/, "*.old"]
  rules:
    rule-a: off
    rule-b: error
    rule-c: true
  overrides:
    - files: legacy/
      rules: {rule-a: info}
    - files: [/legacy/Dockerfile]
      rules: {rule-a: on, rule-d: false}
`,
	})
	c, err := config.Load(config.Name, known)
	if err != nil {
		t.Fatal(err)
	}
	if c.FailOn != "error" || c.Context != filepath.Join(dir, "app") || c.Path != config.Name {
		t.Errorf("got %+v", c)
	}
	for file, want := range map[string]map[string]config.Level{
		"Dockerfile":        {"rule-a": "off", "rule-b": "error", "rule-c": "on"},
		"legacy/x":          {"rule-a": "info", "rule-b": "error", "rule-c": "on"},
		"none/legacy/x":     {"rule-a": "info", "rule-b": "error", "rule-c": "on"}, // need not exist
		"app/Dockerfile":    {"rule-a": "off", "rule-b": "error", "rule-c": "on"},
		"../Dockerfile":     {"rule-a": "off", "rule-b": "error", "rule-c": "on"},
		"legacy/Dockerfile": {"rule-a": "on", "rule-b": "error", "rule-c": "on", "rule-d": "off"},
	} {
		if diff := cmp.Diff(want, c.Levels(file)); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", file, diff)
		}
	}
	for file, want := range map[string]bool{"Dockerfile": false, "app/Dockerfile.old": true, "legacy/x": false} {
		if got := c.Ignores(file); got != want {
			t.Errorf("%s: ignored is %v, want %v", file, got, want)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"lint:\n  rule: {}", `2: unknown key "rule": allowed here: fail-on, context, ignore, rules, overrides`},
		{"lnt: {}", `1: unknown key "lnt": allowed here: lint`},
		{"- a", `1: expected a mapping with lint, found a list`},
		{"lint:\n  rules:\n    nope: off", `3: there is no rule "nope": layerwise lint --rules lists them`},
		{"lint:\n  rules:\n    rule-a: loud", `3: expected one of off, on, error, warning, info, found "loud"`},
		{"lint:\n  rules:\n    rule-a:", `3: expected a text, found nothing`},
		{"lint:\n  rules: {rule-a: on, rule-a: off}", `2: rule-a is given twice`},
		{"lint:\n  fail-on: never", `2: expected one of error, warning, info, none, found "never"`},
		{"lint:\n  overrides:\n    - rules: {}", `3: files is missing`},
		{"lint:\n  overrides: {}", `2: expected a list, found a mapping`},
		{"lint:\n  context: nowhere", `2: there is no folder `},
		{"lint:\n  context: ..", `is outside of the repository; --context can name it`},
		{"lint:\n  context: file", `is no folder`},
		{"lint:\n  ignore: ['']", `2: expected a pattern as in .gitignore, found ""`},
		{"lint: &a\n  rules: *a", `an alias, which a configuration cannot have`},
		{"lint:\n\t- x", `2: not YAML: `},
		{"a: b\n---\nc: d", `a second document`},
		{strings.Repeat("#", 2<<20), `is larger than`},
	} {
		enter(t, map[string]string{config.Name: tt.text, "file": ""})
		_, err := config.Load(config.Name, known)
		var wrong *config.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), config.Name+":") {
			t.Errorf("%.60q: got %v, want %q", tt.text, err, tt.want)
		}
	}
	for _, text := range []string{"", "# nothing", "---\n"} {
		enter(t, map[string]string{config.Name: text})
		if _, err := config.Load(config.Name, known); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestFinder(t *testing.T) {
	dir := enter(t, map[string]string{
		config.Name:             "lint: {fail-on: none}",
		"home/x/Dockerfile":     "",
		"repo/.git/":            "",
		"repo/a/" + config.Name: "lint: {fail-on: info}",
		"repo/a/b/Dockerfile":   "",
		"repo/c/Dockerfile":     "",
		"d/Dockerfile":          "",
	})
	f := config.Finder{Known: known, Home: filepath.Join(dir, "home")}
	for file, want := range map[string]finding.Threshold{
		"repo/a/b/Dockerfile": "info",
		"repo/a/Dockerfile":   "info",
		"repo/c/Dockerfile":   "",
		"home/x/Dockerfile":   "",
		"d/Dockerfile":        "none",
		"Dockerfile":          "none",
	} {
		c, err := f.For(file)
		if err != nil || c.FailOn != want {
			t.Errorf("%s: got %+v, %v, want %q", file, c, err, want)
		}
	}
	if err := os.WriteFile("d/"+config.Name, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	f = config.Finder{Known: known}
	if _, err := f.For("d/Dockerfile"); err == nil || !strings.HasPrefix(err.Error(), filepath.Join("d", config.Name)+":1: ") {
		t.Errorf("got %v", err)
	}
}
