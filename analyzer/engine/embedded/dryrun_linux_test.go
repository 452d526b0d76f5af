package embedded_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// dryRun asks what a state would run. It returns the names of the vertices, too.
func dryRun(ctx context.Context, t *testing.T, e *embedded.Engine, state llb.State, locals map[string]string) (*engine.DryFacts, map[digest.Digest]string, error) {
	t.Helper()
	mounts := map[string]fsutil.FS{}
	for name, dir := range locals {
		fs, err := fsutil.NewFS(dir)
		if err != nil {
			t.Fatal(err)
		}
		mounts[name] = fs
	}
	program, err := fsutil.NewFS(stepProgram)
	if err != nil {
		t.Fatal(err)
	}
	mounts["program"] = program
	def, err := state.Marshal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := def.ToPB().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	names := map[digest.Digest]string{}
	for d, md := range def.ToPB().Metadata {
		names[digest.Digest(d)] = md.Description["llb.customname"]
	}
	var facts *engine.DryFacts
	_, err = e.Client().Build(ctx, client.SolveOpt{LocalMounts: mounts, Internal: true}, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		var err error
		facts, err = e.DryRun(ctx, engine.DryRun{Session: c.BuildOpts().SessionID, Definitions: [][]byte{encoded}})
		return gateway.NewResult(), err
	}, nil)
	return facts, names, err
}

func TestDryRun(t *testing.T) {
	e := start(t, embedded.Options{})
	src := map[string]string{"src": sourceFolder(t)}
	check := func(what string, run ...string) *engine.DryFacts {
		t.Helper()
		facts, names, err := dryRun(t.Context(), t, e, project(), src)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{}
		for _, name := range run {
			want[name] = true
		}
		for d, f := range facts.Most {
			name := names[d]
			if name == "" { // a folder of the client, which is transferred
				continue
			}
			if f.Executions > 0 {
				t.Errorf("%s: %s ran", what, name)
			}
			if f.WouldRun != want[name] {
				t.Errorf("%s: %s would run: %v", what, name, f.WouldRun)
			}
			if f.Key == "" {
				t.Errorf("%s: no key of %s", what, name)
			}
		}
		if !facts.Certain || len(facts.Least) != len(facts.Most) {
			t.Errorf("%s: %d facts, at least %d, certain %v", what, len(facts.Most), len(facts.Least), facts.Certain)
		}
		return facts
	}
	check("cold", "copy", "mkfile", "mount", "rootfs", "step fill")
	check("cold again", "copy", "mkfile", "mount", "rootfs", "step fill")
	built := solve(t, e, project(), src)
	dry := check("built")
	src["src"] = folder(t, map[string]string{"a.txt": "other", "sub/b.txt": "b", "sub/skip.log": "other", "mounted/c.txt": "changed"})
	check("after an edit", "mount")

	// A dry run knows what a build knows.
	for _, name := range []string{"copy", "mkfile", "mount", "step fill"} {
		want := built.fact(t, name)
		found := false
		for _, f := range dry.Most {
			found = found || f.Key == want.Key && len(f.Inputs) == len(want.Inputs)
		}
		if !found {
			t.Errorf("no fact of %s with the key %s", name, want.Key)
		}
	}
}

// What takes files that would have to be made first runs at most.
func TestDryRunDoubt(t *testing.T) {
	e := start(t, embedded.Options{})
	state := func(text string) llb.State {
		made := step(rootfs(), "write", "/made", text)
		return rootfs().File(llb.Copy(made, "/made", "/copied"), llb.WithCustomName("copy"))
	}
	solve(t, e, state("one"), nil)
	facts, names, err := dryRun(t.Context(), t, e, state("two"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if facts.Certain {
		t.Error("the result of a step that did not run is certain")
	}
	for d, name := range names {
		if name == "" { // a folder of the client
			continue
		}
		most, least := facts.Most[d].WouldRun, facts.Least[d].WouldRun
		if most != (name == "copy" || name == "step write") || least != (name == "step write") {
			t.Errorf("%s runs at most: %v, at least: %v", name, most, least)
		}
	}
}

// A dry run tells what a build would fail with, and goes on with the rest.
func TestDryRunOfFailure(t *testing.T) {
	e := start(t, embedded.Options{})
	missing := rootfs().File(llb.Copy(llb.Local("program"), "/missing", "/x"), llb.WithCustomName("copy missing"))
	state := step(missing, "write", "/y", "y")
	facts, names, err := dryRun(t.Context(), t, e, state, nil)
	if err != nil {
		t.Fatal(err)
	}
	for d, name := range names {
		f := facts.Most[d]
		if failed := strings.Contains(f.Error, `"/missing": not found`); failed != (name == "copy missing") {
			t.Errorf("%s: error %q", name, f.Error)
		}
		if name != "" && !f.WouldRun {
			t.Errorf("%s is taken for a hit", name)
		}
	}
}

func TestDryRunEnds(t *testing.T) {
	e := start(t, embedded.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	if _, err := e.DryRun(ctx, engine.DryRun{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it took %s to end", took)
	}
	if _, err := e.DryRun(t.Context(), engine.DryRun{Definitions: [][]byte{{}}}); err == nil || !strings.Contains(err.Error(), "empty definition") {
		t.Errorf("empty definition: %v", err)
	}
	if _, err := e.DryRun(t.Context(), engine.DryRun{Allow: []string{"nonsense"}}); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("unknown entitlement: %v", err)
	}
	if facts, err := e.DryRun(t.Context(), engine.DryRun{}); err != nil || len(facts.Most) > 0 || !facts.Certain {
		t.Errorf("nothing to do: %+v, %v", facts, err)
	}
}
