package predict_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/predict"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
)

// cache describes what lies in the engine's cache, and when it was last used.
// The copies of local folders are left out: they are the transfer's, not a
// build's.
func (p *project) cache() []string {
	p.t.Helper()
	// Results are let go of in the background.
	for last := p.cacheNow(); ; {
		time.Sleep(100 * time.Millisecond)
		now := p.cacheNow()
		if slices.Equal(last, now) {
			return now
		}
		last = now
	}
}

func (p *project) cacheNow() []string {
	p.t.Helper()
	usage, err := p.eng.Client().DiskUsage(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	var all []string
	for _, u := range usage {
		if u.RecordType != client.UsageRecordTypeLocalSource {
			all = append(all, fmt.Sprintf("%s %s size %d parents %v shared %v, used %d times, last %v", u.ID, u.Description, u.Size, u.Parents, u.Shared, u.UsageCount, u.LastUsedAt))
		}
	}
	slices.Sort(all)
	return all
}

// A prediction leaves nothing behind, in the cache or on the disk, and changes
// nothing of what a build does after it.
func TestDryRunLeavesNoTrace(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	dockerfile := twoStages + "COPY <<EOF /doc\ntext\nEOF\nRUN --mount=type=cache,target=/c echo x >> /c/x\n"
	p := newProject(t, startEngine(t), map[string]string{"Dockerfile": dockerfile, "go.mod": "m", "main.go": "1"})
	unchanged := func(what string) {
		t.Helper()
		before := p.cache()
		p.predict()
		if diff := cmp.Diff(before, p.cache()); diff != "" {
			t.Errorf("%s: the cache changed (-before +after):\n%s", what, diff)
		}
	}
	unchanged("cold")
	p.build()
	unchanged("nothing to do")
	p.write("main.go", "2")
	unchanged("after an edit")
	p.options.NoCache = true
	unchanged("without a cache")
	p.options.NoCache = false

	if out := p.build(); outcome(t, out, "RUN cat main.go") != record.Miss || outcome(t, out, "COPY go.mod") != record.Hit {
		t.Errorf("the build after it:\n%s", outcomes(out))
	}
	files, err := os.ReadDir(p.dir)
	if err != nil || len(files) != 3 {
		t.Errorf("the project has %v, %v", files, err)
	}
}

// An edit that is only tried out shows in the prediction, and in nothing else.
func TestDryRunOfAnEdit(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	p := newProject(t, startEngine(t), map[string]string{
		"Dockerfile": "FROM busybox\nCOPY a /a\nRUN cat /a > /c\nCOPY sub /sub\nRUN ls /sub > /d\n", "a": "1", "sub/b": "1", "sub/ignored": "1", ".dockerignore": "**/ignored\n",
	})
	if err := os.Link(filepath.Join(p.dir, "a"), filepath.Join(p.dir, "sub", "link")); err != nil {
		t.Fatal(err)
	}
	p.build()
	for _, tt := range []struct{ edit, run, cause, warning string }{
		{"a", "COPY a /a,RUN cat /a > /c,COPY sub /sub,RUN ls /sub > /d", "a", ""},
		{"sub/b", "COPY sub /sub,RUN ls /sub > /d", "sub/b", ""},
		{"sub/link", "COPY sub /sub,RUN ls /sub > /d", "sub/link", ""},
		{"./sub//b", "COPY sub /sub,RUN ls /sub > /d", "sub/b", ""},
		{"sub/ignored", "", "", "leaves out sub/ignored"},
		{"Dockerfile", "", "", "an empty line at the end of Dockerfile, which changes no instruction"},
		{".dockerignore", "", "", "an empty line at the end of .dockerignore, which changes no instruction"},
	} {
		p.edits = []string{tt.edit}
		rec := p.predict()
		var run []string
		for _, s := range rec.Steps {
			if s.Outcome == record.Run {
				run = append(run, s.Text)
			}
		}
		if got := strings.Join(run, ","); got != tt.run {
			t.Errorf("edit of %s: runs %q, want %q", tt.edit, got, tt.run)
		}
		if got := strings.Join(rec.Warnings, "\n"); !strings.Contains(got, tt.warning) || tt.warning == "" && got != "" {
			t.Errorf("edit of %s: warnings %q", tt.edit, got)
		}
		if tt.cause == "" {
			continue
		}
		c := explain.Compare(p.history[0], rec)
		i := slices.IndexFunc(rec.Steps, func(s record.Step) bool { return s.Outcome == record.Run })
		causes := c.Causes[rec.Steps[i].ID]
		if len(causes) != 1 || causes[0].Kind != explain.FilesChanged || len(causes[0].Files) != 1 || causes[0].Files[0].Path != tt.cause {
			t.Errorf("edit of %s: causes %+v", tt.edit, causes)
		}
	}
	p.edits = nil
	for i, s := range p.predict().Steps {
		if s.Outcome != record.Hit {
			t.Errorf("after all: step %d is %s", i, s.Outcome)
		}
	}
	for i, s := range p.build().Steps {
		if s.Outcome != record.Hit {
			t.Errorf("built after all: step %d is %s", i, s.Outcome)
		}
	}
	for _, bad := range []string{"missing", "sub", "../x", "/etc/passwd", ""} {
		_, err := predict.Run(t.Context(), p.eng, predict.Options{Build: p.buildOptions(), Edits: []string{bad}})
		if err == nil || !strings.HasPrefix(err.Error(), "edit "+bad) {
			t.Errorf("edit of %q: %v", bad, err)
		}
	}
}

// The time that what would run is likely to take is that of its last run.
func TestDryRunCosts(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	p := newProject(t, startEngine(t), map[string]string{"Dockerfile": "FROM busybox\nRUN echo a > /a\nCOPY f /f\nRUN cat /f > /g\n", "f": "1"})
	built := p.build()
	p.write("f", "2")
	rec := p.predict()
	c := explain.Compare(p.history[0], rec)
	var run, saved float64
	for _, s := range built.Steps {
		switch rec.Step(s.ID).Outcome {
		case record.Run:
			run += s.Seconds
		case record.Hit:
			saved += s.Seconds
		}
	}
	if run == 0 || c.SecondsRun < 0.99*run || c.SecondsRun > 1.01*run || c.SecondsSaved < 0.99*saved || c.SecondsSaved > 1.01*saved {
		t.Errorf("runs %v s and saves %v s, want %v and %v", c.SecondsRun, c.SecondsSaved, run, saved)
	}
	if len(c.Roots) != 1 || c.Roots[0].Seconds != c.SecondsRun {
		t.Errorf("roots %+v", c.Roots)
	}
	for _, s := range rec.Steps {
		if s.Seconds != 0 {
			t.Errorf("%s took %v s without running", s.ID, s.Seconds)
		}
	}
}

// Files of a remote source are fetched only where they decide something.
func TestDryRunFetches(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	p := newProject(t, startEngine(t), map[string]string{"Dockerfile": "FROM busybox\nRUN echo x > /x\n"})
	if rec := p.predict(); len(rec.Warnings) > 0 || outcome(t, rec, "FROM") != record.Run {
		t.Errorf("a base image alone: %q, %s", rec.Warnings, outcomes(rec))
	}
	if cache := p.cache(); len(cache) > 0 {
		t.Errorf("the base image is in the cache: %q", cache)
	}
	p.write("Dockerfile", "FROM scratch\nCOPY --from=alpine /bin/sh /sh\n")
	rec, _ := p.check("files of an image")
	if want := "fetched alpine, whose files line 2 takes, to tell what a build would do"; len(rec.Warnings) != 1 || rec.Warnings[0] != want {
		t.Errorf("warnings %q, want %q", rec.Warnings, want)
	}
	rec, _ = p.check("the same again")
	if len(rec.Warnings) > 0 {
		t.Errorf("warnings %q though the image is there", rec.Warnings)
	}

	text := "1"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
	defer server.Close()
	p.write("Dockerfile", "FROM busybox\nADD "+server.URL+"/f /f\nRUN cat /f > /g\n")
	p.check("a file of a server")
	p.check("the same file")
	text = "2"
	if rec, _ = p.check("another file"); outcome(t, rec, "ADD") != record.Run {
		t.Errorf("another file of a server: %s", outcomes(rec))
	}
	server.Close()
	if rec, _ = p.check("no server"); outcome(t, rec, "ADD") != record.StepFailed || rec.Error == "" {
		t.Errorf("no server: %s %s", outcomes(rec), rec.Error)
	}
}

// A cache that would be imported counts.
func TestDryRunWithAnImportedCache(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	p := newProject(t, startEngine(t), map[string]string{"Dockerfile": twoStages, "go.mod": "m", "main.go": "1"})
	dir := t.TempDir()
	p.options.CacheTo = []client.CacheOptionsEntry{{Type: "local", Attrs: map[string]string{"dest": dir, "mode": "max"}}}
	p.build()
	p.options.CacheTo = nil
	prune.do(p)
	if rec := p.predict(); outcome(t, rec, "RUN cat main.go") != record.Run {
		t.Errorf("without the cache: %s", outcomes(rec))
	}
	p.options.CacheFrom = []client.CacheOptionsEntry{{Type: "local", Attrs: map[string]string{"src": dir}}}
	rec, _ := p.check("imported")
	if outcome(t, rec, "RUN cat main.go") != record.Hit {
		t.Errorf("with the cache: %s", outcomes(rec))
	}
	for _, text := range []string{"2", "3", "1"} {
		prune.do(p)
		p.write("main.go", text)
		p.check("imported with " + text)
	}
	p.options.CacheFrom[0].Attrs["src"] = t.TempDir()
	prune.do(p)
	p.check("nothing to import")
}

// A prediction ends with its context, and the next one works.
func TestDryRunCanceled(t *testing.T) {
	if testing.Short() {
		t.Skip("needs an engine; not with -short")
	}
	p := newProject(t, startEngine(t), map[string]string{"Dockerfile": twoStages, "go.mod": "m", "main.go": "1"})
	for i := range 4000 {
		p.write(fmt.Sprintf("many/%d/%d", i%20, i), strings.Repeat("x", i))
	}
	stopped := 0
	for _, after := range []time.Duration{0, 20 * time.Millisecond, 60 * time.Millisecond, 100 * time.Millisecond, 150 * time.Millisecond, 200 * time.Millisecond} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(after, cancel)
		start := time.Now()
		_, err := predict.Run(ctx, p.eng, predict.Options{Build: p.buildOptions()})
		cancel()
		if err == nil {
			continue
		}
		stopped++
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after %s: %v", after, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("after %s it took %s to stop", after, took)
		}
	}
	if stopped == 0 {
		t.Error("nothing was stopped")
	}
	p.check("after all")
}

