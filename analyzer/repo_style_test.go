package analyzer

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestTopLevel(t *testing.T) {
	allowed := []string{"cmd", "analyzer", "report", "examples", "go.mod", "go.sum", "README.md", "LICENSE"}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, ".") && !ignored(name) && name != "dist" && !slices.Contains(allowed, name) {
			t.Errorf("%s stands at the top level; only %s may", name, strings.Join(allowed, ", "))
		}
	}
}

func TestFormatting(t *testing.T) {
	for _, s := range sources(t) {
		want, err := format.Source(s.data)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
		} else if !bytes.Equal(want, s.data) {
			t.Errorf("%s is not formatted: run gofmt -w %s", s.name, s.name)
		}
	}
}

// A note to do something later is lost in a file; it belongs where work is
// planned.
func TestNoNotesToSelf(t *testing.T) {
	marks := []string{"TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK:"}
	files(t, func(name string, data []byte) {
		if !isText(data) || path.Base(name) == "go.sum" {
			return
		}
		for i, line := range strings.Split(string(data), "\n") {
			for _, m := range marks {
				if strings.Contains(line, m) {
					t.Errorf("%s:%d: holds %q: do it, or plan it elsewhere", name, i+1, m)
				}
			}
		}
	})
}

const maxLines = 500

func TestFileLength(t *testing.T) {
	for _, s := range sources(t) {
		if n := bytes.Count(s.data, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines, and %d is the most: look for the second idea in it", s.name, n, maxLines)
		}
	}
}

func TestPackageComments(t *testing.T) {
	docs := map[string][]string{} // package → files with a comment
	for _, s := range sources(t) {
		if s.isTest() || strings.HasPrefix(s.name, "examples/") || s.ignoredByBuild() {
			continue
		}
		if _, seen := docs[s.pkg()]; !seen {
			docs[s.pkg()] = nil
		}
		if s.file.Doc == nil {
			continue
		}
		docs[s.pkg()] = append(docs[s.pkg()], s.name)
		want := "Package " + s.file.Name.Name + " "
		if text := s.file.Doc.Text(); s.file.Name.Name != "main" && !strings.HasPrefix(text, want) {
			t.Errorf("%s: the package comment begins with %q, want %q", s.name, strings.SplitN(text, "\n", 2)[0], want)
		}
	}
	for pkg, in := range docs {
		if len(in) == 0 {
			t.Errorf("package %s has no package comment", pkg)
		}
	}
}

// ignoredByBuild says that the file is a generator, run by hand.
func (s source) ignoredByBuild() bool {
	return bytes.Contains(s.data[:s.fset.Position(s.file.Package).Offset], []byte("//go:build ignore"))
}

func TestPackageNames(t *testing.T) {
	vague := []string{"util", "utils", "common", "types", "helper", "helpers", "misc", "shared", "lib", "base", "core", "manager"}
	for _, s := range sources(t) {
		for _, part := range append(strings.Split(s.pkg(), "/"), s.file.Name.Name) {
			if slices.Contains(vague, part) {
				t.Errorf("%s: %q says nothing about what the package is for", s.name, part)
			}
		}
	}
}

// Only main ends the process and only the command line knows the process's
// streams. The programs that this one also is, under other names, are the
// exception.
func TestStreamsAndExit(t *testing.T) {
	allowed := exceptions{
		"cmd/layerwise: os.Exit":                               "main",
		"cmd/internal/cli: os.Stdin":                           "SystemStreams",
		"cmd/internal/cli: os.Stdout":                          "SystemStreams",
		"cmd/internal/cli: os.Stderr":                          "SystemStreams",
		"analyzer/engine/embedded: os.Exit":                    "the engine's process",
		"analyzer/engine/embedded: os.Stderr":                  "the engine's log",
		"analyzer/engine/embedded/internal/sandbox: os.Exit":   "first process of the engine's namespaces",
		"analyzer/engine/embedded/internal/sandbox: os.Stdin":  "passed on to the engine's process",
		"analyzer/engine/embedded/internal/sandbox: os.Stdout": "passed on to the engine's process",
		"analyzer/engine/embedded/internal/sandbox: os.Stderr": "passed on to the engine's process",
		"analyzer/engine/embedded/ociruntime: os.Exit":         "the runtime's processes, which BuildKit starts",
		"analyzer/engine/embedded/ociruntime: os.Stdin":        "the step's",
		"analyzer/engine/embedded/ociruntime: os.Stdout":       "the step's, and the state that a runtime prints",
		"analyzer/engine/embedded/ociruntime: os.Stderr":       "the step's, and errors",
		"analyzer/internal/playground: os.Exit":                "a tool of the playground image",
		"analyzer/internal/playground: os.Stdout":              "a tool of the playground image",
		"analyzer/internal/playground: os.Stderr":              "a tool of the playground image",
		"analyzer/internal/playground/shell: os.Stdin":         "the shell of the playground image",
		"analyzer/internal/playground/shell: os.Stdout":        "the shell of the playground image",
		"analyzer/internal/playground/shell: os.Stderr":        "the shell of the playground image",
		"analyzer/internal/playground/tool: os.Stdin":          "a tool of the playground image",
		"analyzer/internal/playground/tool: os.Stdout":         "a tool of the playground image",
		"analyzer/internal/playground/tool: os.Stderr":         "a tool of the playground image",
	}
	process := []string{"os.Exit", "os.Stdin", "os.Stdout", "os.Stderr", "fmt.Print", "fmt.Println", "fmt.Printf", "log.Fatal", "log.Print", "log.Printf", "log.Println"}
	var found []string
	for _, s := range sources(t) {
		if s.isTest() || s.isExample() || s.ignoredByBuild() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(process, x.Name+"."+sel.Sel.Name) {
					found = append(found, fmt.Sprintf("%s: %s.%s", s.pkg(), x.Name, sel.Sel.Name))
				}
			}
			return true
		})
	}
	allowed.check(t, "belongs to main and to the command line", found)
}

// Test data that no test reads is dead weight.
func TestNoStrayTestdata(t *testing.T) {
	withTests := map[string]bool{}
	for _, s := range sources(t) {
		if s.isTest() {
			withTests[s.pkg()] = true
		}
	}
	files(t, func(name string, _ []byte) {
		if before, _, ok := strings.Cut(name, "/testdata/"); ok && !withTests[before] && !withTests[path.Dir(before)] {
			t.Errorf("%s belongs to no test", name)
		}
	})
}
