package cli

import (
	"context"

	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/layerwise/layerwise/report"
	"github.com/spf13/cobra"
)

type explainCommand struct {
	*globals
	sourceFlags
	reportFlags
}

func newExplain(g *globals) *cobra.Command {
	c := &explainCommand{globals: g}
	cmd := &cobra.Command{
		Use:   "explain [CONTEXT]",
		Short: "Say what each instruction makes and what its cache key depends on, without a build",
		Long: `Explain reads a Dockerfile and its context, without an engine and without a network:
for every instruction the effect on the image, what its cache key depends on (files with
their count and size, build arguments, mounts, base), and the lines that it takes down
with it when it misses. Base images are not looked at.`,
		Example: `  layerwise explain .
  layerwise explain --target test --report json .`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), contextArg(args)) },
	}
	c.sourceFlags.register(cmd.Flags())
	c.reportFlags.register(cmd.Flags())
	return cmd
}

func (c *explainCommand) run(ctx context.Context, contextArg string) error {
	outs, err := c.reportFlags.outputs()
	if err != nil {
		return err
	}
	o, err := c.sourceFlags.options(c.streams, contextArg)
	if err != nil {
		return err
	}
	o.Tool = version()
	rec, err := solve.Plan(ctx, o)
	if err != nil {
		return err
	}
	r := report.New(report.Explain, version())
	r.Builds = append(r.Builds, report.FromPlan(rec))
	return c.reportFlags.write(c.streams, c.streams.Out, outs, r)
}
