// Package wire has what the embedded engine's process and its caller send each
// other, by net/rpc, which wants exported types.
package wire

import "github.com/layerwise/layerwise/analyzer/engine"

// StartRequest is Options with everything decided that the caller can decide.
type StartRequest struct {
	Root        string
	KeepBytes   int64
	Runtime     string
	Snapshotter string
	Rootless    bool
	HostRoot    bool   // root in here is the machine's root
	Insecure    bool   // even so, any runtime may run steps
	Because     string // why the caller does not ask for runc, for the log
}

// StartReply tells how the start went. Errors are text, since types do not
// cross the process boundary.
type StartReply struct {
	Info    engine.Info
	Notices []string
	Error   string
	Damaged bool // with Error: the state cannot be read
	NoRunc  bool // with Error: no runtime that may run steps as the machine's root
	Refused bool // with Error: the machine does not allow what the process needs
}

// DryRequest asks for a dry run.
type DryRequest struct {
	ID string // for DryStop
	engine.DryRun
}

// DryReply is its answer. Errors are text, since types do not cross the process
// boundary.
type DryReply struct {
	Facts engine.DryFacts
	Error string
}
