package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine/embedded/ociruntime"
)

// Commands of README.md that cannot run as they stand, with what runs instead.
var readmeInstead = map[string]string{
	// The tree under test, not what was published last.
	"go install github.com/layerwise/layerwise/cmd/layerwise@latest": "go install ./cmd/layerwise",
	// All tests would run this one again.
	"go test ./...": "go test -short ./report/...",
}

// readmeSocket is the address in README.md; a buildkitd of the test takes its
// place.
const readmeSocket = "unix:///run/buildkit/buildkitd.sock"

// Every command in README.md runs, in order, in a clean copy of the repository,
// and prints what README.md says that it prints. -update rewrites that.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every command of README.md")
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	socket := startBuildkitd(t)
	dir, env := cleanCopy(t), readmeEnv(t)
	blocks := commandBlocks(string(text))
	if len(blocks) < 10 {
		t.Fatalf("README.md has %d blocks of commands: this test does not see them", len(blocks))
	}
	var out strings.Builder
	rest := string(text)
	for _, b := range blocks {
		before, after, _ := strings.Cut(rest, b.source)
		out.WriteString(before)
		rest = after
		for _, c := range b.commands {
			line := strings.ReplaceAll(c.line, readmeSocket, socket)
			if instead, ok := readmeInstead[line]; ok {
				line = instead
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
			cmd.Dir, cmd.Env = dir, env
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil {
				t.Errorf("$ %s\n%v\n%s", c.line, err, &stderr)
			}
			got := strings.ReplaceAll(stdout.String(), dir+"/", "")
			if b.console && scrubTable(got) != scrubTable(c.output) {
				if !*update {
					t.Errorf("$ %s\nprints\n%s\nREADME.md says\n%s(run go test ./cmd/layerwise -run TestReadme -update, and look at it)", c.line, got, c.output)
				}
				c.output = got
			}
			b.write(&out, c)
		}
		out.WriteString("```\n")
	}
	out.WriteString(rest)
	if *update && !t.Failed() {
		if err := os.WriteFile(readme, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// cleanCopy copies what the repository ships.
func cleanCopy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root := filepath.Dir(readme)
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"cmd", "analyzer", "report", "examples"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// readmeEnv is the environment of somebody who never ran the program.
func readmeEnv(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	data := filepath.Join(home, "data")
	t.Cleanup(func() { removeEngine(t, filepath.Join(data, "layerwise", "engine")) })
	env := append(os.Environ(), "HOME="+home, "LANG=C.UTF-8", "BUILDKIT_HOST=", "GOBIN="+filepath.Join(home, "bin"),
		"XDG_DATA_HOME="+data, "XDG_STATE_HOME="+filepath.Join(home, "state"), "XDG_CACHE_HOME="+filepath.Join(home, "cache"))
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} { // which follow HOME
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	return env
}

// buildkitModule is the module that has BuildKit's own programs as its tools.
const buildkitModule = "../../.ci/buildkitd"

// startBuildkitd builds BuildKit's own daemon, of the version that the program is
// built with, and starts it in namespaces of its own, so that nothing of it
// outlives the test. It returns its address.
func startBuildkitd(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	bin := filepath.Join(dir, "buildkitd")
	if out, err := exec.Command("go", "build", "-C", buildkitModule, "-o", bin, "github.com/moby/buildkit/cmd/buildkitd").CombinedOutput(); err != nil {
		t.Fatalf("build buildkitd: %v\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	runtime, err := ociruntime.Install(dir, self)
	if err != nil {
		t.Fatal(err)
	}
	run, err := os.MkdirTemp("", "lw") // a short path: the name of a socket has a bound
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(run) })
	socket := filepath.Join(run, "s")
	script := `mount --make-rslave / && mount -t proc proc /proc && exec "$@"`
	daemon := exec.Command("sh", "-c", script, "sh", bin, "--root", filepath.Join(dir, "state"), "--addr", "unix://"+socket,
		"--oci-worker=true", "--oci-worker-binary", runtime, "--oci-worker-net", "host", "--containerd-worker=false")
	daemon.SysProcAttr = ownNamespaces()
	if os.Geteuid() != 0 {
		daemon.Args = append(daemon.Args, "--rootless")
	}
	var log bytes.Buffer
	daemon.Stdout, daemon.Stderr = &log, &log
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		daemon.Process.Kill()
		daemon.Wait()
		if t.Failed() {
			t.Logf("buildkitd: %s", &log)
		}
	})
	awaitSocket(t, socket)
	return "unix://" + socket
}
