package oracle_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/predict"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// predict says what the build will do, with the records that a store would have
// for it.
func (c *fuzzRun) predict(ctx context.Context, e *fuzzEngine, o solve.Options) (*record.Record, error) {
	var eng engine.Engine = e
	if own, ok := e.Engine.(*counting); ok {
		eng = own.Engine // which can be asked to run dry
	}
	opt := predict.Options{Build: o, Related: e.others}
	for _, rec := range e.history {
		if rec.Project.Target == o.Target {
			opt.History = append(opt.History, rec)
		} else {
			opt.Related = append(opt.Related, rec)
		}
	}
	return predict.Run(ctx, eng, opt)
}

// checkPrediction holds what was predicted against what happened. Of a build
// that failed, nothing is known of the steps that it did not reach.
func (c *fuzzRun) checkPrediction(t *testing.T, e *fuzzEngine, r built) {
	t.Helper()
	if ids(r.predicted) == nil || !reflect.DeepEqual(ids(r.predicted), ids(r.rec)) {
		t.Errorf("%s: steps %v were predicted, %v were built", e.name, ids(r.predicted), ids(r.rec))
		return
	}
	checkReasons(t, r.predicted)
	for i, p := range r.predicted.Steps {
		s := r.rec.Steps[i]
		hit, executed := s.Outcome == record.Hit, ran(s)
		right := false
		switch p.Outcome {
		case record.None, record.Unused:
			if p.Outcome != s.Outcome {
				t.Errorf("%s: %s was predicted to be %s, it is %s", e.name, s.ID, p.Outcome, s.Outcome)
			}
			continue
		case record.Undecided:
			switch {
			case !hit && !executed:
			case r.predicted.FailedStep != "" || r.rec.Result == record.Failed:
				e.tally.beside++
			case r.rec.Engine.Kind == engine.KindRemote && len(e.history)+len(e.others) == 0:
				e.tally.unrecorded++
			default:
				e.tally.undecided++
			}
			continue
		case record.Hit:
			right = hit
		case record.Run:
			right = executed
		case record.NotRun:
			if !hit && !executed {
				continue
			}
		case record.StepFailed: // unless another one failed before it
			right, executed = s.Outcome == record.StepFailed, executed || s.Outcome == record.StepFailed
		default:
			t.Errorf("%s: %s was predicted to be %s", e.name, s.ID, p.Outcome)
			continue
		}
		if !hit && !executed || !right && r.rec.Engine.Kind == engine.KindRemote && s.Effect == record.EffectBase && sharesImage(r.rec, i) {
			continue
		}
		if p.Outcome == record.Hit {
			e.tally.hit++
		} else {
			e.tally.run++
		}
		if !right {
			e.tally.wrong++
			t.Errorf("%s: %s was predicted to be %s, it is %s", e.name, s.ID, p.Outcome, s.Outcome)
		}
	}
}

func ids(r *record.Record) []string {
	if r == nil {
		return nil
	}
	out := []string{}
	for _, s := range r.Steps {
		out = append(out, s.ID)
	}
	return out
}
