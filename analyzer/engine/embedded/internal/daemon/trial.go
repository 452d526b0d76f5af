//go:build linux

package daemon

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/moby/buildkit/executor"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/executor/resources"
	"github.com/moby/buildkit/executor/runcexecutor"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/network"
	"github.com/moby/sys/user"
)

// tryStep runs a step whose program is missing, in an empty root file system
// below dir. A runtime that gets as far as to miss the program has made the
// namespaces and the mounts of the step.
func tryStep(ctx context.Context, r Runtime, dir string, rootless bool) error {
	root := filepath.Join(dir, "rootfs")
	if err := os.MkdirAll(root, 0o700); err != nil {
		return fmt.Errorf("try %s: %w", r.Name, err)
	}
	defer os.RemoveAll(dir)
	monitor, err := resources.NewMonitor()
	if err != nil {
		return fmt.Errorf("try %s: %w", r.Name, err)
	}
	defer monitor.Close()
	run, err := runcexecutor.New(runcexecutor.Opt{
		Root:              filepath.Join(dir, "executor"),
		CommandCandidates: []string{r.Path},
		Rootless:          rootless,
		ProcessMode:       oci.ProcessSandbox,
		ResourceMonitor:   monitor,
	}, map[pb.NetMode]network.Provider{pb.NetMode_UNSET: network.NewHostProvider()})
	if err != nil {
		return fmt.Errorf("try %s: %w", r.Name, err)
	}
	var said output
	_, err = run.Run(ctx, "", executor.Mount{Src: bindMount(root)}, nil, executor.ProcessInfo{
		Meta:   executor.Meta{Args: []string{"/missing"}, Cwd: "/"},
		Stdout: &said,
		Stderr: &said,
	}, nil)
	if err == nil {
		return fmt.Errorf("try %s: it ran a program that is not there", r.Name)
	}
	if missedProgram(said.String()) {
		return nil
	}
	return fmt.Errorf("%s does not run steps here: %w: %s", r.Path, err, strings.TrimSpace(said.String()))
}

// missedProgram reports whether a runtime says that it did not find the program.
func missedProgram(said string) bool {
	return strings.Contains(said, `"/missing"`) &&
		(strings.Contains(said, "executable file not found") || strings.Contains(said, "no such file or directory"))
}

// output is what the executor takes to write to.
type output struct{ bytes.Buffer }

func (*output) Close() error { return nil }

// bindMount is a folder as the executor takes it.
type bindMount string

func (dir bindMount) Mount(context.Context, bool) (executor.MountableRef, error) {
	return bindRef(dir), nil
}

type bindRef string

func (dir bindRef) Mount() ([]mount.Mount, func() error, error) {
	m := mount.Mount{Type: "bind", Source: string(dir), Options: []string{"rbind"}}
	return []mount.Mount{m}, func() error { return nil }, nil
}

func (bindRef) IdentityMapping() *user.IdentityMapping { return nil }
