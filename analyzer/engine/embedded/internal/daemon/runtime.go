//go:build linux

package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Runtime is the OCI runtime that runs steps.
type Runtime struct {
	Name string // as reports name it
	Path string // the program
}

// runcNames are the names that BuildKit looks for.
var runcNames = []string{"buildkit-runc", "runc"}

// checkTimeout bounds all that is asked of a runtime to know whether it works.
const checkTimeout = 10 * time.Second

// FindRunc returns runc from PATH if it runs steps on this machine as BuildKit
// wants them. runDir is an empty folder for its state, which it keeps nowhere
// else. The answer is remembered in the file checked, for as long as the
// program is the same.
func FindRunc(runDir, checked string, rootless bool) (Runtime, error) {
	path, err := lookRunc()
	if err != nil {
		return Runtime{}, err
	}
	if singleGroup() {
		return Runtime{}, errors.New("runc needs more than one group id (install newuidmap and newgidmap, package uidmap)")
	}
	r := Runtime{Name: "runc", Path: path}
	if !rootless {
		if err := keepStateIn(runDir); err != nil {
			return Runtime{}, err
		}
	}
	key, err := checkKey(path, rootless)
	if err != nil {
		return Runtime{}, err
	}
	if known, err := os.ReadFile(checked); err == nil && string(known) == key {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
	defer cancel()
	if err := checkSeccomp(ctx, path); err != nil {
		return Runtime{}, err
	}
	if err := tryStep(ctx, r, filepath.Join(runDir, "trial"), rootless); err != nil {
		return Runtime{}, err
	}
	// Without it the next start only checks again.
	_ = os.WriteFile(checked, []byte(key), 0o600)
	return r, nil
}

// singleGroup reports whether the user namespace maps one group. BuildKit has
// the pseudo-terminals of a step belong to a second one.
func singleGroup() bool {
	groups, err := os.ReadFile("/proc/self/gid_map")
	fields := strings.Fields(string(groups))
	return err == nil && len(fields) == 3 && fields[2] == "1"
}

// HasRunc reports whether PATH has a program that may be runc.
func HasRunc() bool {
	_, err := lookRunc()
	return err == nil
}

func lookRunc() (string, error) {
	for _, name := range runcNames {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", errors.New("runc is not in PATH")
}

// keepStateIn hides the system's state folder of runc, which it uses as root no
// matter what the environment says, behind one of our own. The mount is only
// seen in the engine's mount namespace.
func keepStateIn(runDir string) error {
	const system = "/run/runc"
	own := filepath.Join(runDir, "runc")
	if err := os.MkdirAll(own, 0o700); err != nil {
		return fmt.Errorf("make runc's state folder: %w", err)
	}
	if err := os.MkdirAll(system, 0o700); err != nil {
		return fmt.Errorf("make runc's state folder: %w", err)
	}
	if err := unix.Mount(own, system, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount runc's state folder: %w", err)
	}
	return nil
}

// checkKey changes when the program, the kernel or the namespaces do.
func checkKey(path string, rootless bool) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("look at runc: %w", err)
	}
	var kernel unix.Utsname
	if err := unix.Uname(&kernel); err != nil {
		return "", fmt.Errorf("ask for the kernel's version: %w", err)
	}
	return fmt.Sprintf("%s %d %d %s %t\n", path, info.Size(), info.ModTime().UnixNano(),
		unix.ByteSliceToString(kernel.Release[:]), rootless), nil
}

// checkSeccomp refuses a runc that was built without seccomp, and would refuse
// every step in turn, since BuildKit always sends a filter. Old ones cannot
// say, and are left to the trial.
func checkSeccomp(ctx context.Context, path string) error {
	out, err := exec.CommandContext(ctx, path, "features").Output()
	if err != nil {
		return nil
	}
	var features struct {
		Linux struct {
			Seccomp struct {
				Enabled *bool `json:"enabled"`
			} `json:"seccomp"`
		} `json:"linux"`
	}
	if err := json.Unmarshal(out, &features); err != nil {
		return nil
	}
	if enabled := features.Linux.Seccomp.Enabled; enabled != nil && !*enabled {
		return fmt.Errorf("%s was built without seccomp", path)
	}
	return nil
}
