package oracle_test

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// world is what one script of TestConfirm acts on.
type world struct {
	dir     string
	kind    string // of the engine that builds unless the script says otherwise
	engines map[string]engine.Engine
	at      string // the engine that builds
	images  *images
	server  *server
	last    *record.Record
	earlier []*record.Record // before the last, the oldest first
	started time.Time
}

// reset gives a script base images that no other has, and removes what scripts
// before it left in the caches, as far as nothing holds on to it: BuildKit keeps
// what a cancelled step stood on.
func (w *world) reset(script string) error {
	w.started = time.Now()
	w.images.start(script)
	for _, e := range w.engines {
		if err := e.Client().Prune(context.Background(), nil, client.PruneAll); err != nil {
			return err
		}
	}
	return nil
}

// empty prunes until nothing is left of what the script made: a build that is
// over holds on to its results for a moment.
func (w *world) empty() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := w.engines[w.at].Client()
	for {
		if err := c.Prune(ctx, nil, client.PruneAll); err != nil {
			return err
		}
		all, err := c.DiskUsage(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(u *client.UsageInfo) bool { return u.CreatedAt.After(w.started) }) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// prune removes results that match the filters, all without any.
func (w *world) prune(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Check(w.empty())
		return
	}
	removed := make(chan client.UsageInfo)
	count := make(chan int)
	go func() {
		n := 0
		for range removed {
			n++
		}
		count <- n
	}()
	err := w.engines[w.at].Client().Prune(context.Background(), removed, client.PruneAll, client.WithFilter(args))
	close(removed)
	if n := <-count; err != nil || n == 0 {
		ts.Fatalf("prune: %d removed, %v", n, err)
	}
}

// engine takes the engine to build on.
func (w *world) engine(ts *testscript.TestScript, neg bool, args []string) {
	w.at = one(ts, "engine own|other", args, "own", "other")
}

// change writes a file behind the back of all that look at sizes and times.
func (w *world) change(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: change FILE TEXT")
	}
	name, text := ts.MkAbs(args[0]), args[1]+"\n"
	info, err := os.Stat(name)
	ts.Check(err)
	if info.Size() != int64(len(text)) {
		ts.Fatalf("change %s: it has %d bytes, the text %d", args[0], info.Size(), len(text))
	}
	ts.Check(os.WriteFile(name, []byte(text), info.Mode()))
	ts.Check(os.Chtimes(name, info.ModTime(), info.ModTime()))
}

func (w *world) xattr(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: xattr FILE VALUE")
	}
	ts.Check(unix.Setxattr(ts.MkAbs(args[0]), "user.layerwise", []byte(args[1]), 0))
}

// forget takes evidence out of the last record, as if it had never been there.
func (w *world) forget(ts *testscript.TestScript, neg bool, args []string) {
	switch one(ts, "forget trees|engine", args, "trees", "engine") {
	case "trees":
		w.last.Trees = nil
		for i := range w.last.Steps {
			for j := range w.last.Steps[i].Vertices {
				for k := range w.last.Steps[i].Vertices[j].Inputs {
					w.last.Steps[i].Vertices[j].Inputs[k].Content = ""
				}
			}
		}
	case "engine":
		w.last.Engine.CacheID = ""
	}
}
