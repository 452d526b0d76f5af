package embedded_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client/llb"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

func sourceFolder(t testing.TB) string {
	return folder(t, map[string]string{"a.txt": "a", "sub/b.txt": "b", "sub/skip.log": "log", "mounted/c.txt": "c"})
}

// project takes parts of a local folder in each of the ways that count by
// content.
func project() llb.State {
	s := rootfs().File(llb.Mkfile("/made", 0o644, []byte("x")), llb.WithCustomName("mkfile"))
	s = s.File(llb.Copy(llb.Local("src"), "/sub", "/sub", &llb.CopyInfo{ExcludePatterns: []string{"*.log"}}), llb.WithCustomName("copy"))
	s = step(s, "fill", "/filled", "100000")
	return s.Run(
		llb.Args([]string{"/step", "write", "/out", "1"}),
		llb.AddMount("/src", llb.Local("src"), llb.SourcePath("/mounted"), llb.Readonly, llb.ForceNoOutput),
		llb.WithCustomName("mount"),
	).Root()
}

func TestFacts(t *testing.T) {
	root := stateFolder(t)
	src := map[string]string{"src": sourceFolder(t)}
	e := start(t, embedded.Options{Root: root})
	if info := e.Info(); info.Kind != engine.KindEmbedded || info.CacheID == "" || info.Version == "" || info.Isolation == "" || info.Snapshotter == "" || !filepath.IsAbs(info.Folder) {
		t.Errorf("info is incomplete: %+v", info)
	}
	cold := solve(t, e, project(), src)
	if diff := cmp.Diff([]string{"copy", "mkfile", "mount", "rootfs", "step fill"}, cold.executed()); diff != "" {
		t.Errorf("executed cold (-want +got):\n%s", diff)
	}
	for name, files := range map[string][]string{"copy": {"/sub/b.txt"}, "mount": {"/mounted/c.txt"}} {
		fact := cold.fact(t, name)
		if len(fact.Inputs) != 2 || fact.Inputs[1].Content == "" || fact.Inputs[1].Selector == "" {
			t.Fatalf("%s took its second input by identity: %+v", name, fact)
		}
		if fact.Inputs[0].Content != "" {
			t.Errorf("%s took its base by content: %+v", name, fact)
		}
		if got := paths(fact.Inputs[1]); !slices.Equal(got, files) {
			t.Errorf("%s took files %q, want %q", name, got, files)
		}
	}
	fill := cold.fact(t, "step fill")
	if fill.Key == "" || fill.Seconds <= 0 || fill.Error != "" || fill.Pin != "" {
		t.Errorf("fact of a step is incomplete: %+v", fill)
	}
	if e.Info().Snapshotter == embedded.SnapshotOverlay {
		if fill.OutputSize < 100000 || fill.OutputSize > 200000 {
			t.Errorf("a step that writes 100000 bytes made %d", fill.OutputSize)
		}
	}
	if again, err := e.Facts(t.Context(), cold.ref); err == nil {
		t.Errorf("facts were not forgotten: %v", again)
	}

	// The same in a new process: everything hits, and the facts are there.
	first := e.Info()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = start(t, embedded.Options{Root: root})
	if e.Info() != first {
		t.Errorf("engine changed with a restart: %+v, was %+v", e.Info(), first)
	}
	warm := solve(t, e, project(), src)
	if diff := cmp.Diff([]string{}, warm.executed()); diff != "" {
		t.Errorf("executed warm (-want +got):\n%s", diff)
	}
	for _, name := range []string{"copy", "mkfile", "mount", "step fill"} {
		old, new := cold.fact(t, name), warm.fact(t, name)
		if diff := cmp.Diff(old.Inputs, new.Inputs); diff != "" || old.Key != new.Key {
			t.Errorf("%s: key %s, was %s, inputs (-cold +warm):\n%s", name, new.Key, old.Key, diff)
		}
		if new.OutputSize != -1 || new.Seconds != 0 {
			t.Errorf("%s did not run, and has a time or a size: %+v", name, new)
		}
	}

	// After an edit of one file, what takes that file runs, and what follows.
	src["src"] = folder(t, map[string]string{"a.txt": "other", "sub/b.txt": "b", "sub/skip.log": "other", "mounted/c.txt": "changed"})
	edited := solve(t, e, project(), src)
	if diff := cmp.Diff([]string{"mount"}, edited.executed()); diff != "" {
		t.Errorf("executed after the edit (-want +got):\n%s", diff)
	}
	was, is := cold.fact(t, "mount").Inputs[1], edited.fact(t, "mount").Inputs[1]
	if was.Content == is.Content || was.Files["/mounted/c.txt"] == is.Files["/mounted/c.txt"] {
		t.Errorf("the edit does not show: %+v, was %+v", is, was)
	}
}

