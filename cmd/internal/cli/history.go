package cli

import (
	"fmt"
	"iter"
	"text/tabwriter"
	"time"

	"github.com/docker/go-units"
	"github.com/layerwise/layerwise/analyzer/history"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/report"
	"github.com/layerwise/layerwise/report/text"
	"github.com/spf13/cobra"
)

func newHistory(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List, show and prune the records of earlier builds",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newHistoryList(g), newHistoryShow(g), newHistoryPrune(g))
	return cmd
}

func newHistoryList(g *globals) *cobra.Command {
	limit := 0
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List recorded builds, newest first",
		Example: "  layerwise history list --limit 10",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			store, err := g.openHistory()
			if err != nil {
				return err
			}
			entries, err := store.List(history.Filter{Limit: limit})
			if err != nil {
				return err
			}
			return g.printEntries(entries)
		},
	}
	cmd.Flags().IntVarP(&limit, "limit", "n", 0, "list at most this many (0: all)")
	return cmd
}

func (g *globals) printEntries(entries []history.Entry) error {
	if len(entries) == 0 {
		fmt.Fprintln(g.streams.Err, "no build is recorded")
		return nil
	}
	w := tabwriter.NewWriter(g.streams.Out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTARTED\tRESULT\tTIME\tHITS\tMISSES\tPROJECT")
	for _, e := range entries {
		project := e.Project.Context + " " + e.Project.Dockerfile
		if e.Project.Target != "" {
			project += " → " + e.Project.Target
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1fs\t%d\t%d\t%s\n", e.ID, text.Ago(e.Started, g.streams.Now()),
			e.Result, e.Seconds, e.Hits, e.Misses, clean(project))
	}
	return w.Flush()
}

type historyShow struct {
	*globals
	reportFlags
}

func newHistoryShow(g *globals) *cobra.Command {
	c := &historyShow{globals: g}
	cmd := &cobra.Command{
		Use:     "show [ID]",
		Short:   "Show the report of a recorded build, the newest by default",
		Example: "  layerwise history show 20260102-150405-1a2b --report json",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE:    func(_ *cobra.Command, args []string) error { return c.run(args) },
	}
	c.reportFlags.register(cmd.Flags())
	return cmd
}

// run shows a build as it was reported: compared with the one before it.
func (c *historyShow) run(ids []string) error {
	outs, err := c.reportFlags.outputs()
	if err != nil {
		return err
	}
	store, err := c.openHistory()
	if err != nil {
		return err
	}
	id := ""
	if len(ids) > 0 {
		id = ids[0]
	} else {
		entries, err := store.List(history.Filter{Limit: 1})
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return fmt.Errorf("no build is recorded; run layerwise build first")
		}
		id = entries[0].ID
	}
	cur, err := store.Get(id)
	if err != nil {
		return err
	}
	old, err := store.Before(cur)
	if err != nil {
		return err
	}
	var earlier iter.Seq[*record.Record]
	if old != nil {
		earlier = store.Earlier(old)
	}
	r := report.New(report.Build, version())
	r.Builds = append(r.Builds, report.FromRecords(cur, old, earlier))
	return c.reportFlags.write(c.streams, c.streams.Out, outs, r)
}

func newHistoryPrune(g *globals) *cobra.Command {
	var o history.PruneOptions
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove records of earlier builds",
		Example: `  layerwise history prune --keep 10           the newest 10 of each project stay
  layerwise history prune --older-than 720h
  layerwise history prune --all`,
		Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if o.Keep == 0 && o.OlderThan == 0 && !o.All {
				return usagef("say what to remove: --keep N, --older-than DURATION or --all")
			}
			store, err := g.openHistory()
			if err != nil {
				return err
			}
			removed, freed, err := store.Prune(o)
			fmt.Fprintf(g.streams.Out, "removed %d records, %s\n", len(removed), units.HumanSize(float64(freed)))
			return err
		},
	}
	cmd.Flags().IntVar(&o.Keep, "keep", 0, "keep the newest `N` of each project")
	cmd.Flags().DurationVar(&o.OlderThan, "older-than", 0*time.Second, "remove what is older than this `duration`, like 720h")
	cmd.Flags().BoolVar(&o.All, "all", false, "remove every record")
	return cmd
}
