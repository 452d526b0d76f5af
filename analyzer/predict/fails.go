package predict

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// A build fails for certain where a file that a step takes is not there: BuildKit
// cannot make the step's key then, whatever else the cache has. What is built from
// that step is not reached. How far BuildKit gets with the rest, on which it works at
// the same time, is left to chance, but for what it has in its hands by then: the
// result in which it looks for the file, and, where that is a folder that the client
// has yet to send, what the step lies on and can be looked up without one.

// notFound is how BuildKit ends the message of a key that cannot be made, as solve
// leaves it in a record, or with more before it.
var notFound = regexp.MustCompile(`(?:^|: )"([^"]*)": not found$`)

// missingPath is the path that is not there by an error of a step; "" where the error
// is another one.
func missingPath(message string) string {
	if m := notFound.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	return ""
}

// absentIn finds the input of which a path that is not there was taken; -1 where that
// is not clear.
func absentIn(v *record.Vertex, missing string) int {
	found := -1
	for i := range v.Inputs {
		if in := &v.Inputs[i]; in.Hashed && selects(in.Selectors, missing) {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// selects says that a path is one of those that are taken.
func selects(selectors []record.Selector, missing string) bool {
	return missing != "" && slices.ContainsFunc(selectors, func(s record.Selector) bool {
		return strings.Trim(s.Path, "/") == strings.Trim(missing, "/")
	})
}

// absence says what is not there, and where: "none.txt" is not in the build context.
func absence(rec *record.Record, s *record.Step, v *record.Vertex, message string) string {
	missing := missingPath(message)
	at := absentIn(v, missing)
	if missing == "" || at < 0 {
		return message
	}
	in := &v.Inputs[at]
	if in.IsLocal() {
		missing = strings.TrimPrefix(missing, "/")
	}
	return fmt.Sprintf("%q is not in %s", missing, placeOf(rec, s, in))
}

// placeOf says in words where an input's files come from.
func placeOf(rec *record.Record, s *record.Step, in *record.Input) string {
	switch from := rec.Step(in.Step); {
	case from != nil && from != s && from.Effect == record.EffectBase:
		return "the image that it is copied from" // which several lines may name
	case from != nil && from != s:
		return fmt.Sprintf("what line %d makes", from.Line)
	case in.Source == record.SourceContext:
		return "the build context"
	case in.IsLocal():
		return "the build context " + in.Source
	case in.Source == "" || in.Source == record.SourceSelf || in.Source == record.SourceInline || in.Source == record.SourceScratch:
		return "what it is copied from"
	}
	return sourceName(in.Source)
}

// fails notes that a step would fail. The first one in file order is the one by which
// the build is said to fail.
func fails(rec *record.Record, s *record.Step, message string) {
	s.Outcome, s.Error = record.StepFailed, message
	before := rec.Step(rec.FailedStep)
	if before == nil || cmp.Compare(s.Line, before.Line) < 0 {
		rec.FailedStep, rec.Error = s.ID, message
	}
}

// inHand has the operations that BuildKit has come to for certain when a build fails by
// some others: what all of those need at first, and what that is built from.
func inHand[O comparable](failing []O, first, inputs func(O) []O) map[O]bool {
	var common map[O]bool
	for _, o := range failing {
		found := map[O]bool{}
		for _, need := range first(o) {
			for in := range lineage(need, inputs) {
				if common == nil || common[in] {
					found[in] = true
				}
			}
		}
		common = found
	}
	return common
}

// lineage is an operation with all that it is built from.
func lineage[O comparable](o O, inputs func(O) []O) map[O]bool {
	found := map[O]bool{}
	var visit func(O)
	visit = func(o O) {
		if found[o] {
			return
		}
		found[o] = true
		for _, in := range inputs(o) {
			visit(in)
		}
	}
	visit(o)
	return found
}
