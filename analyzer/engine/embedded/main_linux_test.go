package embedded_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/identity"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"
	"golang.org/x/sys/unix"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// stepProgram is a folder with the static program that build steps run.
var stepProgram string

func TestMain(m *testing.M) {
	embedded.Main()
	if len(os.Args) == 3 && os.Args[1] == "helper" {
		if err := helper(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "helper:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func runTests(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "embedded-step")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	// Other users run it, too.
	if err := os.Chmod(dir, 0o755); err != nil {
		return 1, err
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "step"), "./testdata/step")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build step program: %w\n%s", err, out)
	}
	stepProgram = dir
	return m.Run(), nil
}

// job is what a helper, which is this program in a process of its own, is to do:
// start an engine, solve, take facts, close it.
type job struct {
	Root    string
	Program string
	Args    []string // of the step
	Tmpfs   int64    // mount one of so many bytes on the state folder's parent first
	Umask   int      // set first
	// NoUserNamespaces has the kernel refuse to make any.
	NoUserNamespaces bool
	Runtime          string
	Insecure         bool
	// Reach listens at an address beyond the loopback, in a network of the helper's
	// own, and adds it to the step's arguments.
	Reach bool
	// Again solves once more after a restart with a tmpfs of so many bytes.
	Again int64
}

// outcome is what a helper prints.
type outcome struct {
	Info     engine.Info
	Executed []string
	Error    string // of the first start or solve
	Used     int64  // bytes of the state folder's disk, after the engine was closed
}

func helper(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	stepProgram = j.Program
	if j.Umask != 0 {
		unix.Umask(j.Umask)
	}
	if j.NoUserNamespaces {
		if err := refuseUserNamespaces(); err != nil {
			return err
		}
	}
	if j.Reach {
		at, err := listenBeyondLoopback()
		if err != nil {
			return err
		}
		j.Args = append(j.Args, at)
	}
	parent := filepath.Dir(j.Root)
	if j.Tmpfs > 0 {
		if err := unix.Mount("tmpfs", parent, "tmpfs", 0, fmt.Sprintf("size=%d", j.Tmpfs)); err != nil {
			return fmt.Errorf("mount tmpfs: %w", err)
		}
	}
	first := j.do()
	if err := json.NewEncoder(os.Stdout).Encode(first); err != nil {
		return err
	}
	if j.Again > 0 {
		if err := unix.Mount("tmpfs", parent, "tmpfs", unix.MS_REMOUNT, fmt.Sprintf("size=%d", j.Again)); err != nil {
			return fmt.Errorf("enlarge tmpfs: %w", err)
		}
		if err := json.NewEncoder(os.Stdout).Encode(j.do()); err != nil {
			return err
		}
	}
	return embedded.Remove(context.Background(), j.Root)
}

func (j job) do() outcome {
	ctx := context.Background()
	e, err := embedded.Start(ctx, embedded.Options{Root: j.Root, Runtime: j.Runtime, Insecure: j.Insecure})
	if err != nil {
		return outcome{Error: err.Error()}
	}
	b, err := trySolve(ctx, e, step(rootfs(), j.Args...), nil)
	o := outcome{Info: e.Info(), Executed: b.executed()}
	if err != nil {
		o.Error = err.Error()
	}
	if err := e.Close(); err != nil && o.Error == "" {
		o.Error = err.Error()
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(j.Root), &disk); err != nil && o.Error == "" {
		o.Error = err.Error()
	}
	o.Used = int64(disk.Blocks-disk.Bfree) * disk.Bsize
	return o
}

// helperCommand runs this program as a helper.
func helperCommand(t *testing.T, j job) *exec.Cmd {
	t.Helper()
	j.Program = stepProgram
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "helper", string(text))
	cmd.Stderr = os.Stderr
	return cmd
}

// decode reads the n outcomes that a helper printed.
func decode(t *testing.T, text []byte, n int) []outcome {
	t.Helper()
	var outcomes []outcome
	for line := range strings.Lines(string(text)) {
		var o outcome
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("helper printed %q: %v", line, err)
		}
		outcomes = append(outcomes, o)
	}
	if len(outcomes) != n {
		t.Fatalf("helper printed %d outcomes, want %d", len(outcomes), n)
	}
	return outcomes
}

