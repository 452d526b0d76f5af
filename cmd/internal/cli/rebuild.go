package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/inputfile"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/scenario"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/layerwise/layerwise/analyzer/workspace"
	"github.com/layerwise/layerwise/report"
	"github.com/spf13/cobra"
)

// scenarioName is the scenario that a context brings with it.
const scenarioName = "scenario.yaml"

type rebuildCommand struct {
	*globals
	buildFlags
	engineFlags
	reportFlags
	edits    []string
	scenario string
}

func newRebuild(g *globals) *cobra.Command {
	c := &rebuildCommand{globals: g}
	cmd := &cobra.Command{
		Use:   "rebuild [CONTEXT]",
		Short: "Build again and again with edits between, and show what each build reused",
		Long: `Rebuild is an experiment: on a copy of the context and with an empty cache of its own it
builds once cold, once unchanged, and once after each edit, and prints a matrix of
instructions by builds, with the causes of every miss below it.

The edits are those of --edit, those of a scenario file, or those of scenario.yaml in the
context. A path may lead through symbolic links to a file of the context. Your files stay
as they are, and those of named contexts are not copied, so that they cannot be edited.

With --addr it builds on that engine, in the cache that is there: the first build runs
every step as with --no-cache, what it makes stays in that cache, and a later build can
reuse what other builds left in it.`,
		Example: `  layerwise rebuild --offline examples/quickstart
  layerwise rebuild --edit src/app.js --edit package.json .
  layerwise rebuild --scenario ci/scenario.yaml --report json=rebuild.json .`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), contextArg(args)) },
	}
	c.buildFlags.register(cmd.Flags())
	c.engineFlags.register(cmd.Flags())
	c.reportFlags.register(cmd.Flags())
	cmd.Flags().StringArrayVar(&c.edits, "edit", nil, "change the content of this `file` before a rebuild, repeatable")
	cmd.Flags().StringVar(&c.scenario, "scenario", "", "`file` with the edits (default scenario.yaml in the context)")
	return cmd
}

func (c *rebuildCommand) run(ctx context.Context, contextArg string) error {
	outs, err := c.reportFlags.outputs()
	if err != nil {
		return err
	}
	plan, err := c.load(contextArg)
	if err != nil {
		return err
	}
	given, err := c.sourceFlags.options(c.streams, contextArg)
	if err != nil {
		return err
	}
	src := given.Source
	if src.Remote || src.Context == "" {
		return usagef("rebuild edits a copy of the context, so it needs a folder; clone %s and name its folder", contextArg)
	}
	eng, remove, err := c.engine(ctx)
	if err != nil {
		return err
	}
	defer remove()
	x := &experiment{command: c, engine: eng, report: report.New(report.Rebuild, version()), source: src}
	o := scenario.Options{Scenario: plan, Context: src.Context, Dockerfile: src.Path(), Named: src.Folders(), Build: x.build, Progress: x.progress}
	if x.hasOwnCache() {
		o.Prune = func(ctx context.Context) error { _, err := prune(ctx, eng); return err }
	}
	_, runErr := scenario.Run(ctx, o)
	if len(x.report.Builds) > 0 {
		if err := c.reportFlags.write(c.streams, c.streams.Out, outs, x.report); err != nil {
			return err
		}
	}
	return runErr
}

// load reads the scenario that the flags or the context name.
func (c *rebuildCommand) load(contextArg string) (*scenario.Scenario, error) {
	if len(c.edits) > 0 && c.scenario != "" {
		return nil, usagef("--edit and --scenario exclude each other")
	}
	if len(c.edits) > 0 {
		return scenario.FromEdits(c.edits), nil
	}
	name := c.scenario
	if name == "" {
		name = filepath.Join(contextArg, scenarioName)
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return scenario.Default(), nil
		}
	}
	f, err := inputfile.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	defer f.Close()
	return scenario.Load(name, f)
}

// hasOwnCache says that the experiment's engine is its own, with a cache that was
// empty before.
func (x *experiment) hasOwnCache() bool { return x.engine.Capabilities().Private }

// isColdByForce says that a build is cold because it is told to be: the first one, in
// a cache that is not the experiment's own.
func (x *experiment) isColdByForce(index int) bool { return index == 0 && !x.hasOwnCache() }

// label is what a build is called.
func (x *experiment) label(index int, label string) string {
	if x.isColdByForce(index) {
		return label + " (no cache used)"
	}
	return label
}

