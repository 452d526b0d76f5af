package rules

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint"
)

// TestCopySourcesOfGuessedContext wants one notice where a context that nobody named
// has nothing of what is copied, and errors where there is evidence that it is the
// right one.
func TestCopySourcesOfGuessedContext(t *testing.T) {
	const src = "FROM debian:12\nCOPY a.txt /\nCOPY b.txt /\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"nothing is there": {nil, []string{"info 2"}},
		"another file":     {map[string]string{"a.txt": ""}, []string{"error 3"}},
		"another case":     {map[string]string{"B.TXT": ""}, []string{"error 2", "error 3"}},
		"an ignore file":   {map[string]string{".dockerignore": "x\n"}, []string{"error 2", "error 3"}},
		"left out":         {map[string]string{".dockerignore": "*\n!x\n", "a.txt": ""}, []string{"error 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := (&testCase{files: test.files}).unpack(t)
			path := filepath.Join(dir, "Dockerfile")
			s, err := lint.NewSubject(path, []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			s.Context = lint.FindContext(s, path, "")
			found, err := lint.Run(t.Context(), s, []*lint.Rule{copySourceMissing})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range found {
				got = append(got, fmt.Sprintf("%s %d", f.Severity, f.Line))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