// start starts an engine that ends with the test at the latest.
func start(t testing.TB, o embedded.Options) *embedded.Engine {
	t.Helper()
	if o.Root == "" {
		o.Root = stateFolder(t)
	}
	e, err := embedded.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// stateFolder returns a folder that the engine itself removes, since the test
// may not own all that is in it.
func stateFolder(t testing.TB) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "engine")
	t.Cleanup(func() {
		if err := embedded.Remove(context.Background(), root); err != nil {
			t.Errorf("remove state folder: %v", err)
		}
	})
	return root
}

// rootfs is a root file system with /step alone.
func rootfs() llb.State {
	return llb.Scratch().File(llb.Copy(llb.Local("program"), "/step", "/step"), llb.WithCustomName("rootfs"))
}

func step(base llb.State, args ...string) llb.State {
	return base.Run(llb.Args(append([]string{"/step"}, args...)), llb.WithCustomName("step "+args[0])).Root()
}

// built is what a solve told.
type built struct {
	ref   string
	facts map[digest.Digest]engine.Fact
	names map[digest.Digest]string
}

// fact returns that of the vertex with a name.
func (b built) fact(t *testing.T, name string) engine.Fact {
	t.Helper()
	for d, n := range b.names {
		if n != name {
			continue
		}
		fact, ok := b.facts[d]
		if !ok {
			t.Fatalf("no fact of %q", n)
		}
		return fact
	}
	t.Fatalf("no vertex is named %q: have %q", name, b.names)
	return engine.Fact{}
}

// executed returns the sorted names of the operations that ran, except the
// transfers of local folders, which always run.
func (b built) executed() []string {
	executed := []string{}
	for d, f := range b.facts {
		if f.Executions > 0 && !strings.HasPrefix(b.names[d], "local://") {
			executed = append(executed, b.names[d])
		}
	}
	slices.Sort(executed)
	return executed
}

func solve(t testing.TB, e *embedded.Engine, state llb.State, locals map[string]string) built {
	t.Helper()
	b, err := trySolve(t.Context(), e, state, locals)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// trySolve takes the facts of a failed solve, too.
func trySolve(ctx context.Context, e *embedded.Engine, state llb.State, locals map[string]string) (built, error) {
	return trySolveAllowing(ctx, e, state, locals)
}

func trySolveAllowing(ctx context.Context, e *embedded.Engine, state llb.State, locals map[string]string, entitlements ...string) (built, error) {
	b := built{names: map[digest.Digest]string{}}
	mounts := map[string]fsutil.FS{}
	for name, dir := range locals {
		fs, err := fsutil.NewFS(dir)
		if err != nil {
			return b, err
		}
		mounts[name] = fs
	}
	program, err := fsutil.NewFS(stepProgram)
	if err != nil {
		return b, err
	}
	mounts["program"] = program
	def, err := state.Marshal(ctx)
	if err != nil {
		return b, err
	}
	status := make(chan *client.SolveStatus)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range status {
			for _, v := range s.Vertexes {
				b.names[v.Digest] = v.Name
			}
		}
	}()
	b.ref = identity.NewID()
	_, solveErr := e.Client().Solve(ctx, def, client.SolveOpt{Ref: b.ref, LocalMounts: mounts, AllowedEntitlements: entitlements}, status)
	<-done
	facts, err := e.Facts(context.WithoutCancel(ctx), b.ref)
	b.facts = facts
	if solveErr != nil {
		return b, solveErr
	}
	return b, err
}

// folder makes a folder of files with the given texts.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// eventually waits until a condition holds, and fails the test when it does not
// within a generous time.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("it did not come to pass that %s", what)
}

// processes returns the pids whose command line contains mark.
func processes(t testing.TB, mark string) []string {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var pids []string
	for _, path := range lines {
		// Processes come and go.
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), mark) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids
}
