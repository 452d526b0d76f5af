package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/history"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/layerwise/layerwise/analyzer/solve/transfer"
	"github.com/layerwise/layerwise/report"
	"github.com/spf13/cobra"
)

type buildCommand struct {
	*globals
	buildFlags
	engineFlags
	reportFlags
}

func newBuild(g *globals) *cobra.Command {
	c := &buildCommand{globals: g}
	cmd := &cobra.Command{
		Use:   "build [CONTEXT]",
		Short: "Build, and say what was reused and why the rest was not",
		Long: `Build runs a real build with BuildKit and reports, for every instruction, the layer
that it made, whether it came from the cache, and if not, why: compared with the last
recorded build of the same project.

Without --addr or BUILDKIT_HOST it starts a BuildKit of its own, which needs no Docker
and no root.`,
		Example: `  layerwise build .
  layerwise build -f docker/Dockerfile --target test --build-arg VERSION=2 .
  layerwise build -t app:dev -o type=docker,dest=app.tar .
  layerwise build --report json=report.json --addr unix:///run/buildkit/buildkitd.sock .
  layerwise build --offline .                  every base image is the built-in playground image`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), contextArg(args)) },
	}
	c.buildFlags.register(cmd.Flags())
	c.engineFlags.register(cmd.Flags())
	c.reportFlags.register(cmd.Flags())
	return cmd
}

func contextArg(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

func (c *buildCommand) run(ctx context.Context, contextArg string) error {
	outs, err := c.reportFlags.outputs()
	if err != nil {
		return err
	}
	found, err := c.find(ctx, c.streams)
	if err != nil {
		return err
	}
	o, exports, err := c.buildFlags.options(ctx, c.streams, contextArg, found.Capabilities())
	if err != nil {
		return err
	}
	started := time.Now()
	done := c.waiting("starting the engine …")
	eng, err := found.Connect(ctx)
	done()
	if err != nil {
		return err
	}
	defer eng.Close()
	opened := time.Since(started)
	store, salt := c.records("this build is not recorded, and not compared with earlier ones")
	before := &lookup{store: store}
	o.Salt, o.Planned = salt, before.start
	rec, buildErr := c.build(ctx, eng, o)
	buildErr = exports.explain(buildErr)
	finishErr := exports.finish(buildErr == nil)
	if rec == nil {
		return buildErr
	}
	// What the command takes beside the build counts, too, but for writing the record,
	// which says so.
	silent := []record.Phase{{Name: record.PhaseEngineStart, Seconds: (opened - c.waited).Seconds()}}
	if c.waited > 0 {
		silent = slices.Insert(silent, 0, record.Phase{Name: record.PhaseWaiting, Seconds: c.waited.Seconds()})
	}
	rec.Phases = append(silent, rec.Phases...)
	rec.Seconds = time.Since(started).Seconds()
	lap := time.Now()
	phase := func(name string) {
		rec.Phases = append(rec.Phases, record.Phase{Name: name, Seconds: time.Since(lap).Seconds()})
		rec.Seconds = time.Since(started).Seconds()
		lap = time.Now()
	}
	old, earlier := c.recallLast(store, before, rec)
	phase(record.PhaseRecord)
	done = c.waiting("stopping the engine …")
	eng.Close()
	done()
	phase(record.PhaseEngineStop)
	c.keep(store, rec)
	r := report.New(report.Build, version())
	r.Builds = append(r.Builds, report.FromRecords(rec, old, earlier))
	to := c.streams.Out
	if exports.toStdout {
		to = c.streams.Err
	}
	if err := c.reportFlags.write(c.streams, to, outs, r); err != nil {
		return err
	}
	if buildErr != nil {
		return buildErr
	}
	return finishErr
}

// build runs one build with its progress shown.
func (c *buildCommand) build(ctx context.Context, eng engine.Engine, o solve.Options) (*record.Record, error) {
	p, err := startProgress(c.streams, c.progress, "", false)
	if err != nil {
		return nil, err
	}
	o.Status = p.show
	rec, err := solve.Run(ctx, eng, o)
	p.stop()
	if err != nil && rec != nil {
		p.tail.print(c.streams, failedVertex(rec))
	}
	var stalled *transfer.StalledError
	if c.verbose && errors.As(err, &stalled) {
		fmt.Fprint(c.streams.Err, cleanLines(stalled.Goroutines))
	}
	return rec, err
}

// records opens the history. A command goes on without one that cannot be used,
// and warns what that costs: there is no store then, and the salt is used once.
func (g *globals) records(cost string) (*history.Store, []byte) {
	store, err := g.openHistory()
	if err == nil {
		var salt []byte
		if salt, err = store.Salt(); err == nil {
			return store, salt
		}
	}
	g.warn(cost + ": " + err.Error())
	salt := make([]byte, 32)
	rand.Read(salt) // never fails (crypto/rand)
	return nil, salt
}

// recallLast returns the last record of the project, and takes over from it what
// this build did not need to find out. A history that cannot be read never spoils a
// build; store may be nil. The records that are older than the last are read where
// that says nothing of a step.
func (c *buildCommand) recallLast(store *history.Store, before *lookup, rec *record.Record) (old *record.Record, earlier iter.Seq[*record.Record]) {
	if store == nil {
		return nil, nil
	}
	old, warnings := before.wait()
	for _, w := range warnings {
		c.warn(w)
	}
	if old != nil {
		earlier = store.Earlier(old)
	}
	explain.CarryForwardAll(old, rec, earlier)
	c.checkPrediction(before.prediction, rec)
	return old, earlier
}

// keep records a build. One that cannot be is no failure; store may be nil.
func (c *buildCommand) keep(store *history.Store, rec *record.Record) {
	if store == nil {
		return
	}
	if err := store.Save(rec); err != nil {
		c.warn("this build is not recorded: " + err.Error())
	}
}

// lookup reads the last record of a project, and the prediction for its next
// build, while that runs. With
// many files in the context a record takes long enough to be noticed.
type lookup struct {
	store *history.Store // nil for none
	done  chan struct{}  // nil before the start
	old   *record.Record
	// prediction is what was said of the build, nil where nothing was.
	prediction *record.Record
	warnings   []string // the terminal belongs to the progress of the build
}

func (l *lookup) start(p record.Project) {
	if l.store == nil {
		return
	}
	l.done = make(chan struct{})
	go func() {
		defer close(l.done)
		warn := l.store.Warn
		l.store.Warn = func(message string) { l.warnings = append(l.warnings, message) }
		defer func() { l.store.Warn = warn }()
		var err error
		if l.old, err = l.store.Latest(p); err != nil {
			l.warnings = append(l.warnings, err.Error())
		}
		if l.prediction, err = l.store.LastPrediction(p); err != nil {
			l.warnings = append(l.warnings, err.Error())
		}
	}()
}

// wait returns nil where there is no earlier record.
func (l *lookup) wait() (*record.Record, []string) {
	if l.done != nil {
		<-l.done
	}
	return l.old, l.warnings
}

func failedVertex(rec *record.Record) string {
	for _, s := range rec.Steps {
		for _, v := range s.Vertices {
			if s.Outcome == record.StepFailed && v.Error != "" {
				return v.Digest
			}
		}
	}
	return ""
}
