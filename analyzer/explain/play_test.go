package explain

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/analyzer/record"
)

const app = `ARG BASE=alpine:3
FROM ${BASE} AS build
ARG VERSION=1
ENV RELEASE=r$VERSION MODE=fast
WORKDIR /src
COPY go.mod ./
RUN fetch
COPY . .
RUN make /src/out/app
FROM scratch
COPY --from=build /src/out /app
COPY --from=build /src/docs /docs`

func appContext() map[string]string {
	return map[string]string{"go.mod": "m", "main.go": "x", "docs/a.md": "a", "run.sh": "s", "link": "->main.go"}
}

// edit makes a job from the one before.
type edit func(w *world, j *job)

func replace(old, cur string) edit {
	return func(_ *world, j *job) { j.file = strings.ReplaceAll(j.file, old, cur) }
}

func file(name, text string) edit {
	return func(_ *world, j *job) {
		if text == "" {
			delete(j.context, name)
		} else {
			j.context[name] = text
		}
	}
}

func arg(name, value string) edit {
	return func(_ *world, j *job) { j.args = map[string]string{name: value} }
}

func prune(w *world, _ *job) { clear(w.cache) }

func noCache(stages string) edit { return func(_ *world, j *job) { j.noCache = stages } }

// game is a table's entry: builds of one Dockerfile, with edits between.
type game struct {
	name string
	// edits are those before each build after the first; the last is explained.
	edits [][]edit
	want  string
}

func playAll(t *testing.T, games []game) {
	for _, g := range games {
		t.Run(g.name, func(t *testing.T) {
			old, cur := play(g.edits)
			if diff := cmp.Diff(dedent(g.want), render(cur, Compare(old, cur))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// play builds once, and again after each list of edits. It returns the records of
// the last two builds, completed as history keeps them.
func play(edits [][]edit) (old, cur *record.Record) {
	w := newWorld()
	j := job{file: app, context: appContext(), engine: "one"}
	cur = w.build(j)
	for _, list := range edits {
		j.noCache = ""
		for _, e := range list {
			e(w, &j)
		}
		old, cur = cur, w.build(j)
		CarryForward(old, cur)
	}
	return old, cur
}
