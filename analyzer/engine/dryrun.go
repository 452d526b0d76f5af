package engine

import (
	"context"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// DryRunner is an engine that can tell what a build would run, without running
// it.
type DryRunner interface {
	Engine
	// DryRun solves definitions as a build would, up to the point where something
	// would run. Local sources are transferred, which tells their content, and
	// remote ones are resolved. It changes nothing that a later build reuses. What
	// the build would fail with, where that shows before anything runs, is in the
	// facts; the error is of a definition that the engine refuses, or of ctx.
	DryRun(ctx context.Context, d DryRun) (*DryFacts, error)
}

// DryRun is what a dry run is asked.
type DryRun struct {
	// Session is the id of the client's session, which must last until the dry run
	// is over: the engine takes local sources and credentials from it.
	Session string
	// Definitions are what would be built, in one build: one a platform, encoded as
	// BuildKit's protocol has them (pb.Definition).
	Definitions  [][]byte
	CacheImports []client.CacheOptionsEntry
	Allow        []string // entitlements
}

// DryFacts is what would run, by vertex digest. It depends, where a step takes
// files that another step would have to make first, on what these will be.
type DryFacts struct {
	// Most has what would run if all such files were new: never less than a build
	// runs.
	Most map[digest.Digest]Fact
	// Least has what would run if all such files were among those that the cache
	// knows: never more than a build runs. It is nil where that cannot be told.
	Least map[digest.Digest]Fact
	// ImportErrors has, for each of DryRun.CacheImports, why it could not be read, ""
	// where it could.
	ImportErrors []string
	// Certain says that the build needs no such files: Least is Most.
	Certain bool
}
