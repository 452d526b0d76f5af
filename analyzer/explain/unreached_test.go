package explain

import (
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
)

func TestUnreached(t *testing.T) {
	ended := func(result record.Result, failed string) func(*record.Record) {
		return func(r *record.Record) { r.Result, r.FailedStep = result, failed }
	}
	const (
		old  = "hit FROM a\nhit RUN x\nfailed RUN bad\nnot-run RUN y\nnot-run RUN z"
		good = "hit FROM a\nhit RUN x\nmiss RUN good\nmiss RUN y\nhit RUN z"
	)
	tests := []struct {
		name     string
		old, cur *record.Record
		want     string // the sentence, then the steps that ran
	}{
		{"a step failed", steps(old, ended(record.Failed, "s3")), steps(good), "line 3 failed in the build before: 2 steps were not reached [s4]"},
		{"an older record does not name it", steps(old, ended(record.Failed, "")), steps(good), "line 3 failed in the build before: 2 steps were not reached [s4]"},
		{"it is on another line now", steps(old, ended(record.Failed, "s3")), steps("hit FROM a\nmiss RUN new\nhit RUN x\nfailed RUN bad\nnot-run RUN y"),
			"line 4 failed in the build before: 2 steps were not reached []"},
		{"it is gone", steps(old, ended(record.Failed, "s3")), steps("hit FROM a\nhit RUN x\nmiss RUN y\nmiss RUN z"),
			"'RUN bad' (was line 3) failed in the build before: 2 steps were not reached [s3 s4]"},
		{"one step", steps("failed FROM a\nnot-run RUN x", ended(record.Failed, "s1")), steps("hit FROM a\nmiss RUN x"),
			"line 1 failed in the build before: 1 step was not reached [s2]"},
		{"no step failed", steps("hit FROM a\nnot-run RUN x", ended(record.Failed, "")), steps("hit FROM a\nmiss RUN x"),
			"the build before failed: 1 step was not reached [s2]"},
		{"cancelled", steps("hit FROM a\ncanceled RUN x\nnot-run RUN y", ended(record.Canceled, "")), steps("hit FROM a\nmiss RUN x\nmiss RUN y"),
			"the build before was cancelled: 1 step was not reached [s3]"},
		{"all was reached", steps("hit FROM a\nfailed RUN x", ended(record.Failed, "s2")), steps("hit FROM a\nmiss RUN x"), ""},
		{"it succeeded", steps("hit FROM a\nmiss RUN x", ended(record.Succeeded, "")), steps("hit FROM a\nmiss RUN x"), ""},
		{"nothing before", nil, steps("miss FROM a"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if u := Compare(tt.old, tt.cur).Unreached; u != nil {
				got = u.Message + " [" + strings.Join(u.Steps, " ") + "]"
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
