package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/layerwise/layerwise/analyzer/history"
	"github.com/layerwise/layerwise/analyzer/inputfile"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/report"
	"github.com/spf13/cobra"
)

type compareCommand struct {
	*globals
	reportFlags
}

func newCompare(g *globals) *cobra.Command {
	c := &compareCommand{globals: g}
	cmd := &cobra.Command{
		Use:   "compare [A] [B]",
		Short: "Say why the misses of one recorded build missed, compared with another",
		Long: `Compare explains build B by build A. Each is the id of a record, the start of one that
is unambiguous, or a record file. Without B, it is the build that followed A in the same
project; without both, the last two builds of the newest project.`,
		Example: `  layerwise compare
  layerwise compare 20260102-150405-1a2b 20260102-151011-3c4d
  layerwise compare before.json.zst after.json.zst`,
		Args: args(cobra.MaximumNArgs(2)),
		RunE: func(_ *cobra.Command, args []string) error { return c.run(args) },
	}
	c.reportFlags.register(cmd.Flags())
	return cmd
}

func (c *compareCommand) run(names []string) error {
	outs, err := c.reportFlags.outputs()
	if err != nil {
		return err
	}
	store, err := c.openHistory()
	if err != nil {
		return err
	}
	old, cur, err := pair(store, names)
	if err != nil {
		return err
	}
	r := report.New(report.Compare, version())
	r.Builds = append(r.Builds, report.FromRecords(cur, old, nil))
	return c.reportFlags.write(c.streams, c.streams.Out, outs, r)
}

func pair(store *history.Store, names []string) (old, cur *record.Record, err error) {
	if len(names) == 2 {
		if old, err = load(store, names[0]); err != nil {
			return nil, nil, err
		}
		cur, err = load(store, names[1])
		return old, cur, err
	}
	filter := history.Filter{}
	if len(names) == 1 {
		if old, err = load(store, names[0]); err != nil {
			return nil, nil, err
		}
		filter.Project = &old.Project
	}
	entries, err := store.List(filter)
	if err != nil {
		return nil, nil, err
	}
	if len(names) == 0 {
		return lastTwo(store, entries)
	}
	next := ""
	for _, e := range entries { // newest first
		if e.ID == old.ID {
			break
		}
		next = e.ID
	}
	if next == "" {
		return nil, nil, fmt.Errorf("no build of this project followed %s; name a second one", old.ID)
	}
	cur, err = store.Get(next)
	return old, cur, err
}

func lastTwo(store *history.Store, entries []history.Entry) (old, cur *record.Record, err error) {
	if len(entries) == 0 {
		return nil, nil, errors.New("no build is recorded; run layerwise build first")
	}
	if cur, err = store.Get(entries[0].ID); err != nil {
		return nil, nil, err
	}
	same, err := store.List(history.Filter{Project: &cur.Project, Limit: 2})
	if err != nil {
		return nil, nil, err
	}
	if len(same) < 2 {
		return nil, nil, fmt.Errorf("%s is the only recorded build of its project; build it once more", cur.ID)
	}
	old, err = store.Get(same[1].ID)
	return old, cur, err
}

// load takes a record from a file where there is one of that name, else from
// the store.
func load(store *history.Store, name string) (*record.Record, error) {
	f, err := inputfile.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return store.Get(name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rec, err := record.Read(f, record.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rec, nil
}
