package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/sandbox"
)

func TestMarker(t *testing.T) {
	root := t.TempDir()
	if err := checkMarker(root); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		ids     sandbox.IDs
		refused bool
	}{
		{sandbox.IDsSingle, false},
		{sandbox.IDsSubids, false},
		{sandbox.IDsSubids, false},
		{sandbox.IDsSingle, true},
	} {
		if err := noteIDs(root, step.ids); (err != nil) != step.refused {
			t.Errorf("%s: %v", step.ids, err)
		}
	}
	if m, err := readMarker(root); err != nil || m.IDs != sandbox.IDsSubids {
		t.Errorf("marker is %+v, %v", m, err)
	}
	if err := writeMarker(root, marker{Format: stateFormat + 1}); err != nil {
		t.Fatal(err)
	}
	if err := checkMarker(root); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("state of a newer version: %v", err)
	}
}

// A start that was killed before it marked the folder has left a lock, and
// perhaps half a marker.
func TestMarkerOfAnUnfinishedStart(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{lockName, markerName + ".new", markerName + "ABC.new"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := checkMarker(root); err != nil {
		t.Error(err)
	}
}

func TestRootOfAnother(t *testing.T) {
	if os.Geteuid() == 0 {
		dir := t.TempDir()
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		if _, err := prepareRoot(dir); err == nil || !strings.Contains(err.Error(), "belongs to user 65534") {
			t.Errorf("folder of another user: %v", err)
		}
	} else if _, err := prepareRoot("/"); err == nil || !strings.Contains(err.Error(), "belongs to user 0") {
		t.Errorf("folder of root: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := prepareRoot(file); err == nil {
		t.Error("a file is taken for a folder")
	}
}

// A lock on a file that was removed with its folder keeps nobody out.
func TestLockOfRemovedFolder(t *testing.T) {
	root := filepath.Join(t.TempDir(), "engine")
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	first, err := acquire(t.Context(), root, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	var inUse *InUseError
	if _, err := acquire(t.Context(), root, nil); !errors.As(err, &inUse) {
		t.Errorf("second lock: %v", err)
	}
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	second, err := acquire(t.Context(), root, nil)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}

func TestEnvironment(t *testing.T) {
	got := environment("/state", []string{
		"PATH=/bin", "OTEL_SERVICE_NAME=x", "LISTEN_FDS=1", "NOTIFY_SOCKET=/x", "BUILDKIT_SETUP_CGROUPV2_ROOT=1",
		"TMPDIR=/own", "XDG_RUNTIME_DIR=/run/user/0", "USER=root", "HTTPS_PROXY=http://p",
	})
	want := []string{"PATH=/bin", "HTTPS_PROXY=http://p", "TMPDIR=/state/tmp", "XDG_RUNTIME_DIR=/state/run", "USER=layerwise"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a killed engine left in its temporary folders is gone after a start.
func TestMakeFolders(t *testing.T) {
	root := t.TempDir()
	for range 2 {
		if err := makeFolders(root); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{tmpFolder(root), runFolder(root)} {
			if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
				t.Errorf("%s holds %v, %v", dir, entries, err)
			}
			if err := os.Mkdir(filepath.Join(dir, "containerd-mount1"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLogEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if crash, tail := logEnd(path); crash != "" || tail != "" {
		t.Errorf("end of a missing log: %q, %q", crash, tail)
	}
	var long strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&long, "line %d\n", i)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(long.String())
	crash, tail := logEnd(path)
	if lines := strings.Split(tail, "\n"); crash != "" || len(lines) != tailLines || lines[0] != "line 4980" || lines[tailLines-1] != "line 4999" {
		t.Errorf("end is %q, %q", crash, tail)
	}
	for start, reason := range map[string]string{"panic: ": "page 3 already freed", "fatal error: ": "fault"} {
		write("a warning\n" + start + reason + "\n[signal SIGBUS: bus error]\n\ngoroutine 1 [running]:\n" + long.String())
		if crash, tail := logEnd(path); crash != reason || tail != "" {
			t.Errorf("end of a crash is %q, %q, want %q", crash, tail, reason)
		}
	}
	write(strings.Repeat("x", 2*tailBytes))
	if _, tail := logEnd(path); len(tail) != tailBytes {
		t.Errorf("%d bytes of a long line", len(tail))
	}
}
