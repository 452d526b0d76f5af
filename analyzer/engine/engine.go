// Package engine says what a BuildKit engine is to the rest of the code: a
// client to ask, and, where the engine runs in our hands, facts about what
// each of its operations did.
//
// Every way to come to an engine is a Connector in a package of its own, and Find
// chooses among those that it is given. Package remote reaches any running buildkitd;
// what that did is read from its status events alone. Package embedded starts a
// BuildKit with every operation wrapped, so that it also answers Facts. What an
// engine can do is in its Capabilities.
package engine

import (
	"context"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// The kinds of engine, as reports name them.
const (
	KindEmbedded = "embedded"
	KindRemote   = "remote"
	KindNone     = "none"
)

// The networks of steps, as reports name them.
const (
	NetworkIsolated = "isolated" // one of its own for each step
	NetworkHost     = "host"     // that of the engine
)

// Engine is a BuildKit that answers.
type Engine interface {
	// Client is one connection, shared by all callers and valid until Close.
	Client() *client.Client
	Info() Info
	Capabilities() Capabilities
	// Facts returns what the operations of a build did, by vertex digest, and forgets
	// it. ref is the build's (client.SolveOpt.Ref), which is over, successful or not;
	// others may be going on. An operation that several of them share is in the facts
	// of each. It is nil where the engine cannot tell; a build that such an engine does
	// not know, or whose facts were taken before, is an error.
	Facts(ctx context.Context, ref string) (map[digest.Digest]Fact, error)
	// Close ends the connection, and the engine with it where it is ours.
	Close() error
}

// Info names an engine in reports.
type Info struct {
	Kind      string // KindEmbedded or KindRemote
	Address   string // "" for the embedded engine
	Version   string // BuildKit's version, "v0.34.2"
	Isolation string // "runc" or "builtin"; "" where it is not known
	// Network is that of steps which ask for none in particular: NetworkIsolated,
	// NetworkHost, or "" where it is not known.
	Network       string
	NetworkReason string // why it is NetworkHost, where the engine would rather not
	Snapshotter   string // "overlayfs", "native"; "" where it is not known
	Rootless      bool
	// CacheID is the same for two builds only if they share a cache: BuildKit's
	// worker id, which is stored beside the cache.
	CacheID string
	Folder  string // where the embedded engine keeps its state; "" for another
}

// Fact is what one vertex's operation did during a build.
type Fact struct {
	// Key is BuildKit's stable cache key of the operation itself, without its
	// inputs (the digest of the first cache map); "" if it was never asked for.
	Key digest.Digest
	// Pin is what a source resolved to: an image digest, a git commit, the
	// checksum of a download. "" for anything else.
	Pin string
	// Cached says that the engine's cache had a result for the operation when the
	// build looked: be it that it was loaded, or that the build failed before that.
	Cached bool
	// Executions counts calls of Exec. 0 means that nothing ran.
	Executions int
	// Kept says that the cache has what Exec made. The result of an operation that
	// ends after its build was given up is dropped.
	Kept bool
	// WouldRun says that a dry run called for Exec. Nothing ran then, unless
	// Executions says so: of a source whose files were needed to go on.
	WouldRun bool
	Seconds  float64 // time in Exec
	Error    string  // of the last Exec, "" when it succeeded
	Inputs   []InputFact
	// OutputSize is the disk usage in bytes of what Exec made, on top of its
	// parent, -1 where it was not measured.
	OutputSize int64
	// KeyOnly says that a cache which the build imported knows the operation on these
	// inputs, and has no result for it.
	KeyOnly bool
	// Loads counts the results that were taken from an imported cache, in the fact of
	// its ImportVertex; such a fact says nothing else.
	Loads int
}

// ImportVertex is the digest of the vertex that stands for the import of a cache
// (loadResult in BuildKit's solver/llbsolver/bridge.go). Facts may have it, too.
func ImportVertex(key string) digest.Digest {
	return digest.FromString("importing cache manifest from " + key)
}

// InputFact is what an operation's cache key took from one of its inputs.
type InputFact struct {
	Selector digest.Digest // of the paths that the operation takes; "" for all
	// Content is the checksum of the selected files. "" where the input counts
	// by identity, or where BuildKit decided without computing it.
	Content digest.Digest
	// Files has BuildKit's own digest of each selected file, link and device,
	// by absolute slash path, where Content was computed. It holds no folders.
	Files map[string]digest.Digest
}
