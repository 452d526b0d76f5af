package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/history"
	"github.com/layerwise/layerwise/analyzer/predict"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/layerwise/layerwise/report"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/spf13/cobra"
)

type predictCommand struct {
	*globals
	buildFlags
	engineFlags
	reportFlags
	edits []string
	since string
}

func newPredict(g *globals) *cobra.Command {
	c := &predictCommand{globals: g}
	cmd := &cobra.Command{
		Use:   "predict [CONTEXT]",
		Short: "Say what a build would reuse now, without running a step",
		Long: `Predict says for every instruction whether a build would take it from the cache (hit) or
run it (run), with the cause and the time that it took when it last ran. Where that hangs
on the files that another step would make anew, it says undecided, and on which step.

The embedded engine is asked what it would do. Of another engine (--addr or BUILDKIT_HOST)
the records of earlier builds tell, and its own list of what it holds; where others have
built the same instruction on the same base of files that no record has, it says
undecided. No step runs, and nothing is written to the project or to the cache. The next
build of the project checks the prediction.

--edit takes a path in the build context, an absolute one, or NAME/PATH for a file of the
named context NAME. It follows symbolic links, as an editor would.

Where the build is bound to fail, as when a file that a COPY takes is not there, predict
says by which line, and ends with exit code 1, as the build would. Hit and undecided are
said of what comes before that end, "not run" of what does not come to its turn.

With --since no engine is needed: the working tree as it lies is compared with a build of
a fresh clone at a git revision that left all of its steps in the cache, as in CI.

Build's flags mean what they mean there; those that say where a result goes are ignored.`,
		Example: `  layerwise predict .
  layerwise predict --edit src/app.js .        what if that file changed
  layerwise predict --build-arg VERSION=2 .
  layerwise predict --since origin/main .      what CI would reuse of the last build of main`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), contextArg(args)) },
	}
	c.buildFlags.register(cmd.Flags())
	c.engineFlags.register(cmd.Flags())
	c.reportFlags.register(cmd.Flags())
	cmd.Flags().StringArrayVar(&c.edits, "edit", nil, "take the content of this `file` to change, repeatable")
	cmd.Flags().StringVar(&c.since, "since", "", "compare with a build at this git `revision`, without an engine")
	return cmd
}

func (c *predictCommand) run(ctx context.Context, contextArg string) error {
	outs, err := c.reportFlags.outputs()
	if err != nil {
		return err
	}
	c.tags, c.buildFlags.outputs, c.cacheTo = nil, nil, nil // no result goes anywhere
	o, _, err := c.buildFlags.options(ctx, c.streams, contextArg, engine.Capabilities{})
	if err != nil {
		return err
	}
	store, salt := c.records("nothing is known of earlier builds")
	o.Salt = salt
	var rec, old *record.Record
	done := c.waiting("predicting …")
	if c.since != "" {
		rec, old, err = c.sinceRevision(ctx, o, store)
	} else {
		rec, old, err = c.onEngine(ctx, o, store)
	}
	done()
	if err != nil {
		return foretold(err)
	}
	r := report.New(report.Predict, version())
	var earlier iter.Seq[*record.Record]
	if store != nil && old != nil {
		earlier = store.Earlier(old)
	}
	r.Builds = append(r.Builds, report.FromRecords(rec, old, earlier))
	if err := c.reportFlags.write(c.streams, c.streams.Out, outs, r); err != nil {
		return err
	}
	if s := rec.Step(rec.FailedStep); s != nil {
		return &buildFailsError{line: s.Line, err: errors.New(rec.Error)}
	}
	return nil
}

// buildFailsError says that a build is bound to fail.
type buildFailsError struct {
	line int
	err  error
}

func (e *buildFailsError) Error() string {
	return fmt.Sprintf("predicted: the build fails at line %d: %s", e.line, solve.Message(e.err))
}

func (e *buildFailsError) Unwrap() error { return e.err }

// foretold says of an error that stands at a line of the Dockerfile, such as that of an
// image which is not to be found, that the build ends with it, too.
func foretold(err error) error {
	for _, src := range errdefs.Sources(err) {
		if len(src.Ranges) > 0 && src.Ranges[0].GetStart() != nil {
			return &buildFailsError{line: int(src.Ranges[0].GetStart().GetLine()), err: err}
		}
	}
	return err
}

// onEngine predicts for an engine, and keeps the prediction for the next build to
// check, unless it is a what-if.
func (c *predictCommand) onEngine(ctx context.Context, o solve.Options, store *history.Store) (rec, old *record.Record, err error) {
	eng, err := c.engineFlags.open(ctx, c.streams)
	if err != nil {
		return nil, nil, err
	}
	defer eng.Close()
	platforms, err := solve.Platforms(ctx, eng, o)
	if err != nil {
		return nil, nil, err
	}
	p := predict.Options{Build: o, Edits: c.edits}
	c.recall(store, o.Source.Project(o.Target, platforms), eng, &p)
	if rec, err = predict.Run(ctx, eng, p); err != nil {
		return nil, nil, err
	}
	if len(p.History) > 0 {
		old = p.History[0]
	}
	if store != nil && len(c.edits) == 0 {
		if err := store.SavePrediction(rec); err != nil {
			c.warn("the next build cannot check this prediction: " + err.Error())
		}
	}
	return rec, old, nil
}

func (c *predictCommand) sinceRevision(ctx context.Context, o solve.Options, store *history.Store) (rec, old *record.Record, err error) {
	if o.StandIns != nil {
		o.StandIns = nil // no image is looked at
	}
	p := predict.Options{Build: o, Edits: c.edits}
	plain, err := solve.Platforms(ctx, nil, o)
	if err != nil {
		return nil, nil, err
	}
	c.recall(store, o.Source.Project(o.Target, plain), nil, &p)
	return predict.Since(ctx, p, c.since)
}

// mostOthers bounds the records of other projects that are looked at.
const mostOthers = 100

// recall reads what is recorded: the last build, and where there is an engine that
// cannot be asked itself, all that built on it.
func (c *predictCommand) recall(store *history.Store, project record.Project, eng engine.Engine, p *predict.Options) {
	if store == nil {
		return
	}
	var err error
	if eng != nil && !eng.Capabilities().DryRun {
		if p.History, err = store.All(project); err == nil {
			p.Related, err = store.Others(project, eng.Info().CacheID, mostOthers)
		}
	} else {
		var last *record.Record
		if last, err = store.Latest(project); last != nil {
			p.History = []*record.Record{last}
		}
	}
	if err != nil {
		c.warn(err.Error())
	}
}

// waiting tells a person at a terminal what takes so long, after a second.
func (g *globals) waiting(message string) (done func()) {
	if !g.streams.ErrTerminal {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-stop:
			return
		case <-time.After(time.Second):
		}
		fmt.Fprint(g.streams.Err, message)
		<-stop
		fmt.Fprint(g.streams.Err, "\r\x1b[K")
	}()
	return func() { close(stop); <-stopped }
}

// checkPrediction says where the last prediction of this build was wrong.
func (c *buildCommand) checkPrediction(prediction, rec *record.Record) {
	if prediction == nil {
		return
	}
	wrong, checked, ok := predict.Check(prediction, rec)
	if !ok {
		return
	}
	for _, w := range wrong {
		message := "predicted: " + w.String()
		fmt.Fprintln(c.streams.Err, clean(message))
		rec.Warnings = append(slices.Clone(rec.Warnings), message)
	}
	if c.verbose && len(wrong) == 0 {
		fmt.Fprintf(c.streams.Err, "prediction: %d verdicts, all right\n", checked)
	}
}
