package driver

import (
	"slices"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint/rules"
)

// By default the rules are looked for that are not off; what the options name comes
// before what they say of all.
func TestChoose(t *testing.T) {
	index := rules.NewIndex()
	ids := func(enable, disable []string) []string {
		t.Helper()
		s, err := choose(index, enable, disable)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, rule := range s.rules(nil) {
			ids = append(ids, rule.ID)
		}
		return ids
	}
	usual := ids(nil, nil)
	if slices.Contains(usual, "undigested-base") || !slices.Contains(usual, "unpinned-base") {
		t.Errorf("by default: %v", usual)
	}
	if got := ids([]string{"unpinned-base", "undigested-base"}, []string{AllRules}); !slices.Equal(got, []string{"unpinned-base", "undigested-base"}) {
		t.Errorf("only two: %v", got)
	}
	if got := ids([]string{AllRules}, []string{"unpinned-base"}); len(got) != len(index.All())-1 {
		t.Errorf("all but one: %v", got)
	}
}
