package main_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// BenchmarkNoOpRebuild compares a rebuild of an unchanged context by layerwise
// with one by buildctl, in turns, on one running buildkitd. The context has
// 12,500 files of 63 MB together. "ratio" is what to look at: the median of
// layerwise's time over that of buildctl's.
func BenchmarkNoOpRebuild(b *testing.B) {
	w := newWorld(b, 0)
	w.needsRoot()
	w.write("context/Dockerfile", "FROM scratch\nCOPY . /app\n")
	random := rand.NewChaCha8([32]byte{})
	text := make([]byte, 5040)
	for i := range 12_500 {
		random.Read(text)
		w.write(fmt.Sprintf("context/d%d/f%d", i/100, i), string(text))
	}
	addr := w.startBuildkitd()
	ours := func() time.Duration {
		return w.ok("build", "--addr", addr, "--progress", "plain", "context").took
	}
	buildctl := w.goBuild("github.com/moby/buildkit/cmd/buildctl")
	theirs := func() time.Duration {
		cmd := w.command()
		cmd.Path = buildctl
		cmd.Args = []string{"buildctl", "--addr", addr, "build", "--progress", "plain",
			"--frontend", "dockerfile.v0", "--local", "context=context", "--local", "dockerfile=context"}
		o := w.startCommand(cmd).wait(patience)
		o.wants(b, 0)
		return o.took
	}
	for range 2 { // the first transfers, the second fills the checksums
		ours()
		theirs()
	}
	var mine, other []time.Duration
	for b.Loop() {
		mine, other = append(mine, ours()), append(other, theirs())
	}
	b.ReportMetric(milliseconds(median(mine)), "layerwise-ms")
	b.ReportMetric(milliseconds(median(other)), "buildctl-ms")
	b.ReportMetric(float64(median(mine))/float64(median(other)), "ratio")
}

// goBuild builds a program of BuildKit's.
func (w *world) goBuild(pkg string) string {
	w.Helper()
	path := w.path(filepath.Base(pkg))
	if out, err := exec.Command("go", "build", "-C", buildkitModule, "-o", path, pkg).CombinedOutput(); err != nil {
		w.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return path
}

// startBuildkitd runs BuildKit's own daemon, of the version that the program is
// built with, in namespaces of its own, so that nothing of it is left behind.
// It runs no steps: where there is no runc, another program stands in for it.
func (w *world) startBuildkitd() (addr string) {
	w.Helper()
	addr = "unix://" + w.path("s")
	runtime, err := exec.LookPath("runc")
	if err != nil {
		runtime = binary(w)
	}
	cmd := exec.Command("/bin/sh", "-c", `mount -t proc proc /proc && exec "$@"`, "sh",
		w.goBuild("github.com/moby/buildkit/cmd/buildkitd"), "--root", w.path("buildkitd-state"), "--addr", addr,
		"--oci-worker-binary", runtime, "--oci-worker-net", "host", "--oci-worker=true", "--containerd-worker=false")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Cloneflags: syscall.CLONE_NEWPID, Unshareflags: syscall.CLONE_NEWNS}
	p := w.startCommand(cmd)
	w.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		<-p.ended
	})
	p.until("buildkitd listens", func() bool { _, err := os.Stat(w.path("s")); return err == nil })
	return addr
}
