// Package predict says what a build would reuse now, without running a step of
// it.
//
// # Design
//
// There are three ways to know, and one promise: what cannot be known for certain
// is undecided, never guessed.
//
//   - An engine that runs dry (engine.DryRunner) is asked itself: dry*.go.
//   - Of any other engine the records of builds on it tell: records*.go. They are
//     played back, oldest first, into a model of BuildKit's cache of keys, in which
//     the planned build is then looked up. Comparing with the last record alone was
//     turned down: going back to an older state hits what an older build left. What
//     a record saw reused is there while the engine lists it (solve.CacheEntries,
//     records_stock.go); what it lists besides, somebody else has made.
//   - A git revision stands for a build that left everything in the cache, in the
//     same model: since*.go.
//
// Check holds a prediction against the build that follows it.
package predict

import (
	"context"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// Options say what to predict.
type Options struct {
	Build solve.Options
	// History has the records of the project, newest first; it may be empty. The
	// newest is the baseline of causes.
	History []*record.Record
	// Related are records of other projects, in any order. What they built on the
	// same engine may be reused; only a prediction from records needs them.
	Related []*record.Record
	// Edits is a what-if: files whose content is taken to change, by paths as
	// solve.Source.Edited takes them.
	Edits []string
}

// Run predicts. The record has the basis Predicted and the result NotBuilt; a
// step's outcome is Hit, Run or Undecided, and None or Unused as in a build. What
// an undecided one hangs on is in HangsOn.
func Run(ctx context.Context, eng engine.Engine, o Options) (*record.Record, error) {
	if dry, ok := eng.(engine.DryRunner); ok {
		return byDryRun(ctx, dry, o)
	}
	return byRecords(ctx, eng, o)
}
