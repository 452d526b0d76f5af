package explain

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/analyzer/record"
)

// listing makes a record of a Dockerfile without outcomes. Its step ids are line
// numbers; a line that starts with "^" is a trigger.
func listing(platform, file string) []record.Step {
	var out []record.Step
	stage, index := "", -1
	for n, text := range strings.Split(strings.TrimSpace(file), "\n") {
		text, isTrigger := strings.CutPrefix(strings.TrimSpace(text), "^")
		keyword, rest, _ := strings.Cut(text, " ")
		if keyword == "FROM" {
			index++
			stage = stageLabel(rest, index)
		}
		out = append(out, record.Step{ID: fmt.Sprint(platform, n+1), Platform: platform, Stage: stage, StageIndex: index,
			Instruction: keyword, Text: text, Trigger: isTrigger, Line: n + 1})
	}
	read(&record.Record{Steps: out})
	return out
}

func TestAlignment(t *testing.T) {
	cases := []struct {
		name     string
		old, cur string
		want     string // "line of cur=line of old", and the removed ones
	}{
		{"same", "FROM a\nRUN x\nRUN y", "FROM a\nRUN x\nRUN y", "1=1 2=2 3=3"},
		{"inserted", "FROM a\nRUN x\nRUN y", "FROM a\nRUN n\nRUN x\nRUN y", "1=1 3=2 4=3"},
		{"inserted at the end", "FROM a\nRUN x", "FROM a\nRUN x\nRUN n", "1=1 2=2"},
		{"removed", "FROM a\nRUN x\nRUN y", "FROM a\nRUN y", "1=1 2=3 -2"},
		{"changed", "FROM a\nRUN x\nRUN y", "FROM a\nRUN z\nRUN y", "1=1 2=2 3=3"},
		{"all changed", "FROM a\nCOPY x /\nRUN y", "FROM b\nCOPY z /\nRUN w", "1=1 2=2 3=3"},
		{"another keyword", "FROM a\nADD x /\nRUN y", "FROM a\nCOPY x /\nRUN y", "1=1 3=3 -2"},
		{"moved down", "FROM a\nCOPY . .\nRUN x\nRUN y", "FROM a\nRUN x\nRUN y\nCOPY . .", "1=1 2=3 3=4 4=2"},
		{"moved up", "FROM a\nRUN x\nRUN y\nCOPY . .", "FROM a\nCOPY . .\nRUN x\nRUN y", "1=1 2=4 3=2 4=3"},
		{"swapped", "FROM a\nRUN x\nRUN y", "FROM a\nRUN y\nRUN x", "1=1 2=3 3=2"},
		{"split", "FROM a\nRUN one && two three", "FROM a\nRUN one\nRUN two three", "1=1 3=2"},
		{"joined", "FROM a\nRUN one\nRUN two three", "FROM a\nRUN one && two three", "1=1 2=3 -2"},
		{"changed and inserted", "FROM a\nRUN apt install vim", "FROM a\nRUN echo\nRUN apt install nano", "1=1 3=2"},
		{"duplicates", "FROM a\nRUN x\nRUN x\nRUN x", "FROM a\nRUN x\nRUN x", "1=1 2=2 3=3 -4"},
		{"duplicate added", "FROM a\nRUN x\nCOPY . .\nRUN x", "FROM a\nRUN x\nRUN x\nCOPY . .\nRUN x", "1=1 2=2 4=3 5=4"},
		{"white space and comments", "FROM a\nRUN x  &&  y", "FROM a AS n\nRUN x  &&  y", "1=1 2=2"},
		{"stages by name", "FROM a AS x\nRUN x\nFROM a AS y\nRUN y", "FROM a AS y\nRUN y\nFROM a AS x\nRUN x", "1=3 2=4 3=1 4=2"},
		{"name in another case", "FROM a AS X\nRUN x", "FROM b AS x\nRUN y", "1=1 2=2"},
		{"stage renamed", "FROM a AS x\nRUN x\nRUN z\nFROM b\nRUN y", "FROM a AS w\nRUN x\nRUN z\nFROM b\nRUN y", "1=1 2=2 3=3 4=4 5=5"},
		{"stage renamed and moved", "FROM a AS x\nRUN x\nRUN z\nFROM b AS y\nRUN y", "FROM b AS y\nRUN y\nFROM a AS w\nRUN x\nRUN z", "1=4 2=5 3=1 4=2 5=3"},
		{"stage replaced", "FROM a AS x\nRUN x\nFROM b\nRUN y", "FROM c AS w\nRUN w\nFROM b\nRUN y", "3=3 4=4 -1 -2"},
		{"stage inserted before one without a name", "FROM a AS x\nRUN x\nFROM b\nRUN y", "FROM a AS x\nRUN x\nFROM x AS t\nRUN t\nFROM b\nRUN y", "1=1 2=2 5=3 6=4"},
		{"last stage gets a name", "FROM a\nRUN x\nRUN y", "FROM a AS final\nRUN x\nRUN y", "1=1 2=2 3=3"},
		{"stages without names in another order", "FROM a\nRUN x\nFROM b\nRUN y", "FROM b\nRUN y\nFROM a\nRUN x", "1=3 2=4 3=1 4=2"},
		{"stage without a name, all changed", "FROM a\nRUN x", "FROM b\nRUN y", "1=1 2=2"},
		{"above the first stage", "ARG A=1\nFROM a\nRUN x", "ARG B=2\nARG A=1\nFROM a\nRUN x", "2=1 3=2 4=3"},
		{"triggers", "FROM a\n^RUN x\nRUN x\nRUN y", "FROM a\n^RUN t\n^RUN x\nRUN y", "1=1 3=2 4=4 -3"},
		{"nothing before", "", "FROM a", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			old, cur := &record.Record{}, &record.Record{Steps: listing("", c.cur)}
			if c.old != "" {
				old.Steps = listing("", c.old)
			}
			if diff := cmp.Diff(c.want, alignment(cur, Compare(old, cur))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func alignment(cur *record.Record, c *Comparison) string {
	var out []string
	for _, s := range cur.Steps {
		if o, ok := c.Aligned[s.ID]; ok {
			out = append(out, s.ID+"="+o)
		}
	}
	for _, id := range c.Removed {
		out = append(out, "-"+id)
	}
	return strings.Join(out, " ")
}

func TestAlignmentOfPlatforms(t *testing.T) {
	both := func(names ...string) *record.Record {
		r := &record.Record{}
		for _, n := range names {
			r.Steps = append(r.Steps, listing(n, "FROM a\nRUN x")...)
		}
		return r
	}
	cases := []struct {
		name     string
		old, cur *record.Record
		want     string
	}{
		{"each its own", both("a", "b"), both("b", "a"), "b1=b1 b2=b2 a1=a1 a2=a2"},
		{"one more", both("a"), both("a", "b"), "a1=a1 a2=a2"},
		{"another one", both("a", "b"), both("a", "c"), "a1=a1 a2=a2 c1=b1 c2=b2"},
		{"several others", both("a", "b"), both("c", "d"), "-a1 -a2 -b1 -b2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, alignment(c.cur, Compare(c.old, c.cur))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestDiff checks the pairs of a diff, whichever way it takes, on lists that
// repeat themselves.
func TestDiff(t *testing.T) {
	repeat := func(n, period int) []int {
		out := make([]int, n)
		for i := range out {
			out[i] = i * i % period
		}
		return out
	}
	for _, n := range []int{0, 1, 7, 100, 2000} {
		for _, period := range []int{1, 2, 5, 1 << 30} {
			d := lineDiff{news: repeat(n, period), olds: repeat(n*9/10, period+1)}
			d.match(span{0, len(d.news), 0, len(d.olds)})
			last := pairing{-1, -1}
			for _, p := range d.pairs {
				if p.cur <= last.cur || p.old <= last.old || d.news[p.cur] != d.olds[p.old] {
					t.Fatalf("%d lines of period %d: %v after %v", n, period, p, last)
				}
				last = p
			}
			if n > 0 && d.news[0] == 0 && n*9/10 > 0 && len(d.pairs) == 0 {
				t.Errorf("%d lines of period %d: no pairs", n, period)
			}
		}
	}
}
