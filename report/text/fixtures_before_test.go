package text_test

import (
	"time"

	"github.com/layerwise/layerwise/report"
)

// afterFailure is the build after one that failed at its third line.
func afterFailure() *report.Report {
	unreached := func() func(*report.Step) { return why("previous-incomplete", "was not reached in the build before") }
	return built(report.Build, report.BuildReport{
		Baseline: "x", BaselineStarted: since(30 * time.Second), Seconds: 9,
		Unreached: &report.Unreached{Message: "line 3 failed in the build before: 4 steps were not reached", Steps: []string{"L1", "L4", "L5", "L6"}},
		Steps: []report.Step{
			step(1, "FROM node:22", "base", "miss", took(1), unreached()),
			step(2, "COPY package.json ./", "layer", "hit"),
			step(3, "RUN npm ci", "layer", "miss", took(4.1), why("previous-incomplete", "failed in the build before")),
			step(4, "COPY . .", "layer", "miss", took(0.1), unreached(), after("L3")),
			step(5, "RUN npm run build", "layer", "miss", took(3), unreached(), after("L4")),
			step(6, "COPY --from=x /x /x", "layer", "miss", took(0.2), unreached(), after("L5")),
		},
		Roots: []report.Root{
			{Step: "L3", Steps: []string{"L3", "L4", "L5", "L6"}, Seconds: 7.4}, {Step: "L4", Steps: []string{"L4", "L5", "L6"}, Seconds: 3.3},
			{Step: "L5", Steps: []string{"L5", "L6"}, Seconds: 3.2}, {Step: "L1", Steps: []string{"L1"}, Seconds: 1}, {Step: "L6", Steps: []string{"L6"}, Seconds: 0.2},
		},
		Summary: report.Summary{Hits: 1, Misses: 5, Roots: 5, SecondsRun: 8.4},
	})
}

// afterEarlier is a build after one that did not need a stage, and did not come to the
// last line.
func afterEarlier() *report.Report {
	return built(report.Build, report.BuildReport{
		Baseline: "x", BaselineStarted: since(30 * time.Second), Seconds: 9,
		Unreached: &report.Unreached{Message: "line 7 failed in the build before: 1 step was not reached"},
		Earlier: []report.Earlier{
			{Baseline: "w", Started: *since(5 * time.Minute), Steps: []string{"L3", "L4"}},
			{Baseline: "v", Started: *since(3 * time.Hour), Steps: []string{"L8"}},
		},
		Steps: []report.Step{
			step(1, "FROM node:22 AS tool", "base", "hit"),
			step(3, "COPY a.go .", "layer", "miss", took(1), changed(0, "a.go")),
			step(4, "RUN make tool", "layer", "miss", took(2), after("L3")),
			step(5, "FROM node:22", "base", "hit"),
			step(7, "RUN npm ci", "layer", "miss", took(4.1), why("previous-incomplete", "failed in the build before")),
			step(8, "COPY b.go .", "layer", "miss", took(0.1), changed(0, "b.go"), after("L7")),
		},
		Roots: []report.Root{
			{Step: "L7", Steps: []string{"L7", "L8"}, Seconds: 4.2}, {Step: "L3", Steps: []string{"L3", "L4"}, Seconds: 3}, {Step: "L8", Steps: []string{"L8"}, Seconds: 0.1},
		},
		Summary: report.Summary{Hits: 2, Misses: 4, Roots: 3, SecondsRun: 7.2},
	})
}

// emptied is a build on a cache that was emptied, with nothing else to say.
func emptied() *report.Report {
	gone := func() func(*report.Step) {
		return why("evicted", "nothing changed, but its result is no longer in the engine's cache")
	}
	return built(report.Build, report.BuildReport{
		Baseline: "x", BaselineStarted: since(30 * time.Second), Seconds: 9,
		Steps: []report.Step{
			step(1, "FROM node:22", "base", "miss", took(1), gone()),
			step(2, "COPY a.go .", "layer", "miss", took(1), gone()),
			step(3, "ENV A=1", "metadata", "none"),
			step(4, "RUN make tool", "layer", "miss", took(2), gone()),
			step(5, "RUN make all", "layer", "miss", took(4.1), gone()),
			step(6, "RUN make test", "layer", "miss", took(0.1), gone()),
			step(7, "RUN make more", "layer", "miss", took(0.1), why("instruction-changed", "instruction changed, was 'RUN make'")),
		},
		Roots: []report.Root{
			{Step: "L5", Steps: []string{"L5"}, Seconds: 4.1}, {Step: "L4", Steps: []string{"L4"}, Seconds: 2}, {Step: "L1", Steps: []string{"L1"}, Seconds: 1},
			{Step: "L2", Steps: []string{"L2"}, Seconds: 1}, {Step: "L6", Steps: []string{"L6"}, Seconds: 0.1}, {Step: "L7", Steps: []string{"L7"}, Seconds: 0.1},
		},
		Summary: report.Summary{Misses: 6, Roots: 6, SecondsRun: 8.3},
	})
}
