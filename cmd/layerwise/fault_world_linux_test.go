package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The fault tests run the real program as a process of its own, with folders
// of its own, and look at what it leaves behind.

// Bounds of the waits; only a program that hangs reaches them.
const (
	patience = 90 * time.Second
	// prompt is how long a program may take to end once it was told to. It gives
	// up after twelve seconds; the rest is for a machine that is busy.
	prompt = 30 * time.Second
)

// plainUser is an ordinary user without an entry in any file of the system.
const plainUser = 61234

var program struct {
	once sync.Once
	path string
	err  error
}

// binary builds the program once for all tests of the package, in a folder that
// other users can read. No test is the last one for sure, so the folder stays,
// until a run an hour later finds it.
func binary(t testing.TB) string {
	t.Helper()
	program.once.Do(func() {
		old, _ := filepath.Glob(filepath.Join(os.TempDir(), "layerwise-fault-*"))
		for _, dir := range old {
			if info, err := os.Lstat(dir); err == nil && time.Since(info.ModTime()) > time.Hour {
				os.RemoveAll(dir)
			}
		}
		var dir string
		if dir, program.err = os.MkdirTemp("", "layerwise-fault-"); program.err != nil {
			return
		}
		if program.err = os.Chmod(dir, 0o755); program.err != nil {
			return
		}
		program.path = filepath.Join(dir, "layerwise")
		out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", program.path, ".").CombinedOutput()
		if err != nil {
			program.err = fmt.Errorf("build the program: %w\n%s", err, out)
		}
	})
	if program.err != nil {
		t.Fatal(program.err)
	}
	return program.path
}

// world is a home of its own for processes of the program.
type world struct {
	testing.TB
	dir  string // everything lies below it
	mark string // in the environment of every process, and in every step by ENV MARK
	uid  int    // 0 for the user of the test
	env  map[string]string
}

// newWorld makes a world whose processes run as the given user, 0 for the one
// that runs the test. Its end is checked: no process, no mount.
func newWorld(t testing.TB, uid int) *world {
	t.Helper()
	if uid != 0 && os.Getuid() != 0 {
		uid = 0 // already an ordinary user
	}
	dir, err := os.MkdirTemp("", "lwfault")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, dir: dir, uid: uid, mark: fmt.Sprintf("mark-%d-%d", os.Getpid(), time.Now().UnixNano())}
	w.env = map[string]string{
		"PATH": os.Getenv("PATH"), "LANG": "C.UTF-8", "MARK": w.mark,
		"HOME": w.path("home"), "TMPDIR": w.path("tmp"),
		"XDG_DATA_HOME": w.path("data"), "XDG_STATE_HOME": w.path("state"), "XDG_CACHE_HOME": w.path("cache"),
	}
	for _, name := range []string{"home", "tmp", "data", "state", "cache", "context"} {
		w.mkdir(name)
	}
	w.own(dir)
	t.Cleanup(func() {
		w.checkQuiet()
		if uid == 0 && os.Getuid() != 0 { // steps leave files of other users
			_ = w.command("engine", "prune", "--all").Run()
		}
		os.RemoveAll(dir)
	})
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) own(path string) {
	if w.uid != 0 {
		w.must(os.Chown(path, w.uid, w.uid))
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) mkdir(name string) string {
	w.Helper()
	w.must(os.MkdirAll(w.path(name), 0o755))
	w.own(w.path(name))
	return w.path(name)
}

// write writes a file below the world, "context/a" for one of the context.
func (w *world) write(name, content string) string {
	w.Helper()
	w.mkdir(filepath.Dir(name))
	w.must(os.WriteFile(w.path(name), []byte(content), 0o644))
	w.own(w.path(name))
	return w.path(name)
}

// dockerfile writes the Dockerfile of the context: a playground image that
// carries the mark, then the given lines.
func (w *world) dockerfile(lines ...string) {
	w.Helper()
	head := []string{"FROM playground", "ENV MARK=" + w.mark}
	w.write("context/Dockerfile", strings.Join(append(head, lines...), "\n")+"\n")
}

// command is a process of the program, a group of its own, as a shell starts it.
func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary(w), args...)
	cmd.Dir = w.dir
	for k, v := range w.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if w.uid != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(w.uid), Gid: uint32(w.uid)}
	}
	return cmd
}

// outcome is how a process ended.
type outcome struct {
	code           int // -1 for a signal
	stdout, stderr string
	took           time.Duration
}

// run runs the program to its end.
func (w *world) run(args ...string) outcome {
	w.Helper()
	return w.start(args...).wait(patience)
}

// ok runs the program and wants success.
func (w *world) ok(args ...string) outcome {
	w.Helper()
	o := w.run(args...)
	if o.code != 0 {
		w.Fatalf("layerwise %s: exit %d\n%s%s", strings.Join(args, " "), o.code, o.stdout, o.stderr)
	}
	return o
}

// refused runs the program and wants exit code 1 and a message with all parts.
func (w *world) refused(parts []string, args ...string) outcome {
	w.Helper()
	o := w.run(args...)
	o.wants(w, 1, parts...)
	return o
}

