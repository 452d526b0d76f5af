//go:build linux

package ociruntime

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/layerwise/layerwise/analyzer/internal/atomicfile"
)

// state is what is stored of a container, for the commands that come after run.
type state struct {
	ID     string `json:"id"`
	Pid    int    `json:"pid"`    // of the first process
	Status string `json:"status"` // creating, running or stopped

	// StartTime and Boot tell the process from a later one with the same pid.
	StartTime string `json:"startTime,omitempty"`
	Boot      string `json:"boot,omitempty"`
}

const (
	statusCreating = "creating"
	statusRunning  = "running"
	statusStopped  = "stopped"
)

// store keeps one file per container in a folder.
type store struct{ dir string }

// openStore finds the state folder: --root, else a folder called Name beside the
// log file, else beside the symlink that this program was called by. All three
// are the same for every command on one container, as BuildKit calls them.
func openStore(opt options) (store, error) {
	dir := opt.root
	switch {
	case dir != "":
	case opt.log != "":
		dir = filepath.Join(filepath.Dir(opt.log), Name+"-state")
	case strings.Contains(opt.program, "/"):
		dir = filepath.Join(filepath.Dir(opt.program), Name+"-state")
	default:
		return store{}, errors.New("no place for the container's state: give --root, --log, or call the runtime by its path")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return store{}, fmt.Errorf("state folder: %w", err)
	}
	return store{dir}, nil
}

func (s store) path(id string) string { return filepath.Join(s.dir, id+".json") }

// reserve makes the file of a new container, and fails when there is one.
func (s store) reserve(id string) error {
	f, err := os.OpenFile(s.path(id), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("container %s exists already; delete it first", id)
	}
	if err != nil {
		return fmt.Errorf("state of container %s: %w", id, err)
	}
	return f.Close()
}

// save replaces the state in one step.
func (s store) save(st state) error {
	data, err := json.Marshal(st)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(s.path(st.ID), ".tmp-*", 0o600, data); err != nil {
		return fmt.Errorf("state of container %s: %w", st.ID, err)
	}
	return nil
}

// load returns the state of a container, stopped when its process is gone.
// The error is fs.ErrNotExist for an unknown container.
func (s store) load(id string) (state, error) {
	data, err := os.ReadFile(s.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return state{}, fmt.Errorf("container %s does not exist: %w", id, fs.ErrNotExist)
	}
	if err != nil {
		return state{}, fmt.Errorf("state of container %s: %w", id, err)
	}
	st := state{ID: id, Status: statusCreating}
	if len(data) == 0 { // reserved, its process is not started yet
		return st, nil
	}
	if err := json.Unmarshal(data, &st); err != nil {
		return state{}, fmt.Errorf("state of container %s is damaged: %w", id, err)
	}
	if st.ID != id {
		return state{}, fmt.Errorf("state of container %s is damaged: it is that of %q", id, st.ID)
	}
	if st.Pid != 0 && !sameProcess(st) {
		st.Status = statusStopped
	}
	return st, nil
}

func (s store) remove(id string) error { return os.Remove(s.path(id)) }

// identify fills in what tells the process st.Pid from later ones.
func (st *state) identify() error {
	fields, err := processStat(st.Pid)
	if err != nil {
		return err
	}
	st.StartTime, st.Boot = fields[statStartTime], bootID()
	return nil
}

// sameProcess reports whether the process that st names is still there. A
// process that has ended but was not waited for counts as gone.
func sameProcess(st state) bool {
	fields, err := processStat(st.Pid)
	if err != nil || fields[statState] == "Z" || fields[statState] == "X" {
		return false
	}
	return fields[statStartTime] == st.StartTime && bootID() == st.Boot
}

// bootID names this boot of the kernel, "" when it does not say.
func bootID() string {
	data, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(data))
}
