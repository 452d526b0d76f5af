package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// mark returns an argument by which a process can be told from all others.
func mark(t testing.TB) string {
	return fmt.Sprintf("%s-%d-%d", t.Name(), os.Getpid(), time.Now().UnixNano())
}

func TestCloseLeavesNothing(t *testing.T) {
	root := stateFolder(t)
	e := start(t, embedded.Options{Root: root})
	m := mark(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := trySolve(ctx, e, step(rootfs(), "sleep", "1000", m), nil)
		ended <- err
	}()
	eventually(t, "the step runs", func() bool { return len(processes(t, m)) > 0 })
	if own := children(t); len(own) != 1 {
		t.Fatalf("want one child, the engine's init: %v", own)
	} else if own[0].session == ownSession(t) {
		t.Error("the engine is in the terminal's session")
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("the build that was running did not fail")
	}
	if left := processes(t, m); len(left) != 0 {
		t.Errorf("processes left: %v", left)
	}
	if left := children(t); len(left) != 0 {
		t.Errorf("children left: %v", left)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), root) {
		t.Errorf("mounts left:\n%s", mounts)
	}
	if err := e.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

type childProcess struct{ pid, session string }

// children returns those of this process that are the engine's.
func children(t testing.TB) []childProcess {
	t.Helper()
	var own []childProcess
	for _, pid := range processes(t, "layerwise-engine") {
		fields := stat(pid)
		if len(fields) > 3 && fields[1] == fmt.Sprint(os.Getpid()) {
			own = append(own, childProcess{pid, fields[3]})
		}
	}
	return own
}

func ownSession(t testing.TB) string {
	t.Helper()
	fields := stat("self")
	if len(fields) < 4 {
		t.Fatal("cannot read /proc/self/stat")
	}
	return fields[3]
}

// stat returns the fields of proc_pid_stat(5) from the state on: state, parent,
// group, session.
func stat(pid string) []string {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return nil
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.Fields(rest)
}

func TestKilledCaller(t *testing.T) {
	root := stateFolder(t)
	m := mark(t)
	cmd := helperCommand(t, job{Root: root, Args: []string{"sleep", "1000", m}})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the step runs", func() bool {
		for _, pid := range processes(t, m) {
			if text, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline")); err == nil && strings.HasPrefix(string(text), "/step") {
				return true
			}
		}
		return false
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	eventually(t, "no process is left", func() bool { return len(processes(t, m)) == 0 })

	e := start(t, embedded.Options{Root: root})
	b := solve(t, e, step(rootfs(), "write", "/x", "x"), nil)
	if got := strings.Join(b.executed(), " "); got != "step write" {
		t.Errorf("executed %q after the kill, want the new step alone: what was complete is kept", got)
	}
	if bundles := stateFiles(t, root, "runc-*/executor/*/config.json"); len(bundles) != 0 {
		t.Errorf("bundles left: %v", bundles)
	}
}

// Killed at any moment from the first start on, it leaves a folder to start from.
func TestKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many engines")
	}
	root := stateFolder(t)
	for i := range 16 {
		cmd := helperCommand(t, job{Root: root, Args: []string{"fill", fmt.Sprint("/", i), "3000000"}})
		cmd.Stderr = nil
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * 15 * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
	}
	e := start(t, embedded.Options{Root: root})
	solve(t, e, step(rootfs(), "write", "/x", "x"), nil)
}