func paths(input engine.InputFact) []string {
	var paths []string
	for path := range input.Files {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// Patterns count what links lead to, as BuildKit copies it.
func TestFactsBehindLinks(t *testing.T) {
	e := start(t, embedded.Options{})
	dir := folder(t, map[string]string{"real/a.go": "a", "real/b.txt": "b", "file": "f"})
	for link, target := range map[string]string{"dirlink": "real", "filelink": "file"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string][]string{
		"/dirlink/*.go": {"/real/a.go"},
		"/*link":        {"/file", "/real/a.go", "/real/b.txt"},
	} {
		s := rootfs().File(llb.Copy(llb.Local("src"), pattern, "/copied/", &llb.CopyInfo{
			AllowWildcard: true, FollowSymlinks: true, CreateDestPath: true,
		}), llb.WithCustomName("copy"))
		fact := solve(t, e, s, map[string]string{"src": dir}).fact(t, "copy")
		if len(fact.Inputs) != 2 {
			t.Fatalf("%s: want two inputs: %+v", pattern, fact)
		}
		if got := paths(fact.Inputs[1]); !slices.Equal(got, want) {
			t.Errorf("copy of %s took %q, want %q", pattern, got, want)
		}
	}
}

// Digests of files from another stage are computed during the build, and stored
// in the background.
func TestFactsOfStageOutput(t *testing.T) {
	e := start(t, embedded.Options{})
	stage := step(rootfs(), "write", "/made", "text")
	for _, from := range []struct{ path, want string }{{"/made", "/made"}, {"/mad*", "/made"}, {"/link", "/made"}} {
		linked := stage.File(llb.Symlink("made", "/link"), llb.WithCustomName("link"))
		s := rootfs().File(llb.Copy(linked, from.path, "/copied", &llb.CopyInfo{AllowWildcard: true, FollowSymlinks: true}), llb.WithCustomName("copy"))
		fact := solve(t, e, s, nil).fact(t, "copy")
		if len(fact.Inputs) != 2 {
			t.Fatalf("%s: want two inputs: %+v", from.path, fact)
		}
		if got := paths(fact.Inputs[1]); !slices.Equal(got, []string{from.want}) || fact.Inputs[1].Files[from.want] == "" {
			t.Errorf("copy of %s took %v, want %s", from.path, fact.Inputs[1].Files, from.want)
		}
	}
}

// Two builds at the same time get each its own facts. The first one goes on until
// the second one is over; they have a vertex in common, which runs once. One that
// depends on a folder of the client is never the same in two builds.
func TestFactsOfOverlappingBuilds(t *testing.T) {
	e := start(t, embedded.Options{})
	common := llb.Scratch().File(llb.Mkfile("/doc", 0o644, []byte("x")), llb.WithCustomName("mkfile"))
	shared := rootfs().File(llb.Copy(common, "/doc", "/doc"), llb.WithCustomName("copy the document"))
	build := func(ctx context.Context, name string, last ...string) (built, error) {
		src := folder(t, map[string]string{"file": name})
		own := shared.File(llb.Copy(llb.Local(name), "/file", "/"+name), llb.WithCustomName("copy "+name))
		return trySolve(ctx, e, step(own, last...), map[string]string{name: src})
	}
	const mark = "first-of-two-builds"
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	over := make(chan built, 1)
	go func() {
		first, _ := build(ctx, "one", "sleep", "600", mark) // it is canceled
		over <- first
	}()
	eventually(t, "the first build is at its last step", func() bool { return len(processes(t, mark)) > 0 })
	second, err := build(t.Context(), "two", "write", "/out", "two")
	cancel()
	first := <-over
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []struct {
		built
		name, last string
	}{{first, "one", "step sleep"}, {second, "two", "step write"}} {
		copied := b.fact(t, "copy "+b.name)
		if len(copied.Inputs) != 2 || !slices.Equal(paths(copied.Inputs[1]), []string{"/file"}) || copied.Executions != 1 {
			t.Errorf("%s: the copy is %+v", b.name, copied)
		}
		for _, name := range []string{"mkfile", b.last} {
			if got := b.fact(t, name).Executions; got != 1 {
				t.Errorf("%s: %s ran %d times, want once", b.name, name, got)
			}
		}
		for vertex := range b.facts {
			if _, own := b.names[vertex]; !own {
				t.Errorf("%s: has the facts of a vertex that is not its own: %q%q", b.name, first.names[vertex], second.names[vertex])
			}
		}
	}
}

func TestFactsOfFailure(t *testing.T) {
	e := start(t, embedded.Options{})
	failing := step(step(rootfs(), "write", "/x", "x"), "fail")
	b, err := trySolve(t.Context(), e, step(failing, "write", "/y", "y"), nil)
	if err == nil {
		t.Fatal("the build did not fail")
	}
	fact := b.fact(t, "step fail")
	if fact.Executions != 1 || !strings.Contains(fact.Error, "exit code: 1") {
		t.Errorf("fact of the step that failed: %+v", fact)
	}
	if fact := b.fact(t, "step write"); fact.Error != "" {
		t.Errorf("fact of a step that did not: %+v", fact)
	}
}

func TestNativeSnapshotter(t *testing.T) {
	e := start(t, embedded.Options{Snapshotter: embedded.SnapshotNative})
	if got := e.Info().Snapshotter; got != embedded.SnapshotNative {
		t.Errorf("snapshotter is %s", got)
	}
	fact := solve(t, e, step(rootfs(), "write", "/x", "x"), nil).fact(t, "step write")
	if fact.Executions != 1 || fact.OutputSize != -1 {
		t.Errorf("fact of the step: %+v", fact)
	}
}
