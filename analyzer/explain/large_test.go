package explain

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
)

// large makes a record of n RUN instructions on top of each other.
func large(n int, outcome string, text func(i int) string, change ...func(*record.Record)) *record.Record {
	var b strings.Builder
	b.WriteString("hit FROM a")
	for i := range n {
		fmt.Fprintf(&b, "\n%s RUN %s", outcome, text(i))
	}
	return steps(b.String(), change...)
}

// environment gives every step of a record a variable, set by its first line.
func environment(value string) func(*record.Record) {
	return func(r *record.Record) {
		for i := range r.Steps[1:] {
			r.Steps[i+1].Vertices[0].Op.Env = map[string]string{"V": value}
			r.Steps[i+1].Env = map[string]string{"V": value}
		}
	}
}

func largePairs(n int) map[string][2]*record.Record {
	number := func(i int) string { return fmt.Sprint("echo ", i) }
	edited := func(i int) string { return fmt.Sprint("echo ", i, " again") }
	equal := func(int) string { return "true" }
	late := func(r *record.Record) {
		r.Steps = slices.Delete(r.Steps, 1, 2)
		r.Steps[1].Vertices[0].Inputs[0].Step = "s1"
	}
	circle := func(r *record.Record) { r.Steps[0].DependsOn = []string{fmt.Sprint("s", n)} }
	return map[string][2]*record.Record{
		"nothing changed":       {large(n, "hit", number), large(n, "hit", number)},
		"all changed":           {large(n, "hit", number), large(n, "miss", edited)},
		"all alike":             {large(n, "hit", equal), large(n, "miss", equal)},
		"all alike, one more":   {large(n, "hit", equal), large(n, "miss", equal, late)},
		"the other way round":   {large(n, "hit", number), large(n, "miss", func(i int) string { return number(n - i) })},
		"another environment":   {large(n, "hit", number, environment("1")), large(n, "miss", number, environment("2"))},
		"first build":           {nil, large(n, "miss", number)},
		"a circle":              {large(n, "hit", number), large(n, "miss", number, circle)},
		"no operations":         {large(n, "hit", number, bare), large(n, "miss", edited, bare)},
		"every other one alike": {large(n, "hit", number), large(n, "miss", func(i int) string { return number(i - i%2) })},
	}
}

// TestGrowth compares the time for large records with that for small ones: eight
// times the steps may not take anything near sixty-four times as long. The
// machine may be busy with something else, so one good attempt is enough.
func TestGrowth(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	measure := func(p [2]*record.Record) time.Duration {
		start := time.Now()
		Compare(p[0], p[1])
		return time.Since(start)
	}
	const few, factor, attempts = 1250, 8, 8
	small, big := largePairs(few), largePairs(few*factor)
	for name := range small {
		a, b := time.Duration(0), time.Duration(math.MaxInt64)
		for range attempts {
			a, b = max(a, measure(small[name])), min(b, measure(big[name]))
			if b < a*factor*5 {
				break
			}
		}
		t.Logf("%s: %v for %d steps, %v for %d", name, a, few, b, few*factor)
		if b >= a*factor*5 {
			t.Errorf("%s: %v for %d steps, %v for %d", name, a, few, b, few*factor)
		}
	}
}
