package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/daemon"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/wire"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/ociruntime"
)

// openDaemon runs in the engine's process. It returns lines for the user, too.
func openDaemon(request wire.StartRequest) (*daemon.Daemon, []string, error) {
	if err := makeFolders(request.Root); err != nil {
		return nil, nil, err
	}
	if err := clearSetAside(request.Root); err != nil {
		return nil, nil, err
	}
	if err := daemon.Sweep(request.Root); err != nil {
		return nil, nil, err
	}
	r, err := chooseRuntime(request)
	if err != nil {
		return nil, nil, err
	}
	snapshotter := request.Snapshotter
	if snapshotter == Auto {
		snapshotter = daemon.DetectSnapshotter(request.Root)
	}
	d, err := daemon.Open(daemon.Config{
		Root:        request.Root,
		KeepBytes:   request.KeepBytes,
		Runtime:     r,
		Snapshotter: snapshotter,
		Rootless:    request.Rootless,
	})
	return d, setAside(request.Root), err
}

// asideGlob matches the databases that BuildKit sets aside because it cannot
// read them: those that only hold what it can do without.
const asideGlob = "*.db.*.bak"

// clearSetAside removes those of earlier starts, so that they do not pile up.
func clearSetAside(root string) error {
	old, err := filepath.Glob(filepath.Join(root, asideGlob))
	if err != nil {
		return fmt.Errorf("look for old databases: %w", err)
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove old database: %w", err)
		}
	}
	return nil
}

// setAside describes those of this start.
func setAside(root string) []string {
	paths, err := filepath.Glob(filepath.Join(root, asideGlob))
	if err != nil {
		return nil
	}
	var notices []string
	for _, path := range paths {
		name, _, _ := strings.Cut(filepath.Base(path), ".db.")
		notices = append(notices, fmt.Sprintf("the engine's %s.db was damaged; it starts with an empty one, and keeps the old one as %s until the next start", name, path))
	}
	return notices
}

// makeFolders empties the folders that the environment of the engine's process
// points to. What a killed engine left there is not in use: its mounts went with
// its namespace.
func makeFolders(root string) error {
	for _, dir := range []string{tmpFolder(root), runFolder(root)} {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("clear %s: %w", dir, err)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			return fmt.Errorf("make %s: %w", dir, err)
		}
	}
	return nil
}

// chooseRuntime takes runc where it is wanted and works, and the built-in
// runtime otherwise, except to run steps as the machine's root.
func chooseRuntime(request wire.StartRequest) (daemon.Runtime, error) {
	run := runFolder(request.Root)
	if request.Because != "" {
		logrus.Warnf("using the built-in runtime: %s", request.Because)
	}
	if request.Runtime != RuntimeBuiltin {
		r, err := daemon.FindRunc(run, filepath.Join(request.Root, "runc-checked"), request.Rootless)
		if err == nil {
			return r, nil
		}
		if request.Runtime == RuntimeRunc {
			return daemon.Runtime{}, err
		}
		if request.HostRoot && !request.Insecure {
			return daemon.Runtime{}, &noRuncError{err.Error()}
		}
		logrus.Warnf("using the built-in runtime: %v", err)
	}
	path, err := ociruntime.Install(run, ociruntime.Self)
	if err != nil {
		return daemon.Runtime{}, err
	}
	name := RuntimeBuiltin
	if request.HostRoot {
		name = builtinAsRoot
	}
	return daemon.Runtime{Name: name, Path: path}, nil
}

// builtinAsRoot is how reports name the built-in runtime where its steps are the
// machine's root.
const builtinAsRoot = "builtin, insecure: steps are the machine's root"
