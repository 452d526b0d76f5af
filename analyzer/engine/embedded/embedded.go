// Package embedded is a BuildKit that this program starts itself, for machines
// without one and for experiments that must not touch a cache that people use.
// It needs no daemon, no Docker and no root.
//
// The engine is a child process of the same binary, since a PID namespace and a
// user namespace can only be entered by a child. So Main must be called first
// in main, and in TestMain of tests that start an engine.
//
// It keeps its state in one folder, which one process at a time holds. The
// folder survives anything that happens to the engine: what was complete stays,
// the rest is made again.
//
// # Design
//
// Three processes: the caller; an init of the engine's PID namespace (package
// sandbox); and the engine. The caller shares two sockets with the engine. One
// carries BuildKit's gRPC interface, the other the calls of server: start-up,
// facts, removal. The end of the second is the word to stop, whether the caller
// closed it or died.
//
// Steps that the built-in runtime runs are never the machine's root. Where root
// calls, the whole engine is then in a user namespace, as it is for an ordinary
// user, but with ids that nobody else has. BuildKit can also map the ids of steps
// alone; that was turned down, since archives and images would still be unpacked by
// root.
package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// DefaultKeepBytes is the bound of the cache where Options name none: 10 GB.
const DefaultKeepBytes = 10e9

// Choices of Options.Runtime and Options.Snapshotter.
const (
	Auto            = "auto"
	RuntimeRunc     = "runc"
	RuntimeBuiltin  = "builtin"
	SnapshotOverlay = "overlayfs"
	SnapshotNative  = "native"
)

// Options say how to start an engine. Only Root is required.
type Options struct {
	// Root is the state folder, an absolute path. It is made if it is missing.
	Root string
	// OnWait is called with a line for the user, from the goroutine of Start:
	// once when another process holds the folder, and when a damaged database
	// was set aside. Nil is fine.
	OnWait func(message string)
	// OnWaited is called, from there too, with how long another process was waited
	// for, once it is gone. Nil is fine.
	OnWaited func(time.Duration)
	// NoWait makes Start return an *InUseError instead of waiting.
	NoWait bool
	// KeepBytes bounds the cache that is kept; 0 is DefaultKeepBytes.
	KeepBytes int64
	// Runtime runs the steps: RuntimeRunc, RuntimeBuiltin, or Auto ("" too):
	// runc from PATH where it works, else the built-in one. For root these have
	// caches of their own in the state folder, each bounded by KeepBytes.
	Runtime string
	// Insecure allows the built-in runtime to run steps as the machine's root,
	// where the caller is that. Otherwise it runs them with ids of their own, in a
	// user namespace.
	Insecure bool
	// Snapshotter holds the layers: SnapshotOverlay, SnapshotNative, or Auto
	// ("" too): overlayfs where it works, else native.
	Snapshotter string
}

// DefaultRoot is the state folder that all commands share unless told
// otherwise: $XDG_DATA_HOME/layerwise/engine.
func DefaultRoot() (string, error) {
	// The base directory specification has relative paths ignored.
	if data := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		return filepath.Join(data, "layerwise", "engine"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the engine's state folder: %w; set XDG_DATA_HOME", err)
	}
	return filepath.Join(home, ".local", "share", "layerwise", "engine"), nil
}

// InUseError says that another process holds the state folder.
type InUseError struct {
	Root string
	PID  int // 0 where it is not known
}

func (e *InUseError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("state folder %s is in use by another process", e.Root)
	}
	return fmt.Sprintf("state folder %s is in use by process %d", e.Root, e.PID)
}

// ApartError says that the built-in runtime would run steps as the machine's
// root, since this machine allows no user namespace to keep them apart from it.
type ApartError struct {
	NoRunc string // why runc does not run them; "" where it was not asked for, or is not there
	Err    error  // why there is no user namespace
}

func (e *ApartError) Error() string {
	text := fmt.Sprintf("the built-in runtime does not run steps as the machine's root, and cannot run them apart from it: %v", e.Err)
	if e.NoRunc != "" {
		text += "; and runc cannot be used: " + e.NoRunc
	}
	return text
}

func (e *ApartError) Unwrap() error { return e.Err }

// ErrKilled says that the engine's process was killed while it worked. Nothing of
// its state is damaged by that.
var ErrKilled = errors.New("the embedded engine is gone: it was killed, as the kernel does it where memory runs out")

// DamagedError says that the state folder cannot be read.
type DamagedError struct {
	Root string
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("the engine's state in %s is damaged: %v; remove it with: layerwise engine prune --all", e.Root, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// NotStateError says that a folder is not an engine's state folder.
type NotStateError struct{ Root string }

func (e *NotStateError) Error() string {
	return fmt.Sprintf("%s is not a state folder of the engine, and not empty: name another one", e.Root)
}
