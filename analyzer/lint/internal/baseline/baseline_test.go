package baseline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/baseline"
)

// marks are the fingerprints of a rule on lines of a file.
func marks(t *testing.T, src string, lines ...int) []string {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	var m baseline.Marker
	var all []string
	for _, line := range lines {
		all = append(all, m.Mark("Dockerfile", "rule", baseline.Text(f, []byte(src), finding.Span{Line: line})))
	}
	return all
}

func TestMark(t *testing.T) {
	before := marks(t, "FROM a\nRUN b \\\n  c\nRUN <<E\nx\nE\n", 1, 2, 3, 4)
	after := marks(t, "# new\nFROM   a\n\nENV n=1\nRUN b \\\n # why\n    c\nRUN <<E\nx\nE\n", 2, 5, 7, 8)
	for i := range before {
		if before[i] != after[i] {
			t.Errorf("%d: moving lines makes %s of %s", i, after[i], before[i])
		}
	}
	if before[1] == before[2] {
		t.Error("two findings of one instruction are one")
	}
	if changed := marks(t, "FROM a\nRUN b \\\n  c\nRUN <<E\ny\nE\n", 4); changed[0] == before[3] {
		t.Error("another document has the same fingerprint")
	}
	var m baseline.Marker
	first := m.Mark("a", "rule", "")
	for _, other := range []string{m.Mark("a", "rule", ""), m.Mark("b", "rule", ""), m.Mark("a", "other", ""), m.Mark("a", "rule", "x")} {
		if other == first {
			t.Error("two findings have one fingerprint")
		}
	}
	if text := baseline.Text(nil, []byte("FROM a\n RUNN  b\n"), finding.Span{Line: 2}); text != "RUNN b" {
		t.Errorf("got %q", text)
	}
	if text := baseline.Text(nil, []byte("FROM a\n"), finding.Span{}); text != "" {
		t.Errorf("got %q", text)
	}
}

func TestBaseline(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"a", "b"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := baseline.New("base.json")
	for _, e := range []baseline.Entry{{"b", "r", "2"}, {"a", "r", "1"}, {"gone", "r", "1"}, {"a", "other", "3"}} {
		b.Found(e)
	}
	if err := b.Write(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("base.json")
	if err != nil || strings.Index(string(text), `"a"`) > strings.Index(string(text), `"b"`) || !strings.HasSuffix(string(text), "]\n}\n") {
		t.Errorf("got %s, %v", text, err)
	}
	if err := os.Chmod("base.json", 0o640); err != nil {
		t.Fatal(err)
	}
	b, err = baseline.Read("base.json")
	if err != nil {
		t.Fatal(err)
	}
	if !b.Has(baseline.Entry{"b", "r", "2"}) || b.Has(baseline.Entry{"b", "r", "3"}) {
		t.Error("the wrong findings are known")
	}
	b.Found(baseline.Entry{"b", "r", "2"})
	stale := b.Stale(func(e baseline.Entry) bool { return e.Rule == "r" })
	if b.Drop(stale); len(stale) != 2 || b.Len() != 2 {
		t.Errorf("stale: %v, and %d left, want 2 and 2", stale, b.Len())
	}
	if err := b.Write(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat("base.json"); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 3 {
		t.Errorf("files are left behind: %v, %v", entries, err)
	}
}

func TestName(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, tt := range []struct{ path, file, want string }{
		{"base.json", "a/Dockerfile", "a/Dockerfile"},
		{"ci/base.json", "a/Dockerfile", "../a/Dockerfile"},
		{"a/base.json", "a/Dockerfile", "Dockerfile"},
	} {
		if got := baseline.New(tt.path).Name(tt.file); got != tt.want {
			t.Errorf("%s in %s: got %q, want %q", tt.file, tt.path, got, tt.want)
		}
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"":                      "is no baseline, or damaged",
		"[]":                    "is no baseline, or damaged",
		"{}":                    `its schema is ""`,
		`{"schema": "other/1"}`: `its schema is "other/1", not "layerwise/baseline/v1"`,
	} {
		name := filepath.Join(dir, "base.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := baseline.Read(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if _, err := baseline.Read(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
	if err := baseline.New(dir).Write(); err == nil || !strings.Contains(err.Error(), "is no regular file") {
		t.Errorf("got %v", err)
	}
}