// engine starts an embedded engine with an empty cache of its own, unless
// --addr names another one. BUILDKIT_HOST does not count here: an experiment
// never touches a cache that people use unless it is told to.
func (c *rebuildCommand) engine(ctx context.Context) (engine.Engine, func(), error) {
	if c.addr != "" {
		eng, err := c.named(c.addr, "--addr").Connect(ctx)
		if err != nil {
			return nil, nil, err
		}
		return eng, func() { eng.Close() }, nil
	}
	root, err := c.stateFolder()
	if err != nil {
		return nil, nil, err
	}
	if c.dir != "" {
		removeStale(ctx, filepath.Dir(root)) // the usual place was looked at already
	}
	eng, err := c.start(ctx, c.streams, root)
	if err != nil {
		return nil, nil, err
	}
	return eng, func() {
		eng.Close()
		if err := embedded.Remove(context.WithoutCancel(ctx), root); err != nil {
			c.warn(fmt.Sprintf("the experiment's cache is left in %s: %v", root, err))
		}
	}, nil
}

// stateFolder is a new one beside the engine's usual one, on the same disk.
func (c *rebuildCommand) stateFolder() (string, error) {
	root := c.dir
	if root == "" {
		var err error
		if root, err = embedded.DefaultRoot(); err != nil {
			return "", err
		}
	}
	parent := experiments(root)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	return os.MkdirTemp(parent, "")
}

// experiments is where the state folders of experiments lie.
func experiments(root string) string { return filepath.Join(filepath.Dir(root), "experiments") }

// sweepLeftovers removes what commands left that were killed: temporary folders, and
// state folders of experiments.
func sweepLeftovers(ctx context.Context) {
	workspace.Sweep()
	if root, err := embedded.DefaultRoot(); err == nil {
		removeStale(ctx, experiments(root))
	}
}

// removeStale removes what experiments left that were killed. Those that run
// hold their folder, and Remove refuses it.
func removeStale(ctx context.Context, parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		dir := filepath.Join(parent, e.Name())
		if left, err := os.ReadDir(dir); err == nil && len(left) > 0 {
			_ = embedded.Remove(ctx, dir)
		}
	}
}

// experiment is one run of rebuild.
type experiment struct {
	command *rebuildCommand
	engine  engine.Engine
	source  solve.Source
	report  *report.Report
	last    *record.Record
	earlier []*record.Record // before the last, the newest first
	title   string
}

func (x *experiment) progress(index, total int, label string) {
	x.title = fmt.Sprintf("build %d of %d: %s", index+1, total, clean(x.label(index, label)))
}

// build builds the copy of the context as it stands now.
func (x *experiment) build(ctx context.Context, b scenario.Build) (*record.Record, error) {
	flags := x.command.buildFlags
	flags.file = b.Dockerfile
	o, exports, err := flags.options(ctx, x.command.streams, b.Context, x.engine.Capabilities())
	if err != nil {
		return nil, err
	}
	for k, v := range b.BuildArgs {
		o.BuildArgs[k] = v
	}
	o.Label = x.label(b.Index, b.Label)
	o.NoCache = o.NoCache || x.isColdByForce(b.Index)
	o.StatCache = "" // of a folder that is gone afterwards
	p, err := startProgress(x.command.streams, flags.progress, x.title, true)
	if err != nil {
		return nil, err
	}
	o.Status = p.show
	rec, buildErr := solve.Run(ctx, x.engine, o)
	p.stop()
	if err := exports.finish(buildErr == nil); err != nil && buildErr == nil {
		buildErr = err
	}
	if rec == nil {
		return nil, buildErr
	}
	if buildErr != nil {
		p.tail.print(x.command.streams, failedVertex(rec))
	}
	rec.Project.Context, rec.Project.Dockerfile = x.source.Context, x.source.Dockerfile // not the copy's
	if x.isColdByForce(b.Index) {
		rec.Warnings = append(rec.Warnings, "this engine's cache is not the experiment's own: what other builds left in it can be reused from the second build on")
	}
	explain.CarryForwardAll(x.last, rec, slices.Values(x.earlier))
	x.report.Builds = append(x.report.Builds, report.FromRecords(rec, x.last, slices.Values(x.earlier)))
	if x.last != nil {
		x.earlier = slices.Insert(x.earlier, 0, x.last)
	}
	x.last = rec
	return rec, buildErr
}