// What a build refuses before it looks at any step, a prediction refuses, too.
func TestDryRunRefuses(t *testing.T) {
	if testing.Short() {
		t.Skip("needs an engine; not with -short")
	}
	p := newProject(t, startEngine(t), map[string]string{"Dockerfile": "FROM busybox\nRUN --network=host echo x\n"})
	o := p.buildOptions()
	_, predictErr := predict.Run(t.Context(), p.eng, predict.Options{Build: o})
	_, buildErr := solve.Run(t.Context(), p.eng, o)
	if predictErr == nil || buildErr == nil || solve.Message(predictErr) != solve.Message(buildErr) {
		t.Errorf("predicted: %v\nbuilt:     %v", predictErr, buildErr)
	}
	p.options.Allow = []string{"network.host"}
	p.check("allowed")
}

// The triggers of a base image are steps like others; the image lies in a folder.
func TestDryRunOfTriggers(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	eng := startEngine(t)
	layout := t.TempDir()
	base := newProject(t, eng, map[string]string{"Dockerfile": "FROM busybox\nRUN echo base > /base\nONBUILD COPY f /f\nONBUILD RUN cat /f > /g\n"})
	base.options.Outputs = []client.ExportEntry{{Type: "oci", Attrs: map[string]string{"tar": "false"}, OutputDir: layout}}
	base.build()
	prune.do(base)
	p := newProject(t, eng, map[string]string{"Dockerfile": "FROM busybox AS x\nRUN echo x > /x\nFROM base\nRUN echo own > /own\nCOPY --from=x /x /\n", "f": "1"})
	p.options.Source.Named = map[string]string{"base": "oci-layout://" + layout}
	p.check("cold")
	p.check("nothing")
	p.write("f", "2")
	if rec, _ := p.check("edit"); !slices.ContainsFunc(rec.Steps, func(s record.Step) bool { return s.Trigger && s.Outcome == record.Run }) {
		t.Errorf("no trigger runs: %s", outcomes(rec))
	}
	p.options.NoCacheFilter = []string{"x"}
	p.check("without the cache of a stage")
}
