package explain

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/analyzer/record"
)

const tooled = `FROM alpine:1 AS tool
COPY a /src/
RUN make /tool
FROM alpine:1
COPY b /
RUN two
COPY --from=tool /tool /`

// playAllOf is play with all records, the newest first.
func playAllOf(file string, edits [][]edit) []*record.Record {
	w := newWorld()
	j := job{file: file, context: map[string]string{"a": "1", "b": "1"}, engine: "one"}
	records := []*record.Record{w.build(j)}
	for _, list := range edits {
		for _, e := range list {
			e(w, &j)
		}
		cur := w.build(j)
		cur.Started = records[0].Started.AddDate(0, 0, 1)
		CarryForwardAll(records[0], cur, slices.Values(records[1:]))
		records = slices.Insert(records, 0, cur)
	}
	return records
}

// TestEarlier: what the build before did not come to, did not need or did not have is
// compared with a build that came to it.
func TestEarlier(t *testing.T) {
	without := replace("\nCOPY --from=tool /tool /", "")
	with := replace("RUN two", "RUN two\nCOPY --from=tool /tool /")
	fails, mended := replace("RUN two", "RUN fail"), replace("RUN fail", "RUN two")
	onTwo := func(_ *world, j *job) { j.engine = "two" }
	onOne := func(_ *world, j *job) { j.engine = "one" }
	tests := []struct {
		name  string
		edits [][]edit
		want  string
	}{
		{"a stage that a failed build did not need", [][]edit{{without, fails}, {replace("RUN fail", "RUN two\nCOPY --from=tool /tool /"), file("a", "2")}}, `
			2 files-changed: a changed
			3 parent-rebuilt<2: follows line 2
			7 stage-output-changed<3: /tool from stage tool came out different
			build 1: [2 3 7]`},
		{"a stage that two builds did not need", [][]edit{{without}, {file("b", "2")}, {with, replace("RUN make /tool", "RUN make /tool -x")}}, `
			3 instruction-changed: instruction changed, was 'RUN make /tool'
			7 stage-output-changed<3: /tool from stage tool came out different
			build 1: [3 7]`},
		{"a step that was not reached", [][]edit{{fails}, {mended, file("a", "2"), file("b", "2")}}, `
			2 files-changed: a changed
			3 parent-rebuilt<2: follows line 2
			5 files-changed: b changed
			6 instruction-changed: instruction changed, was 'RUN fail'; parent-rebuilt<5: follows line 5
			7 stage-output-changed<3: /tool from stage tool came out different; parent-rebuilt<6: follows line 6
			build 1: [7]`},
		{"a line that was taken out", [][]edit{{replace("COPY b /\n", "")}, {replace("RUN two", "COPY b /\nRUN two"), file("b", "2")}}, `
			5 files-changed: b changed
			6 parent-rebuilt<5: follows line 5
			7 parent-rebuilt<6: follows line 6
			build 1: [5]`},
		{"a new line", [][]edit{{fails}, {mended, replace("COPY b /", "COPY b /\nCOPY a b /new")}}, `
			6 new-step: new instruction
			7 instruction-changed: instruction changed, was 'RUN fail'; parent-rebuilt<6: follows line 6
			8 parent-rebuilt<7: follows line 7
			build 1: [8]`},
		{"nothing changed, and it is gone", [][]edit{{without}, {with, prune}}, `
			1 evicted: nothing changed, but its result is no longer in the engine's cache
			2 evicted: nothing changed, but its result is no longer in the engine's cache
			3 evicted: nothing changed, but its result is no longer in the engine's cache
			5 evicted: nothing changed, but its result is no longer in the engine's cache
			6 evicted: nothing changed, but its result is no longer in the engine's cache
			7 evicted: nothing changed, but its result is no longer in the engine's cache
			build 1: [1 2 3 7]`},
		{"it failed when it was reached last", [][]edit{{replace("RUN make /tool", "RUN fail")}, {without}, {with}}, `
			3 previous-incomplete: failed in the build that it is compared with
			build 2: [3]`},
		{"another engine came to it last", [][]edit{{file("a", "2"), onTwo}, {onOne, without}, {with, file("a", "3")}}, `
			2 files-changed: a changed
			3 parent-rebuilt<2: follows line 2
			7 stage-output-changed<3: /tool from stage tool came out different
			build 1: [2 3 7]`},
		{"only another engine came to it", [][]edit{{onTwo, prune, without}, {with}}, `
			2 other-engine: the build that it is compared with ran on another engine
			3 other-engine: the build that it is compared with ran on another engine
			7 other-engine: the build that it is compared with ran on another engine
			build 1: [2 3 7]`},
		{"no build came to it", [][]edit{{fails, replace("/tool /", "/tool /\nCOPY b /c")}, {replace("RUN fail", "RUN three")}}, `
			6 instruction-changed: instruction changed, was 'RUN fail'
			7 parent-rebuilt<6: follows line 6
			8 previous-incomplete: was not reached in the build before; parent-rebuilt<7: follows line 7
			build 1: [7]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records := playAllOf(tooled, tt.edits)
			c := CompareAll(records[1], records[0], slices.Values(records[2:]))
			got := render(records[0], c)
			for _, e := range c.Earlier {
				var lines []string
				for _, id := range e.Steps {
					lines = append(lines, fmt.Sprint(records[0].Step(id).Line))
				}
				got += fmt.Sprintf("%s: [%s]\n", e.Baseline, strings.Join(lines, " "))
			}
			if diff := cmp.Diff(dedent(tt.want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
