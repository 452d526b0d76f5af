package formats_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/report"
	"github.com/layerwise/layerwise/report/formats"
)

func TestRegistry(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	names := formats.Names()
	if names[0] != formats.Default {
		t.Errorf("the first format is %s, not the default", names[0])
	}
	for i, name := range names {
		if !kebab.MatchString(name) {
			t.Errorf("%q is not in kebab case", name)
		}
		if slices.Contains(names[:i], name) {
			t.Errorf("%s is there twice", name)
		}
		r, ok := formats.Lookup(name)
		if !ok {
			t.Fatalf("%s is not found", name)
		}
		for _, kind := range report.Kinds() {
			for _, builds := range [][]report.BuildReport{nil, {{}}, {{Steps: make([]report.Step, 1)}, {}}} {
				var buf bytes.Buffer
				if err := r.Render(&buf, &report.Report{Kind: kind, Builds: builds}, report.Options{}); err != nil {
					t.Errorf("%s: %s: %v", name, kind, err)
				}
				if !bytes.HasSuffix(buf.Bytes(), []byte("\n")) {
					t.Errorf("%s: %s: no newline at the end", name, kind)
				}
			}
			if err := r.Render(broken{}, &report.Report{Kind: kind}, report.Options{}); !errors.Is(err, errBroken) {
				t.Errorf("%s: %s: a failing writer gives %v", name, kind, err)
			}
		}
	}
	if _, ok := formats.Lookup(""); ok {
		t.Error("a format without a name")
	}
}

var errBroken = errors.New("broken pipe")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestParseOutputs(t *testing.T) {
	tests := []struct {
		in   []string
		want []formats.Output
		err  string
	}{
		{nil, []formats.Output{{Format: "text"}}, ""},
		{[]string{"json"}, []formats.Output{{Format: "json"}}, ""},
		{[]string{"text=-"}, []formats.Output{{Format: "text"}}, ""},
		{[]string{"json=a=b.json", "text"}, []formats.Output{{Format: "json", File: "a=b.json"}, {Format: "text"}}, ""},
		{[]string{"jsn"}, nil, `unknown report format "jsn": use one of text, json`},
		{[]string{""}, nil, `unknown report format ""`},
		{[]string{"json="}, nil, "names no file"},
		{[]string{"json", "text"}, nil, "reports json and text would both go to standard output"},
		{[]string{"json=x", "text=./x"}, nil, "would both go to ./x"},
	}
	for _, tt := range tests {
		got, err := formats.ParseOutputs(tt.in)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: error is %v, want %q", tt.in, err, tt.err)
			}
			continue
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %v, %v, want %v", tt.in, got, err, tt.want)
		}
	}
}

func TestWrite(t *testing.T) {
	r := &report.Report{Kind: report.Build, Builds: []report.BuildReport{{Error: "no"}}}
	opts := report.Options{Color: true, Width: 40, ASCII: true}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(t *testing.T, file string) error {
		t.Helper()
		return formats.Output{Format: "text", File: file}.Write(io.Discard, r, opts)
	}

	t.Run("standard output", func(t *testing.T) {
		var buf bytes.Buffer
		if err := (formats.Output{Format: "text"}).Write(&buf, r, opts); err != nil || !strings.Contains(buf.String(), "\x1b[") {
			t.Errorf("got %q, %v", buf.String(), err)
		}
	})
	t.Run("new file", func(t *testing.T) {
		if err := write(t, path("new")); err != nil {
			t.Fatal(err)
		}
		if data := read(t, path("new")); strings.Contains(data, "\x1b") || !strings.Contains(data, "error: no") {
			t.Errorf("got %q", data)
		}
	})
	t.Run("replaced, through a link", func(t *testing.T) {
		if err := os.WriteFile(path("old"), []byte("before"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path("old"), 0o666); err != nil { // more than most umasks leave
			t.Fatal(err)
		}
		if err := os.Symlink("old", path("link")); err != nil {
			t.Fatal(err)
		}
		if err := write(t, path("link")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(path("old"))
		if err != nil || info.Mode().Perm() != 0o666 || info.Size() < 20 {
			t.Errorf("got %v, %v", info, err)
		}
		if info, err := os.Lstat(path("link")); err != nil || info.Mode().Type() != os.ModeSymlink {
			t.Errorf("the link is now %v, %v", info, err)
		}
	})
	t.Run("no such folder", func(t *testing.T) {
		err := write(t, path("none/report"))
		if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path("none/report")) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a folder", func(t *testing.T) {
		if err := write(t, dir); err == nil || !strings.Contains(err.Error(), "is a folder") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("device", func(t *testing.T) {
		if err := write(t, os.DevNull); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
			t.Errorf("%s is now %v, %v", os.DevNull, info.Mode(), err)
		}
	})
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
