//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// initName is argv[0] of the init stage, which run starts.
const initName = Name + "-init"

// Main runs the OCI runtime and ends the process when argv[0] names it or its
// init stage; otherwise it does nothing. Call it first in main.
func Main() {
	if len(os.Args) == 0 {
		return
	}
	switch filepath.Base(os.Args[0]) {
	case Name:
		os.Exit(runtimeMain(os.Args))
	case initName:
		os.Exit(initMain())
	}
}

// Self is the program of whatever process starts the runtime. It is found also in
// a folder that the process may not search.
const Self = "/proc/self/exe"

// Install makes dir/Name a symlink to this program, by its path or as Self, and
// returns the link's path. An older link is replaced in one step, so that a runtime
// that is being started meanwhile finds one or the other. dir must exist.
func Install(dir, program string) (path string, err error) {
	path = filepath.Join(dir, Name)
	if old, err := os.Readlink(path); err == nil && old == program {
		return path, nil
	}
	temporary := path + "." + strconv.Itoa(os.Getpid())
	if err := os.Symlink(program, temporary); err != nil {
		return "", fmt.Errorf("install the container runtime: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return "", errors.Join(fmt.Errorf("install the container runtime: %w", err), os.Remove(temporary))
	}
	return path, nil
}

// runtimeMain runs one command and returns the exit code: for run the
// container's, else 0 or 1.
func runtimeMain(args []string) int {
	opt, err := parseArgs(args)
	code := 0
	if err == nil {
		code, err = runCommand(opt)
	}
	if err == nil {
		return code
	}
	opt.reportError(err)
	var start *startError
	if errors.As(err, &start) && start.Code != 0 {
		return start.Code
	}
	return 1
}

func runCommand(opt options) (exitCode int, err error) {
	store, err := openStore(opt)
	if err != nil {
		return 1, err
	}
	switch opt.command {
	case "run":
		return run(opt, store)
	case "kill":
		return 0, kill(opt, store)
	case "delete":
		return 0, deleteContainer(opt, store)
	}
	return 1, fmt.Errorf("command %q is not supported by the built-in runtime (run, kill, delete); install runc for it", opt.command)
}
