package hadolint_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint/hadolint"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
)

// Each of hadolint's rules has a rule that takes its place, or a reason why none
// does, and no rule names one that does not exist.
func TestRules(t *testing.T) {
	own := map[string][]string{}
	for _, rule := range rules.All() {
		for _, id := range rule.Hadolint {
			own[id] = append(own[id], rule.ID)
		}
	}
	form := regexp.MustCompile(`^DL[0-9]{4}$`)
	known := map[string]bool{}
	last := ""
	for _, h := range hadolint.Rules() {
		if known[h.ID] || !form.MatchString(h.ID) || h.ID < last {
			t.Errorf("%s: twice, out of order, or no id", h.ID)
		}
		known[h.ID], last = true, h.ID
		here := own[h.ID]
		switch {
		case h.About == "":
			t.Errorf("%s is about nothing", h.ID)
		case len(here) > 0 && h.Why != "":
			t.Errorf("%s takes the place of %s: drop the reason why none does", strings.Join(here, ", "), h.ID)
		case len(here) == 0 && h.Why == "":
			t.Errorf("%s has no rule here, and no reason why", h.ID)
		}
	}
	for id, here := range own {
		if !known[id] {
			t.Errorf("%s: hadolint has no rule %s", strings.Join(here, ", "), id)
		}
	}
}
