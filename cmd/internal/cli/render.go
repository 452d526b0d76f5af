package cli

import (
	"fmt"
	"io"

	"github.com/layerwise/layerwise/analyzer/inputfile"
	"github.com/layerwise/layerwise/report"
	"github.com/spf13/cobra"
)

type renderCommand struct {
	*globals
	reportFlags
}

func newRender(g *globals) *cobra.Command {
	c := &renderCommand{globals: g}
	cmd := &cobra.Command{
		Use:   "render FILE",
		Short: "Write a saved JSON report in another format",
		Example: `  layerwise build --report json=report.json .
  layerwise render report.json
  layerwise render - < report.json`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return c.run(args[0]) },
	}
	c.reportFlags.register(cmd.Flags())
	return cmd
}

func (c *renderCommand) run(name string) error {
	outs, err := c.reportFlags.outputs()
	if err != nil {
		return err
	}
	var in io.Reader = c.streams.In
	if name != "-" {
		f, err := inputfile.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	r, err := report.Read(in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return c.reportFlags.write(c.streams, c.streams.Out, outs, r)
}