// wants checks the exit code and that standard error has every part.
func (o outcome) wants(t testing.TB, code int, parts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit %d, want %d\n%s%s", o.code, code, o.stdout, o.stderr)
	}
	for _, part := range parts {
		if !strings.Contains(o.stderr, part) {
			t.Errorf("standard error lacks %q:\n%s", part, o.stderr)
		}
	}
	for _, bad := range []string{"panic:", "goroutine ", "SIGSEGV"} {
		if strings.Contains(o.stderr, bad) {
			t.Errorf("standard error has %q:\n%s", bad, o.stderr)
		}
	}
}

// process is a running program.
type process struct {
	w              *world
	cmd            *exec.Cmd
	stdout, stderr *lockedBuffer
	started        time.Time
	ended          chan struct{}
}

func (w *world) start(args ...string) *process {
	w.Helper()
	return w.startCommand(w.command(args...))
}

// startCommand starts a command whose streams are kept where they are not set.
func (w *world) startCommand(cmd *exec.Cmd) *process {
	w.Helper()
	p := &process{w: w, cmd: cmd, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, started: time.Now(), ended: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.stdout
	}
	if cmd.Stderr == nil {
		cmd.Stderr = p.stderr
	}
	w.must(cmd.Start())
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // the exit code is read from the state
	}()
	w.Cleanup(func() { p.signal(syscall.SIGKILL) })
	return p
}

// signal sends a signal to the whole process group, as a terminal does.
func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.ended:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, s)
	}
}

func (p *process) wait(bound time.Duration) outcome {
	p.w.Helper()
	select {
	case <-p.ended:
	case <-time.After(bound):
		p.signal(syscall.SIGQUIT) // the goroutines say where it hangs
		time.Sleep(time.Second)
		p.signal(syscall.SIGKILL)
		<-p.ended
		p.w.Fatalf("%s did not end in %v\n%s%s", strings.Join(p.cmd.Args, " "), bound, p.stdout, p.stderr)
	}
	return outcome{p.cmd.ProcessState.ExitCode(), p.stdout.String(), p.stderr.String(), time.Since(p.started)}
}

// says waits until standard error has a text.
func (p *process) says(text string) {
	p.w.Helper()
	p.until("it says "+text, func() bool { return strings.Contains(p.stderr.String(), text) })
}

// until waits for a condition while the process runs.
func (p *process) until(what string, holds func() bool) {
	p.w.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		ended := false
		select {
		case <-p.ended:
			ended = true
		default:
		}
		if (ended || time.Now().After(deadline)) && !holds() {
			p.w.Fatalf("waited in vain until %s (ended: %v)\n%s%s", what, ended, p.stdout, p.stderr)
		}
	}
}

// lockedBuffer is written by a process and read by the test meanwhile.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// processes are those that carry the world's mark, by command line.
func (w *world) processes() []string {
	var found []string
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		env, _ := os.ReadFile(filepath.Join(dir, "environ"))
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if len(line) > 0 && (bytes.Contains(env, []byte(w.mark)) || bytes.Contains(line, []byte(w.mark))) {
			found = append(found, filepath.Base(dir)+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// stepRuns says whether a step runs whose command line has the text.
func (w *world) stepRuns(text string) bool {
	for _, p := range w.processes() {
		if strings.Contains(p, text) && !strings.Contains(p, program.path) {
			return true
		}
	}
	return false
}

// checkQuiet wants no process and no mount of the world to be left. A process
// that was killed a moment ago may still be on its way out.
func (w *world) checkQuiet() {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for len(w.processes()) > 0 && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	if left := w.processes(); len(left) > 0 {
		w.Errorf("processes left:\n%s", strings.Join(left, "\n"))
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	w.must(err)
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, w.dir) && !strings.Contains(line, w.path("full")) { // the tests' own small disks
			w.Errorf("mount left: %s", line)
		}
	}
}

// files are all paths of the world but what is inside the engine's state.
func (w *world) files() map[string]bool {
	w.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		rel, _ := filepath.Rel(w.dir, path)
		found[rel] = true
		if rel == "data/layerwise/engine" {
			return fs.SkipDir
		}
		return nil
	})
	w.must(err)
	return found
}

// newFiles are the paths that were not there before, but for records and the
// checksums of contexts, which are meant to be kept.
func (w *world) newFiles(before map[string]bool) []string {
	w.Helper()
	var list []string
	for path := range w.files() {
		kept := strings.HasSuffix(path, ".json.zst") || strings.HasSuffix(path, ".stat") ||
			filepath.Dir(path) == "state/layerwise/records" ||
			path == "data/layerwise/experiments" || path == "cache/layerwise/stat" ||
			path == "cache/layerwise/layers" || strings.HasPrefix(path, "cache/layerwise/layers/sha256-")
		if !before[path] && !kept {
			list = append(list, path)
		}
	}
	return list
}

// records counts the records of builds.
func (w *world) records() int {
	n := 0
	for path := range w.files() {
		if strings.HasSuffix(path, ".json.zst") {
			n++
		}
	}
	return n
}
