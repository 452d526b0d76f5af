package dockerfile

import (
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
)

// FuzzParse wants no panic, the same verdict as BuildKit's, and of what is
// accepted all that checkFile asks.
func FuzzParse(f *testing.F) {
	for _, c := range forms {
		f.Add([]byte(c.src))
	}
	for _, c := range refusals {
		if len(c.src) < 1<<12 {
			f.Add([]byte(c.src))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Parse("Dockerfile", src)
		if err == nil {
			checkFile(t, file, src)
			return
		}
		if _, _, refusal := oracle(src); refusal == "" {
			t.Fatalf("BuildKit accepts this: %v", err)
		}
		checkRefusal(t, err)
	})
}

// checkRefusal wants an error that can be printed as it is.
func checkRefusal(t *testing.T, err error) {
	t.Helper()
	var e *SyntaxError
	if !errors.As(err, &e) {
		t.Fatalf("%T: %v", err, err)
	}
	if len(e.Error()) > 2*longestMessage || strings.ContainsFunc(e.Error(), unicode.IsControl) {
		t.Errorf("message of %d bytes: %q", len(e.Error()), e.Error())
	}
	if e.Message == "" || e.EndLine < e.Line || (e.Line == 0) != (len(e.Excerpt) == 0) {
		t.Errorf("lines %d-%d, %d lines of source, message %q", e.Line, e.EndLine, len(e.Excerpt), e.Message)
	}
	for _, l := range e.Excerpt {
		if len(l.Text) > 2*longestLine || l.Marked != (e.Line <= l.Number && l.Number <= e.EndLine) {
			t.Errorf("source line %d of lines %d-%d: %+v", l.Number, e.Line, e.EndLine, l)
		}
	}
	if err := e.WriteExcerpt(io.Discard); err != nil {
		t.Error(err)
	}
}
