package explain

import (
	"slices"
	"testing"
)

// vocabulary is the table of causes that reports promise.
var vocabulary = []Kind{
	"first-build", "new-step", "instruction-changed", "build-argument-changed", "environment-changed", "state-changed",
	"files-changed", "base-image-changed", "stage-output-changed", "remote-source-changed", "no-cache-requested", "evicted",
	"other-engine", "import-missed", "previous-incomplete", "inputs-changed", "parent-rebuilt", "unknown",
}

func TestEachKindHasOneRule(t *testing.T) {
	kinds := Kinds()
	slices.Sort(kinds)
	want := slices.Sorted(slices.Values(vocabulary))
	if !slices.Equal(kinds, want) {
		t.Errorf("rules have the kinds\n%v, want\n%v", kinds, want)
	}
}
