package escape

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// probeProgram is the static program that the steps run.
var probeProgram string

func TestMain(m *testing.M) {
	rewriteSelf()
	embedded.Main()
	if len(os.Args) == 2 && os.Args[1] == sentinelName {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func runTests(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "escape-probe")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	probeProgram = filepath.Join(dir, "probe")
	build := exec.Command("go", "build", "-o", probeProgram, "./testdata/probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build probe: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// setting is a way to run steps.
type setting struct {
	user    string // root, user (with subordinate ids) or single (an ordinary user without)
	runtime string
}

func (s setting) String() string { return s.user + "/" + s.runtime }

// settings are those that this process can have. Where CI=true, both runtimes
// must be there, but for a user with a single id: runc needs more.
func settings(t *testing.T) []setting {
	t.Helper()
	user := currentUser()
	var list []setting
	if _, err := exec.LookPath("runc"); err == nil && user != "single" {
		list = append(list, setting{user, embedded.RuntimeRunc})
	} else if os.Getenv("CI") == "true" && user != "single" {
		t.Fatal("runc is not in PATH: install it")
	} else {
		t.Log("left out: runc")
	}
	return append(list, setting{user, embedded.RuntimeBuiltin})
}

func currentUser() string {
	if os.Geteuid() == 0 {
		return "root"
	}
	name := fmt.Sprint(os.Geteuid())
	if out, err := exec.Command("id", "-un").Output(); err == nil {
		name = strings.TrimSpace(string(out))
	}
	ids, _ := os.ReadFile("/etc/subuid")
	for line := range strings.Lines(string(ids)) {
		owner, _, _ := strings.Cut(line, ":")
		if _, err := exec.LookPath("newuidmap"); err == nil && (owner == name || owner == fmt.Sprint(os.Geteuid())) {
			return "user"
		}
	}
	return "single"
}

// everySetting runs a test with each runtime. The engine has networks of its own
// for steps: nothing here is true otherwise.
func everySetting(t *testing.T, test func(t *testing.T, s setting, h *host, e *embedded.Engine)) {
	for _, s := range settings(t) {
		t.Run(s.String(), func(t *testing.T) {
			h := newHost(t)
			e := start(t, s)
			test(t, s, h, e)
			h.check(t)
		})
	}
}

func start(t *testing.T, s setting) *embedded.Engine {
	t.Helper()
	root := filepath.Join(t.TempDir(), "engine")
	t.Cleanup(func() {
		if err := embedded.Remove(context.Background(), root); err != nil {
			t.Errorf("remove state folder: %v", err)
		}
	})
	e, err := embedded.Start(t.Context(), embedded.Options{Root: root, Runtime: s.runtime})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	info := e.Info()
	if info.Isolation != s.runtime || info.Network != engine.NetworkIsolated {
		t.Fatalf("engine is %+v", info)
	}
	return e
}

// insideVariable has this program, as a step's first process, try to write to its
// own file.
const insideVariable = "LAYERWISE_ESCAPE_INSIDE"

// rewriteSelf is the attack on a runtime whose program an image has it run again,
// by a link to /proc/self/exe: the file is kept by a descriptor that can be opened
// for writing once another program has taken the place of this one.
func rewriteSelf() {
	if os.Getenv(insideVariable) == "" {
		return
	}
	fd, err := unix.Open("/proc/self/exe", unix.O_PATH, 0) // not closed by the execution
	if err == nil {
		err = unix.Exec("/probe", []string{"/probe", "rewrite", fmt.Sprint(fd)}, []string{})
	}
	fmt.Fprintln(os.Stderr, "rewrite:", err)
	os.Exit(1)
}