// An engine that was killed after it made a snapshot's folder, and before it
// noted it, leaves the folder in the way of the next one.
func TestFolderOfUnnotedSnapshot(t *testing.T) {
	root := stateFolder(t)
	if err := start(t, embedded.Options{Root: root, Snapshotter: embedded.SnapshotOverlay}).Close(); err != nil {
		t.Fatal(err)
	}
	folders := stateFiles(t, root, "runc-overlayfs/snapshots/snapshots")
	if len(folders) != 1 {
		t.Fatalf("folders of snapshots: %v", folders)
	}
	owner, err := os.Stat(folders[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"1", "1/fs"} {
		left := filepath.Join(folders[0], name)
		if err := os.Mkdir(left, 0o700); err != nil {
			t.Fatal(err)
		}
		st := owner.Sys().(*syscall.Stat_t)
		if err := os.Chown(left, int(st.Uid), int(st.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	e := start(t, embedded.Options{Root: root, Snapshotter: embedded.SnapshotOverlay})
	solve(t, e, step(rootfs(), "write", "/x", "x"), nil)
}

func TestKilledEngine(t *testing.T) {
	e, err := embedded.Start(t.Context(), embedded.Options{Root: stateFolder(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range children(t) {
		var pid int
		if _, err := fmt.Sscan(c.pid, &pid); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "calls fail", func() bool {
		_, err = e.Client().Info(t.Context())
		return err != nil
	})
	if !strings.Contains(err.Error(), embedded.ErrKilled.Error()) || strings.Contains(err.Error(), "prune") {
		t.Errorf("call after the kill: %v", err)
	}
	if _, err := e.Facts(t.Context(), "build"); err == nil || !strings.Contains(err.Error(), "the embedded engine is gone") {
		t.Errorf("facts after the kill: %v", err)
	}
	if err := e.Close(); err == nil {
		t.Error("close does not say that the engine was killed")
	}
}

func TestOneAtATime(t *testing.T) {
	root := stateFolder(t)
	e := start(t, embedded.Options{Root: root})

	var inUse *embedded.InUseError
	if _, err := embedded.Start(t.Context(), embedded.Options{Root: root, NoWait: true}); !errors.As(err, &inUse) || inUse.PID != os.Getpid() {
		t.Errorf("start without waiting: %v", err)
	}
	if err := embedded.Remove(t.Context(), root); !errors.As(err, &inUse) {
		t.Errorf("remove in use: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	_, err := embedded.Start(ctx, embedded.Options{Root: root, OnWait: func(string) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("start that is cancelled: %v", err)
	}

	waits := make(chan string, 10)
	type started struct {
		engine *embedded.Engine
		err    error
	}
	second := make(chan started, 1)
	waited := make(chan time.Duration, 1)
	go func() {
		e, err := embedded.Start(t.Context(), embedded.Options{Root: root, OnWait: func(m string) { waits <- m }, OnWaited: func(d time.Duration) { waited <- d }})
		second <- started{e, err}
	}()
	if m := <-waits; !strings.Contains(m, root) || !strings.Contains(m, fmt.Sprint(os.Getpid())) {
		t.Errorf("message of waiting: %q", m)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	s := <-second
	if s.err != nil {
		t.Fatal(s.err)
	}
	if d := <-waited; d <= 0 {
		t.Errorf("waited for %v", d)
	}
	if err := s.engine.Close(); err != nil {
		t.Error(err)
	}
	if len(waits) != 0 {
		t.Errorf("it said more than once that it waits: %q", <-waits)
	}
}

func TestRemove(t *testing.T) {
	root := stateFolder(t)
	e := start(t, embedded.Options{Root: root})
	solve(t, e, step(rootfs(), "write", "/x", "x"), nil)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := embedded.Remove(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("state folder is still there: %v", err)
	}
	if err := embedded.Remove(t.Context(), root); err != nil {
		t.Errorf("remove of a missing folder: %v", err)
	}

	var notState *embedded.NotStateError
	other := folder(t, map[string]string{"precious": "x"})
	if err := embedded.Remove(t.Context(), other); !errors.As(err, &notState) {
		t.Errorf("remove of another folder: %v", err)
	}
	if _, err := embedded.Start(t.Context(), embedded.Options{Root: other}); !errors.As(err, &notState) {
		t.Errorf("start in another folder: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(other, "precious")); err != nil {
		t.Error(err)
	}
}

func TestRefusedOptions(t *testing.T) {
	for name, o := range map[string]embedded.Options{
		"relative":    {Root: "engine"},
		"empty":       {},
		"runtime":     {Root: t.TempDir(), Runtime: "crun"},
		"snapshotter": {Root: t.TempDir(), Snapshotter: "zfs"},
		"bound":       {Root: t.TempDir(), KeepBytes: -1},
	} {
		if e, err := embedded.Start(t.Context(), o); err == nil {
			e.Close()
			t.Errorf("%s: no error", name)
		}
	}
}

func TestDefaultRoot(t *testing.T) {
	for _, tt := range []struct{ data, home, want string }{
		{"/data", "/home/u", "/data/layerwise/engine"},
		{"", "/home/u", "/home/u/.local/share/layerwise/engine"},
		{"relative", "/home/u", "/home/u/.local/share/layerwise/engine"},
	} {
		t.Setenv("XDG_DATA_HOME", tt.data)
		t.Setenv("HOME", tt.home)
		if got, err := embedded.DefaultRoot(); err != nil || got != tt.want {
			t.Errorf("XDG_DATA_HOME=%q HOME=%q: got %q, %v, want %q", tt.data, tt.home, got, err, tt.want)
		}
	}
}

// A log that a helper's output must not reach.
func TestOutputIsQuiet(t *testing.T) {
	cmd := helperCommand(t, job{Root: filepath.Join(t.TempDir(), "engine"), Args: []string{"write", "/x", "x"}})
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if lines := bufio.NewScanner(strings.NewReader(string(out))); !lines.Scan() || lines.Scan() {
		t.Errorf("helper printed more than its outcome: %q", out)
	}
	if stderr.Len() > 0 {
		t.Errorf("the engine wrote to its caller's standard error: %q", stderr.String())
	}
}

func BenchmarkReady(b *testing.B) {
	root := stateFolder(b)
	for b.Loop() {
		e, err := embedded.Start(b.Context(), embedded.Options{Root: root})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
