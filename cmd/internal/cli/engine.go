package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/docker/go-units"
	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/history"
	"github.com/layerwise/layerwise/analyzer/image"
	"github.com/moby/buildkit/client"
	"github.com/spf13/cobra"
)

func newEngine(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "engine",
		Short: "Look at the engine that builds, and prune its cache",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEngineInfo(g), newEnginePrune(g))
	return cmd
}

func newEngineInfo(g *globals) *cobra.Command {
	f := &engineFlags{}
	cmd := &cobra.Command{
		Use:     "info",
		Short:   "Print which BuildKit builds, and what its cache holds",
		Example: "  layerwise engine info",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			eng, err := f.open(cmd.Context(), g.streams)
			if err != nil {
				return err
			}
			defer eng.Close()
			return g.printEngine(cmd.Context(), eng)
		},
	}
	f.register(cmd.Flags())
	return cmd
}

func (g *globals) printEngine(ctx context.Context, eng engine.Engine) error {
	usage, err := eng.Client().DiskUsage(ctx)
	if err != nil {
		return fmt.Errorf("ask the engine for its disk usage: %w", err)
	}
	var size int64
	for _, u := range usage {
		size += u.Size
	}
	info := eng.Info()
	w := tabwriter.NewWriter(g.streams.Out, 0, 8, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, clean(value))
		}
	}
	row("Engine", info.Kind)
	row("Address", info.Address)
	row("BuildKit", info.Version)
	row("Isolation", info.Isolation)
	network := info.Network
	if info.NetworkReason != "" {
		network += " (" + info.NetworkReason + ")"
	}
	row("Network", network)
	row("Snapshotter", info.Snapshotter)
	if info.Rootless {
		row("Rootless", "yes")
	}
	row("Cache", fmt.Sprintf("%d records, %s", len(usage), units.HumanSize(float64(size))))
	if other := beside(eng); other != nil {
		size, err := other.Size()
		if err != nil {
			return fmt.Errorf("measure the engine's other cache: %w", err)
		}
		row("Beside it", fmt.Sprintf("%s of steps that %s ran", units.HumanSize(float64(size)), other.Runtime))
	}
	return w.Flush()
}

func newEnginePrune(g *globals) *cobra.Command {
	f := &engineFlags{}
	all := false
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Empty the cache of the embedded engine",
		Example: `  layerwise engine prune
  layerwise engine prune --all                the whole state folder, also a damaged one`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if all {
				return f.remove(cmd.Context(), g.streams)
			}
			eng, err := f.own(g.streams).Connect(cmd.Context()) // never one that others use, too
			if err != nil {
				return err
			}
			defer eng.Close()
			freed, err := prune(cmd.Context(), eng)
			if other := beside(eng); other != nil && err == nil {
				size, _ := other.Size() // what cannot be measured can be removed
				if err = other.Remove(); err == nil {
					freed += size
				}
			}
			layersErr := forgetLayers()
			forgotten, historyErr := engine.ForgetBuilds(cmd.Context(), eng.Client())
			fmt.Fprintf(g.streams.Out, "freed %s, and removed %s from the engine's own history (layerwise history keeps its records)\n",
				units.HumanSize(float64(freed)), counted(forgotten, "build"))
			return errors.Join(err, layersErr, historyErr)
		},
	}
	f.registerEmbedded(cmd.Flags())
	cmd.Flags().BoolVar(&all, "all", false, "remove the whole state folder")
	return cmd
}

// forgetLayers removes what is kept of the layers of images, the names of their files
// included.
func forgetLayers() error {
	dir, err := cacheFolder("layers")
	if err != nil {
		return err
	}
	return image.NewCache(dir).Clear()
}

// beside returns the cache that an engine keeps for another runtime, nil for none.
func beside(eng engine.Engine) *embedded.Beside {
	if own, ok := eng.(*embedded.Engine); ok {
		return own.Beside()
	}
	return nil
}

// remove deletes the state folder of the embedded engine, and says what is left of
// what layerwise wrote.
func (f *engineFlags) remove(ctx context.Context, s *Streams) error {
	dir := f.dir
	if dir == "" {
		var err error
		if dir, err = embedded.DefaultRoot(); err != nil {
			return err
		}
	}
	_, missing := os.Lstat(dir)
	if err := embedded.Remove(ctx, dir); err != nil {
		return err
	}
	if missing != nil {
		fmt.Fprintf(s.Out, "nothing to remove: there is no %s\n", clean(dir))
	} else {
		fmt.Fprintf(s.Out, "removed %s\n", clean(dir))
	}
	if others := experiments(dir); f.dir == "" && os.Remove(others) != nil && exists(others) {
		fmt.Fprintf(s.Out, "kept the state of experiments that still run, in %s (layerwise rebuild removes it when they end)\n", clean(others))
	}
	if records, err := history.DefaultDir(); err == nil && exists(records) {
		fmt.Fprintf(s.Out, "kept the records of builds in %s (layerwise history prune --all removes them)\n", clean(records))
	}
	if cache, err := cacheFolder(""); err == nil && exists(cache) {
		fmt.Fprintf(s.Out, "kept what is made again when it is missing, in %s\n", clean(cache))
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// prune empties an engine's cache and returns the bytes that it freed.
func prune(ctx context.Context, eng engine.Engine) (int64, error) {
	var freed int64
	events := make(chan client.UsageInfo)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for u := range events {
			freed += u.Size
		}
	}()
	err := eng.Client().Prune(ctx, events, client.PruneAll)
	close(events)
	<-done
	return freed, err
}
