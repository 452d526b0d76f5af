//go:build linux

package probe

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/session"
	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/engine"
)

func take(t *testing.T, r *Recorder, ref string) map[digest.Digest]engine.Fact {
	t.Helper()
	facts, err := r.Take(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// takeNames is take with the number of executions by vertex, as "name 1".
func takeNames(t *testing.T, r *Recorder, ref string) map[string]int {
	t.Helper()
	ran := map[string]int{}
	for vertex, f := range take(t, r, ref) {
		ran[string(vertex)] = f.Executions
	}
	return ran
}

// Each of two builds gets its own vertices, and those that both have.
func TestOverlappingBuilds(t *testing.T) {
	r := NewRecorder(nil)
	r.Begin("first", "s1")
	shared, early := r.activate("shared"), r.activate("early")
	r.begin(shared)
	r.begin(early)
	r.deactivate("early", early)
	r.Begin("second", "s2") // which joins what the first one has begun
	late := r.activate("late")
	r.begin(late)
	r.Told("first", "shared", "early")
	r.Told("second", "shared", "late")
	r.End("first")
	r.End("second")
	if diff := cmp.Diff(map[string]int{"shared": 1, "early": 1}, takeNames(t, r, "first")); diff != "" {
		t.Errorf("the first build (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"shared": 1, "late": 1}, takeNames(t, r, "second")); diff != "" {
		t.Errorf("the second build (-want +got):\n%s", diff)
	}
	if _, err := r.Take(t.Context(), "first"); err == nil {
		t.Error("facts were not forgotten")
	}
	if _, err := r.Take(t.Context(), "third"); err == nil {
		t.Error("there are facts of a build that never was")
	}
}

// A vertex that one build wants without a cache, and another one as it is, is two.
func TestOverlapWithoutCache(t *testing.T) {
	uncached := digest.FromString("v-ignorecache")
	r := NewRecorder(nil)
	r.Begin("plain", "s1")
	r.activate("v")
	r.Begin("without", "s2")
	r.begin(r.activate(uncached))
	r.Told("plain", "v")
	r.Told("without", uncached)
	for ref, want := range map[string]map[string]int{"plain": {"v": 0}, "without": {"v": 1, string(uncached): 1}} {
		r.End(ref)
		got := takeNames(t, r, ref)
		delete(want, string(uncached))
		delete(got, string(uncached))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", ref, diff)
		}
	}
}

// What a build before it left behind, or makes after it, is not a build's.
func TestBuildsInTurn(t *testing.T) {
	r := NewRecorder(nil)
	for _, ref := range []string{"first", "second"} {
		r.Begin(ref, "")
		if r.Idle() {
			t.Errorf("%s: nothing is building", ref)
		}
		a := r.activate(digest.Digest(ref))
		r.begin(a)
		r.deactivate(digest.Digest(ref), a)
		r.End(ref)
		if !r.Idle() {
			t.Errorf("%s: the build is not over", ref)
		}
	}
	r.activate("later")
	for _, ref := range []string{"second", "first"} { // without a word of what their clients were told
		if got := slices.Collect(maps.Keys(takeNames(t, r, ref))); !slices.Equal(got, []string{ref}) {
			t.Errorf("%s has %q", ref, got)
		}
	}
}

// Facts that nobody takes do not pile up.
func TestUntakenBuilds(t *testing.T) {
	r := NewRecorder(nil)
	r.Begin("running", "")
	for range 3 * keptBuilds {
		r.Begin("x", "")
		r.End("x")
	}
	if len(r.builds) > keptBuilds+1 {
		t.Errorf("%d builds are kept", len(r.builds))
	}
	r.End("running")
	take(t, r, "running")
}

// What an import had belongs to the build whose client asked for it.
func TestImportsOfOverlappingBuilds(t *testing.T) {
	r := NewRecorder(nil)
	for _, name := range []string{"first", "second"} {
		r.Begin(name, "session of "+name)
		r.update(r.of("v"), func(f *engine.Fact) { f.Key = "key" })
		r.Told(name, "v")
	}
	w := watch{r, r.bySession(session.NewGroup("session of second"))}
	w.loaded("import")
	w.found("key", false)
	for _, name := range []string{"first", "second"} {
		r.End(name)
		facts := take(t, r, name)
		own := name == "second"
		if got := facts[engine.ImportVertex("import")].Loads == 1; got != own {
			t.Errorf("%s: loads from the import: %t, want %t", name, got, own)
		}
		if got := facts["v"].KeyOnly; got != own {
			t.Errorf("%s: the import has the key alone: %t, want %t", name, got, own)
		}
	}
}
