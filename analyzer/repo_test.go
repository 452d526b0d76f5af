package analyzer

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The tests of this folder hold for the whole repository. Every exception is a
// line in a list, with its reason, and an exception that nothing needs any more
// fails too.

const (
	root   = ".."
	module = "github.com/layerwise/layerwise"
)

// source is one Go file of the repository.
type source struct {
	name string // from the root, with "/"
	data []byte
	file *ast.File
	fset *token.FileSet
}

// pkg is the folder of the file.
func (s source) pkg() string { return path.Dir(s.name) }

func (s source) isTest() bool { return strings.HasSuffix(s.name, "_test.go") }

// isExample says that the file is data: of a test, or of an example that users build.
func (s source) isExample() bool {
	return strings.Contains(s.name, "/testdata/") || strings.HasPrefix(s.name, "examples/")
}

// files calls visit for every file of the repository, dot-folders but .ci and .github left out.
func files(t *testing.T, visit func(name string, data []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		hidden := strings.HasPrefix(d.Name(), ".") && !slices.Contains([]string{".", ".ci", ".github"}, name)
		switch {
		case d.IsDir() && (hidden || name == "dist"):
			return fs.SkipDir
		case !d.Type().IsRegular() || !strings.Contains(name, "/") && ignored(name):
			return nil
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		visit(name, data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ignored are the files at the top level that git ignores too.
func ignored(name string) bool {
	return name == "layerwise" || strings.HasSuffix(name, ".test") || strings.HasSuffix(name, ".prof")
}

// sources are all Go files, for every operating system.
func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	fset := token.NewFileSet()
	files(t, func(name string, data []byte) {
		if path.Ext(name) != ".go" {
			return
		}
		file, err := parser.ParseFile(fset, name, data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			return
		}
		list = append(list, source{name, data, file, fset})
	})
	if len(list) < 50 {
		t.Fatalf("found only %d Go files: this test looks in the wrong folder", len(list))
	}
	return list
}

// exceptions are allowed breaches of a rule, by their place, with the reason.
type exceptions map[string]string

// check fails for what is not allowed and for what is allowed in vain.
func (e exceptions) check(t *testing.T, rule string, found []string) {
	t.Helper()
	slices.Sort(found)
	found = slices.Compact(found)
	for _, place := range found {
		if _, ok := e[place]; !ok {
			t.Errorf("%s: %s", place, rule)
		}
	}
	for place := range e {
		if !slices.Contains(found, place) {
			t.Errorf("%s: is excepted from %q, and does not need it: remove the exception", place, rule)
		}
	}
}

func isText(data []byte) bool { return bytes.IndexByte(data[:min(len(data), 8000)], 0) < 0 }
