package oracle_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/ociruntime"
	"github.com/layerwise/layerwise/analyzer/engine/remote"
	"golang.org/x/sys/unix"
)

func startEmbedded(t *testing.T) engine.Engine {
	t.Helper()
	eng, err := embedded.Start(context.Background(), embedded.Options{Root: filepath.Join(t.TempDir(), "engine")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { eng.Close() })
	return eng
}

// initName is what the test binary is called as the first process of a
// buildkitd's namespaces.
const initName = "buildkitd-init"

// buildkitdInit mounts what a new PID namespace needs, and becomes buildkitd.
func buildkitdInit() {
	if filepath.Base(os.Args[0]) != initName {
		return
	}
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, initName+":", err)
		os.Exit(1)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		fail(err)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		fail(err)
	}
	fail(syscall.Exec(os.Args[1], os.Args[1:], os.Environ()))
}

// buildkitdModule is the module that has BuildKit's own daemon as its tool.
const buildkitdModule = "../../../.ci/buildkitd"

// buildkitd compiles BuildKit's daemon, once for all tests; TestMain removes it.
// What it says of its version is linked in, as in BuildKit's own releases.
var buildkitd = sync.OnceValues(func() (string, error) {
	const module = "github.com/moby/buildkit"
	version, err := exec.Command("go", "list", "-C", buildkitdModule, "-m", "-f", "{{.Version}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("find the version of buildkitd: %w", err)
	}
	bin := filepath.Join(tools, "buildkitd")
	link := "-X " + module + "/version.Version=" + strings.TrimSpace(string(version))
	compile := exec.Command("go", "build", "-C", buildkitdModule, "-ldflags", link, "-o", bin, module+"/cmd/buildkitd")
	if out, err := compile.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build buildkitd: %w\n%s", err, out)
	}
	return bin, nil
})

// tools is a folder for programs that tests share.
var tools string

// startBuildkitd starts BuildKit's own daemon, of the version that this program
// is built with, with the built-in runtime, in namespaces of its own, so that
// nothing of it outlives the test.
func startBuildkitd(t *testing.T) engine.Engine {
	t.Helper()
	dir := t.TempDir()
	bin, err := buildkitd()
	if err != nil {
		t.Fatal(err)
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
	socket := "unix://" + filepath.Join(run, "s")
	daemon := exec.Command("/proc/self/exe", bin, "--root", filepath.Join(dir, "state"), "--addr", socket,
		"--oci-worker-binary", runtime, "--oci-worker-net", "host", "--oci-worker=true", "--containerd-worker=false",
		"--allow-insecure-entitlement", "network.host", "--allow-insecure-entitlement", "security.insecure")
	daemon.Args[0] = initName
	daemon.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		daemon.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		daemon.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		daemon.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
		daemon.Args = append(daemon.Args, "--rootless")
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	daemon.Stdout, daemon.Stderr = log, log
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		daemon.Process.Kill()
		daemon.Wait()
	})
	return await(t, socket, log.Name())
}

// await dials until the daemon answers.
func await(t *testing.T, socket, log string) engine.Engine {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		eng, err := remote.Dial(ctx, remote.Options{Address: socket, Timeout: time.Second})
		if err == nil {
			t.Cleanup(func() { eng.Close() })
			return eng
		}
		if ctx.Err() != nil {
			out, _ := os.ReadFile(log)
			t.Fatalf("buildkitd does not answer: %v\n%s", err, out)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
