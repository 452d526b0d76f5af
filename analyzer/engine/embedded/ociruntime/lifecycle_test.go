//go:build linux

package ociruntime

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestInstall(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		path, err := Install(dir, Self)
		if err != nil || path != filepath.Join(dir, Name) {
			t.Fatal(path, err)
		}
		if target, err := os.Readlink(path); err != nil || target != "/proc/self/exe" {
			t.Errorf("symlink to %s (%v)", target, err)
		}
		// An older program's.
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/nowhere", path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Install(filepath.Join(dir, "missing"), Self); err == nil {
		t.Error("installed into a folder that is not there")
	}
	if names, _ := filepath.Glob(dir + "/*"); len(names) != 1 {
		t.Errorf("left behind: %q", names)
	}
}

// started is a container that runs.
type started struct {
	*bundle
	t   *testing.T
	cmd *exec.Cmd
	out *bufio.Reader
}

// start starts the container in this PID namespace, so that other calls of the
// runtime find it, and waits for the first line of output.
func (b *bundle) start(t *testing.T, firstLine string, flags ...string) *started {
	t.Helper()
	s := &started{bundle: b, t: t, cmd: b.here(t, append(append([]string{"run"}, flags...), b.runArgs()[1:]...)...)}
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	s.out = bufio.NewReader(out)
	if line, err := s.out.ReadString('\n'); line != firstLine+"\n" {
		t.Fatalf("first line %q (%v)", line, err)
	}
	return s
}

// here is the runtime's command without the engine around it.
func (b *bundle) here(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := b.command(t, args...)
	cmd.Path, cmd.Args, cmd.SysProcAttr = cmd.Args[1], cmd.Args[1:], &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// wait returns the exit code and the rest of the output.
func (s *started) wait() (code int, output string) {
	s.t.Helper()
	rest, err := io.ReadAll(s.out)
	if err != nil {
		s.t.Error(err)
	}
	s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode(), string(rest)
}

func (s *started) state() state {
	s.t.Helper()
	st, err := s.stored(s.t)
	if err != nil {
		s.t.Fatal(err)
	}
	return st
}

// stored is what the runtime keeps of the container, once it notes that the program
// runs, which it does after the program has begun.
func (b *bundle) stored(t *testing.T) (state, error) {
	t.Helper()
	store, err := openStore(options{program: filepath.Join(b.dir, Name)})
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if st, err := store.load("c1"); err != nil || st.Status != statusCreating || time.Now().After(end) {
			return st, err
		}
	}
}

func (s *started) must(code int, args ...string) result {
	s.t.Helper()
	r := finish(s.t, s.here(s.t, args...))
	if r.code != code {
		s.t.Errorf("%v: %+v, want exit code %d", args, r, code)
	}
	return r
}

func TestLifecycle(t *testing.T) {
	s := newBundle(t, asRoot, "catch").start(t, "waiting", "--keep", "--pid-file", filepath.Join(t.TempDir(), "pid"))
	st := s.state()
	if st.Status != statusRunning || st.ID != "c1" || st.Pid == 0 {
		t.Errorf("state %+v", st)
	}
	s.must(1, "delete", "c1")
	if r := s.must(1, s.runArgs()...); !strings.Contains(r.stderr, "exists already") {
		t.Errorf("a second container with the same id: %+v", r)
	}
	s.must(0, "kill", "c1", "USR1")
	if code, rest := s.wait(); code != 0 || rest != "caught user defined signal 1\n" {
		t.Errorf("code %d, output %q", code, rest)
	}
	if st := s.state(); st.Status != statusStopped {
		t.Errorf("state %+v", st)
	}
	s.must(1, "kill", "c1", "9")
	s.must(0, "delete", "c1")
	if _, err := s.stored(t); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a state of no container: %v", err)
	}
	if r := s.must(1, "state", "c1"); !strings.Contains(r.stderr, "not supported") {
		t.Errorf("a command that there is not: %+v", r)
	}
	s.must(1, "delete", "c1")
	s.must(0, "delete", "--force", "c1")
}

func TestKill(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
	}{
		{[]string{"kill", "c1", "9"}, 137},
		{[]string{"kill", "--all", "c1", "KILL"}, 137},
		{[]string{"kill", "c1"}, 137}, // TERM without a handler: the first process of a namespace must be killed
		{[]string{"delete", "--force", "c1"}, 137},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			s := newBundle(t, asRoot, "spawn:1h", "default:15", "sleep:1h").start(t, "spawned", "--keep")
			if line, _ := s.out.ReadString('\n'); line != "default\n" {
				t.Fatal(line)
			}
			pid := s.state().Pid
			inside := processesLike(t, pid)
			s.must(0, test.args...)
			if code, _ := s.wait(); code != test.code {
				t.Errorf("exit code %d", code)
			}
			gone(t, inside)
		})
	}
}

func TestKillAllWithOtherSignal(t *testing.T) {
	s := newBundle(t, asRoot, "spawn:1h", "catch").start(t, "spawned")
	if line, _ := s.out.ReadString('\n'); line != "waiting\n" {
		t.Fatal(line)
	}
	inside := processesLike(t, s.state().Pid)
	s.must(0, "kill", "--all", "c1", "TERM")
	if code, rest := s.wait(); code != 0 || rest != "caught terminated\n" {
		t.Errorf("code %d, output %q", code, rest)
	}
	gone(t, inside)
}

// Without --keep nothing is left to delete.
func TestStateIsRemoved(t *testing.T) {
	b := newBundle(t, asRoot, "exit:3")
	if r := b.run(t); r.code != 3 {
		t.Errorf("got %+v", r)
	}
	if names, _ := filepath.Glob(filepath.Join(b.dir, "*state/*")); len(names) > 0 {
		t.Errorf("left: %q", names)
	}
}

