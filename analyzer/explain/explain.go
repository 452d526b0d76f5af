// Package explain compares two records and says of every step that missed why
// it did: a typed cause with its evidence, and the roots apart from what merely
// follows them.
//
// # Design
//
// Compare goes through four stages, a file or a few each.
//
//  1. Alignment (align*.go) finds the partner of each step in the build before:
//     by platform, stage and a diff of the instructions' text, never by line
//     number or vertex digest.
//  2. Fingerprints (fingerprint.go) say whether two steps have the same cache
//     key: the same operation on the same inputs, where an input counts by the
//     content that is taken from it or by what made it, as BuildKit does it.
//  3. Rules (rules.go and cause_*.go) turn each difference into a cause. A cause
//     is listed if it alone would have been enough for the miss, so that two
//     edits at once give two causes. Only where no difference is found do the
//     last resorts apply: the key is the same, so the result was not there.
//  4. Cost (cost.go) gives each root the time of the steps that follow it.
//
// Evidence that is not in a record is never made up: where a content is unknown
// and its producer ran, the step follows the producer; where nothing at all is
// known, the cause is Unknown and names what is missing.
//
// Hashing every step of each record to one value was turned down: which
// evidence counts depends on what both records know, so fingerprints are
// compared in pairs.
package explain

import (
	"iter"

	"github.com/layerwise/layerwise/analyzer/record"
)

// Comparison is what two records say about each other.
type Comparison struct {
	Baseline string // id of the older record, "" without one
	// Causes has, by step id, why each step that ran did so; most telling
	// first, those of its own before those it follows. Every step that ran
	// (missed, or failed) has at least one; one that was cancelled while it ran may
	// have some, no other step has any.
	Causes map[string][]Cause
	// Roots are the steps that ran for a reason of their own, dearest first.
	Roots []Root
	// SecondsRun is the time of all steps that ran, SecondsSaved that of the
	// last runs of all hits, as far as known. An operation that several steps
	// share counts once.
	SecondsRun, SecondsSaved float64
	// RunAtLeast and SavedAtLeast say that the sums are of some steps only: no record
	// has the time of the others.
	RunAtLeast, SavedAtLeast bool
	// Saved has the seconds of a hit's last run by step id, where known. Of several
	// hits that share an operation, the first has them.
	Saved map[string]float64
	// SharedWith has, for a step whose operation is that of an earlier step which hit
	// or ran as well, the id of the first such step: its time is the same time.
	SharedWith map[string]string
	// Aligned has the ids of the older record's steps by those of the newer.
	Aligned map[string]string
	// Removed are the ids of the older record's steps that have no partner, in
	// order.
	Removed []string
	// Unreached is what the build before did not come to; nil where it came to all.
	Unreached *Unreached
	// Earlier are the steps whose causes come from an earlier build than Baseline, by
	// that build, the newest first.
	Earlier []Earlier
}

// Cause is one reason for a miss. It alone would have been enough.
type Cause struct {
	Kind Kind
	// Root says that the cause lies with the step itself. Otherwise Because is
	// the id of the step, which ran, that this one follows.
	Root    bool
	Because string
	// Message is short, in lower case, without a final stop, on one line.
	Message string
	// Old and New are the values that differ, "" where there is no such pair.
	Old, New string
	// Files are the files that differ, sorted by path, at most MaxFiles;
	// MoreFiles counts the rest.
	Files     []record.Change
	MoreFiles int
}

// MaxFiles bounds the files that a cause lists.
const MaxFiles = 20

// Root is a step that ran for a reason of its own.
type Root struct {
	Step string
	// Steps are those that ran because of it: itself first, then in order.
	// Roots may share steps, and slices memory: they are not to be changed.
	Steps   []string
	Seconds float64 // of all Steps
	// AtLeast says that no record has the time of some of Steps, which would run.
	AtLeast bool
}

// Compare says what changed from old to cur. Without an older record (nil) every
// miss is a first build. It accepts any records, also ones that contradict
// themselves, and its result is the same for the same input.
func Compare(old, cur *record.Record) *Comparison { return CompareAll(old, cur, nil) }

// CompareAll is Compare where there are earlier records of the project than old, the
// newest first. They are read only if old says nothing of a step that ran, and tell
// then what changed since a build that came to it; earlier may be nil.
func CompareAll(old, cur *record.Record, earlier iter.Seq[*record.Record]) *Comparison {
	out := &Comparison{Causes: map[string][]Cause{}, Saved: map[string]float64{}, SharedWith: map[string]string{}, Aligned: map[string]string{}}
	if cur == nil {
		return out
	}
	c := newComparing(old, cur)
	if old != nil {
		out.Baseline = old.ID
	}
	c.alignment(out)
	var pending []int
	for _, i := range c.cur.order {
		id := c.cur.steps[i].ID
		switch _, known := out.Causes[id]; {
		case known || !c.cur.ran(i): // ids of odd records repeat
		case earlier == nil || c.cameTo(i):
			out.put(id, c.causes(i))
		default:
			pending = append(pending, i)
		}
	}
	c.causesEarlier(pending, earlier, out)
	c.cost(out)
	out.Unreached = c.unreached()
	return out
}

// put keeps the causes of a step that has any.
func (out *Comparison) put(id string, causes []Cause) {
	if len(causes) > 0 {
		out.Causes[id] = causes
	}
}

// comparing is the state of one comparison.
type comparing struct {
	old, cur *side
	first    bool // there is no older record
	earlier  bool // there are newer ones than the older record
	aligned
	prints *fingerprints
	descent
}

func newComparing(old, cur *record.Record) *comparing {
	c := &comparing{old: newSide(old), cur: newSide(cur), first: old == nil}
	c.aligned = align(c.old, c.cur)
	c.prints = newFingerprints(c.old, c.cur, c.aligned)
	c.descent = newDescent()
	for _, i := range c.cur.order { // inputs first, which keeps the recursion shallow
		if c.partner[i] >= 0 {
			c.prints.steps(i, c.partner[i])
		}
	}
	return c
}

// alignment writes which steps are the same.
func (c *comparing) alignment(out *Comparison) {
	for i, j := range c.partner {
		if j >= 0 {
			out.Aligned[c.cur.steps[i].ID] = c.old.steps[j].ID
		}
	}
	for j, i := range c.heir {
		if i < 0 {
			out.Removed = append(out.Removed, c.old.steps[j].ID)
		}
	}
}
