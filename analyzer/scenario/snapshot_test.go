package scenario

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
)

// snapshot describes every entry of a folder in a line: "0644 a.txt \"text\"".
func snapshot(t *testing.T, folder string) []string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		line := fmt.Sprintf("%04o %s", octal(info.Mode()), filepath.ToSlash(name))
		switch mode := info.Mode(); {
		case mode.IsRegular():
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %q", content)
		case mode.IsDir():
			line += "/"
		case mode&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			line = "link " + filepath.ToSlash(name) + " -> " + target
		default:
			line += " " + mode.Type().String()
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// difference lists the lines of old that are gone with "-" and those of new
// that came with "+", sorted.
func difference(old, new []string) []string {
	var lines []string
	for _, l := range old {
		if !slices.Contains(new, l) {
			lines = append(lines, "- "+l)
		}
	}
	for _, l := range new {
		if !slices.Contains(old, l) {
			lines = append(lines, "+ "+l)
		}
	}
	slices.Sort(lines)
	return lines
}

// example writes a small context and returns its folder.
func example(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"Dockerfile":        "FROM a\nRUN echo one\nCOPY . .\nRUN echo two\n",
		"package.json":      `{"a": 1, "b": 1}`,
		"src/app.js":        "app\n",
		"src/lib/deep.js":   "deep\n",
		"run.sh":            "#!/bin/sh\n",
		"locked/inside.txt": "in\n",
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"link.js": "src/app.js", "linked": "src", "out": "..", "abs": "/etc"} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(folder, "locked"), 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(folder, "locked"), 0o755) })
	return folder
}

// builder is a fake engine: it looks at the context as it is at each build.
type builder struct {
	t         *testing.T
	builds    []Build
	snapshots [][]string
	// then decides what a build answers; nil for success.
	then func(Build) (*record.Record, error)
}

func (b *builder) build(_ context.Context, one Build) (*record.Record, error) {
	b.builds = append(b.builds, one)
	b.snapshots = append(b.snapshots, snapshot(b.t, one.Context))
	if b.then != nil {
		return b.then(one)
	}
	return &record.Record{Result: record.Succeeded}, nil
}

// changes is what build n found changed in the context since the build before.
func (b *builder) changes(n int) []string { return difference(b.snapshots[n-1], b.snapshots[n]) }

// options are those of an experiment with the example.
func options(t *testing.T, s *Scenario) (Options, *builder) {
	context := example(t)
	b := &builder{t: t}
	o := Options{Scenario: s, Context: context, Dockerfile: filepath.Join(context, "Dockerfile"), Build: b.build, TempDir: t.TempDir()}
	before := snapshot(t, context)
	t.Cleanup(func() {
		if d := difference(before, snapshot(t, context)); len(d) > 0 {
			t.Errorf("the user's files changed: %s", strings.Join(d, ", "))
		}
		if left, _ := os.ReadDir(o.TempDir); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return o, b
}

func load(t *testing.T, text string) *Scenario {
	t.Helper()
	s, err := Load("scenario.yaml", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
