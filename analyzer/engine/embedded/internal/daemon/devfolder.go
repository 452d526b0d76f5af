//go:build linux

package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/network"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// guardDev refuses steps whose root has a /dev that is no ordinary folder. runc
// mounts on what a link there leads to inside the root, but then makes the links of
// /dev (fd, stdin, ptmx …), after removing what has such a name, where it leads to
// on the machine; versions that are in use do. What the executor mounts a step's
// root on is below bundles, by the step's id. It changes the providers in place, as
// limitRights does: when a step's network is set, its root is there.
func guardDev(providers map[pb.NetMode]network.Provider, bundles string) {
	for mode, p := range maps.Clone(providers) {
		providers[mode] = guarded{p, bundles}
	}
}

type guarded struct {
	network.Provider
	bundles string
}

func (g guarded) New(ctx context.Context, hostname string, opt network.NamespaceOptions) (network.Namespace, error) {
	ns, err := g.Provider.New(ctx, hostname, opt)
	if err != nil {
		return nil, err
	}
	return guardedNamespace{ns, g.bundles}, nil
}

type guardedNamespace struct {
	network.Namespace
	bundles string
}

func (g guardedNamespace) Set(spec *specs.Spec) error {
	if err := g.Namespace.Set(spec); err != nil {
		return err
	}
	if spec.Linux == nil || spec.Linux.CgroupsPath == "" {
		return errors.New("step has no id")
	}
	return checkDev(filepath.Join(g.bundles, filepath.Base(spec.Linux.CgroupsPath), "rootfs"))
}

// checkDev looks at the root of a step that has not begun.
func checkDev(root string) error {
	if _, err := os.Lstat(root); err != nil {
		return fmt.Errorf("look at the step's root: %w", err)
	}
	switch info, err := os.Lstat(filepath.Join(root, "dev")); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at the step's /dev: %w", err)
	case info.Mode()&os.ModeSymlink != 0:
		return errors.New("/dev of the image is a symlink: a step runs with an ordinary folder only")
	case !info.IsDir():
		return errors.New("/dev of the image is a file: a step runs with an ordinary folder only")
	}
	return nil
}
