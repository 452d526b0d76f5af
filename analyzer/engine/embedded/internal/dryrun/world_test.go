//go:build linux

package dryrun

import (
	"maps"
	"slices"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/probe"
)

// What hangs is what would run on a key that is supposed, and what would run on
// top of that.
func TestHangs(t *testing.T) {
	w := newWorld(nil, probe.NewRecorder(nil), nil, newSources())
	w.inputs = map[digest.Digest][]digest.Digest{
		"base": nil, "make": {"base"}, "copy": {"base", "make"}, "run": {"copy"},
		"found": {"copy"}, "behind": {"found"}, "other": {"base"},
	}
	for _, v := range []digest.Digest{"make", "copy", "run", "behind", "other"} {
		w.refused[v] = true
	}
	w.suppose("copy", "files")
	if got := slices.Sorted(maps.Keys(w.hangs())); !slices.Equal(got, []digest.Digest{"copy", "run"}) {
		t.Errorf("hanging: %v", got)
	}
}

func TestSuppose(t *testing.T) {
	w := newWorld(nil, probe.NewRecorder(nil), nil, newSources())
	if a, b := w.suppose("x", "one"), w.suppose("y", "one"); a != b {
		t.Error("the same files have two checksums")
	}
	if a, b := w.suppose("x", "one"), w.suppose("x", "two"); a == b || a == wildcard {
		t.Errorf("other files have the checksum %s, %s", a, b)
	}
	w.fits = true
	if got := w.suppose("x", "one"); got != wildcard {
		t.Errorf("files that fit everything have the checksum %s", got)
	}
}

func TestOutputs(t *testing.T) {
	exec := &pb.Op{Op: &pb.Op_Exec{Exec: &pb.ExecOp{Mounts: []*pb.Mount{{Output: 0}, {Output: -1}, {Output: 2}}}}}
	huge := &pb.Op{Op: &pb.Op_Exec{Exec: &pb.ExecOp{Mounts: []*pb.Mount{{Output: 1 << 40}}}}}
	file := &pb.Op{Op: &pb.Op_File{File: &pb.FileOp{Actions: []*pb.FileAction{{Output: -1}, {Output: 1}}}}}
	for name, tt := range map[string]struct {
		op   *pb.Op
		want int
	}{"exec": {exec, 3}, "huge": {huge, maxOutputs}, "file": {file, 2}, "merge": {&pb.Op{Op: &pb.Op_Merge{}}, 1}} {
		if got := len(phantoms(nil, tt.op, nil)); got != tt.want {
			t.Errorf("%s: %d outputs, want %d", name, got, tt.want)
		}
	}
	all := phantoms(nil, exec, nil)
	if phantomOf(all[0]) == nil || phantomOf(all[0].Clone()) == nil || phantomOf(all[0]).ID() == phantomOf(all[1]).ID() {
		t.Error("phantoms cannot be told apart")
	}
}
