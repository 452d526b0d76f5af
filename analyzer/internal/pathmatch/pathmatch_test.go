package pathmatch_test

import (
	"testing"

	"github.com/layerwise/layerwise/analyzer/internal/pathmatch"
)

func TestLeading(t *testing.T) {
	for _, tt := range []struct {
		pattern, name, below string
		ok                   bool
	}{
		{"*.go", "a.go", "", true},
		{"*.go", "b/a.go", "", false},
		{"s*", "src/a/b", "a/b", true},
		{"s*/a", "src/a/b", "b", true},
		{"s*/a", "src", "", false},
		{"*/*/*", "a/b", "", false},
		{"/s*", "/src/a", "a", true},
		{"/s*", "/src", "", true},
		{"/s*/?", "/src/a/b/c", "b/c", true},
		{"/s*", "src", "", false},
		{"[", "a", "", false},
	} {
		if below, ok := pathmatch.Leading(tt.pattern, tt.name); below != tt.below || ok != tt.ok {
			t.Errorf("%s, %s: %q, %v", tt.pattern, tt.name, below, ok)
		}
	}
}

func TestPatterns(t *testing.T) {
	p := pathmatch.Compile([]string{"a/*", "!a/b"})
	for name, want := range map[string]bool{"a": false, "a/c": true, "a/c/d": true, "a/b": false, "x": false} {
		if got := p.Match(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, none := range []pathmatch.Patterns{{}, pathmatch.Compile(nil), pathmatch.Compile([]string{"[a"})} {
		if !none.None() || none.Match("a") {
			t.Error("patterns that are none match")
		}
	}
}