// A stored pid that belongs to another process by now is never signalled.
func TestReusedPid(t *testing.T) {
	b := newBundle(t, asRoot)
	other := exec.Command(filepath.Join(b.root, "bin/probe"), "sleep:1h")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { other.Process.Kill(); other.Wait() }()
	stored := state{ID: "c1", Pid: other.Process.Pid, Status: statusRunning, StartTime: "1", Boot: bootID()}
	s := store{filepath.Join(b.dir, Name+"-state")}
	if err := os.Mkdir(s.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.save(stored); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"kill", "c1", "9"}, {"kill", "--all", "c1", "9"}} {
		if r := finish(t, b.here(t, args...)); r.code != 1 || !strings.Contains(r.stderr, "not running") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if r := finish(t, b.here(t, "delete", "c1")); r.code != 0 {
		t.Errorf("delete: %+v", r)
	}
	if err := other.Process.Signal(syscall.Signal(0)); err != nil {
		t.Error("the other process was killed")
	}
}

// However the runtime ends, nothing of the container is left.
func TestNothingIsLeft(t *testing.T) {
	for _, sig := range []syscall.Signal{unix.SIGKILL, unix.SIGTERM, unix.SIGINT, unix.SIGHUP} {
		for _, uid := range []uint32{0, 1000} {
			t.Run(fmt.Sprintf("%s as %d", unix.SignalName(sig), uid), func(t *testing.T) {
				b := newBundle(t, asRoot, "spawn:1h", "sleep:1h")
				b.spec.Process.User = specs.User{UID: uid, GID: uid}
				s := b.start(t, "spawned")
				inside := processesLike(t, s.state().Pid)
				if len(inside) < 2 {
					t.Fatalf("processes %v", inside)
				}
				s.cmd.Process.Signal(sig)
				s.cmd.Wait()
				gone(t, inside)
			})
		}
	}
}

func TestForwardedSignal(t *testing.T) {
	s := newBundle(t, asRoot, "catch", "exit:5").start(t, "waiting")
	s.cmd.Process.Signal(unix.SIGTERM)
	if code, rest := s.wait(); code != 5 || rest != "caught terminated\n" {
		t.Errorf("code %d, output %q", code, rest)
	}
}

// Without a PID namespace the monitor ends what the first process leaves.
func TestWithoutPIDNamespace(t *testing.T) {
	b := newBundle(t, asRoot, "spawn:1h", "pid", "stdin")
	b.spec.Linux.Namespaces = without(b.spec.Linux.Namespaces, specs.PIDNamespace)
	b.spec.Mounts[0] = specs.Mount{Destination: "/proc", Type: "bind", Source: "/proc", Options: []string{"rbind"}}
	b.spec.Linux.MaskedPaths, b.spec.Linux.ReadonlyPaths = nil, nil
	cmd := b.here(t, b.runArgs()...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	lines.Scan()
	pid, err := strconv.Atoi(lines.Text())
	if err != nil {
		t.Fatal(err)
	}
	spawned := childrenOf(pid)
	if len(spawned) != 1 {
		t.Fatalf("children of %d: %v", pid, spawned)
	}
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	gone(t, spawned)
}

func childrenOf(pid int) (pids []int) {
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, entry := range entries {
		n, _ := strconv.Atoi(filepath.Base(entry))
		if fields, err := processStat(n); err == nil && fields[statParent] == strconv.Itoa(pid) {
			pids = append(pids, n)
		}
	}
	return pids
}

// processesLike returns the processes in the PID namespace of one, as we see them.
func processesLike(t *testing.T, pid int) (pids []int) {
	t.Helper()
	want, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
	if err != nil {
		t.Fatal(err)
	}
	links, _ := filepath.Glob("/proc/[0-9]*/ns/pid")
	for _, link := range links {
		if got, _ := os.Readlink(link); got == want {
			n, _ := strconv.Atoi(strings.Split(link, "/")[2])
			pids = append(pids, n)
		}
	}
	return pids
}

// gone waits until none of the processes is there.
func gone(t *testing.T, pids []int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for _, pid := range pids {
		for {
			fields, err := processStat(pid)
			if err != nil || fields[statState] == "Z" || fields[statState] == "X" {
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("process %d is still there", pid)
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// A PID namespace of another container can be joined.
func TestJoinPID(t *testing.T) {
	first := newBundle(t, asRoot, "pid", "sleep:1h").start(t, "1")
	b := newBundle(t, asRoot, "ls:/proc/1/exe", "readlink:/proc/self/ns/pid")
	file := fmt.Sprintf("/proc/%d/ns/pid", first.state().Pid)
	want, err := os.Readlink(file)
	if err != nil {
		t.Fatal(err)
	}
	b.spec.Linux.Namespaces = append(without(b.spec.Linux.Namespaces, specs.PIDNamespace), specs.LinuxNamespace{Type: specs.PIDNamespace, Path: file})
	r := finish(t, b.here(t, b.runArgs()...))
	if r.code != 0 {
		t.Fatalf("got %+v", r)
	}
	expect(t, strings.Fields(r.stdout), "/proc/1/exe", want)
}

func TestSealedCopy(t *testing.T) {
	f, err := sealedCopy()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	path := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	out, err := exec.Command(path, "-test.list=^TestSealedCopy$").Output()
	if err != nil || !strings.HasPrefix(string(out), "TestSealedCopy") {
		t.Errorf("%s (%v)", out, err)
	}
	if w, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
		if _, err := w.Write([]byte("x")); err == nil {
			t.Error("the copy can be written")
		}
		w.Close()
	}
}
