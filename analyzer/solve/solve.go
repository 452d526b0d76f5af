// Package solve runs one build on an engine, follows it to its end and writes
// down what became of every step.
//
// What happened is taken from the engine's own facts where it has them (the
// embedded one), else from the final status event of every vertex. While the
// engine works, the local sources are scanned beside it, so that a later
// comparison can name the files behind a checksum.
package solve

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve/transfer"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"
)

// Options are what a build is asked to do; they follow the flags of docker
// build by name.
type Options struct {
	Source Source

	Target        string
	BuildArgs     map[string]string
	Labels        map[string]string
	Platforms     []string
	AddHosts      []string // "host:ip" or "host=ip"
	Network       string   // "default", "host", "none"; "" as the engine decides
	NoCache       bool
	NoCacheFilter []string // stages
	Pull          bool
	CacheFrom     []client.CacheOptionsEntry
	CacheTo       []client.CacheOptionsEntry
	Outputs       []client.ExportEntry
	Allow         []string // entitlements
	Session       []session.Attachable
	Secrets       []string // ids of those in the session

	// StandIns answers base images in place of a registry; nil asks the engine.
	StandIns plan.StandIns
	// Status receives a copy of every status of the engine; it must not block
	// for long. nil is fine.
	Status func(*client.SolveStatus)
	// Planned is told what is built once that is known, and while the engine goes
	// on; it must not block. nil is fine.
	Planned func(record.Project)
	// Salt keys the hashes that stand for credentials in the record.
	Salt []byte
	// StatCache is the folder for checksums of files that did not change since
	// an earlier build; "" keeps none.
	StatCache string
	// MeasureLayers asks for what each step added to the exported image.
	MeasureLayers bool
	// LayerCache is the folder for what layers hold, see image.Cache; "" keeps
	// nothing, and reads each layer of the image anew.
	LayerCache string
	Tool       string // version, for the record
	Label      string // for the record
}

// Run builds. A record is returned whenever a plan was made, also with an
// error: a build that failed or was cancelled has one, since engines keep what
// completed. The error is the engine's, with the source where BuildKit knows it
// (solver/errdefs.Sources).
func Run(ctx context.Context, eng engine.Engine, o Options) (*record.Record, error) {
	r := &run{Options: o, engine: eng, started: time.Now(), statuses: newStatuses(), imports: newImports(o.CacheFrom)}
	r.frontend = &plan.Frontend{StandIns: o.StandIns, File: o.Source.File}
	defer r.forgetCredentials(context.WithoutCancel(ctx))
	lap := time.Now()
	response, buildErr := r.solve(ctx)
	if r.plan == nil {
		if buildErr == nil {
			buildErr = plan.ErrNoPlan
		}
		return nil, r.noted(r.maskError(buildErr))
	}
	buildErr = r.importFailure(buildErr)
	rec := r.record(eng.Info(), buildErr)
	// The rest is bookkeeping of what has happened: it is worth finishing when
	// the build was cancelled.
	bookkeeping := context.WithoutCancel(ctx)
	phase := func(name string) {
		rec.Phases = append(rec.Phases, record.Phase{Name: name, Seconds: time.Since(lap).Seconds()})
		rec.Seconds = time.Since(r.started).Seconds()
		lap = time.Now()
	}
	phase(record.PhaseBuild)
	rec.Phases = splitExport(rec.Phases, r.statuses.exporting())
	facts, err := eng.Facts(bookkeeping, r.ref)
	if err != nil && buildErr == nil {
		return nil, fmt.Errorf("ask the engine what ran: %w", err)
	}
	r.attribute(rec, facts)
	r.addImports(rec, facts)
	r.countCache(bookkeeping, rec)
	if err := r.addScans(bookkeeping, rec); err != nil {
		rec.Warnings = append(rec.Warnings, err.Error())
	}
	phase(record.PhaseFacts)
	if o.MeasureLayers && buildErr == nil {
		// All but this, which takes long where layers are large.
		err := r.addLayers(ctx, rec, response)
		if ctx.Err() != nil {
			err = errors.New("interrupted while they were read")
		}
		if err != nil {
			rec.Warnings = append(rec.Warnings, "layers are not known: "+err.Error())
		}
		phase(record.PhaseLayers)
	}
	buildErr = r.maskError(buildErr)
	if rec.Result == record.Failed && len(r.notes) > 0 {
		buildErr = &NotedError{buildErr, r.notes}
	}
	return rec, buildErr
}

// run is the state of one build.
type run struct {
	Options
	engine       engine.Engine
	started      time.Time
	frontend     *plan.Frontend
	plan         *plan.Plan
	redactor     *record.Redactor
	ref          string // of the build in the engine's history
	statuses     *statuses
	transfer     *transfer.Provider // of the local sources
	notes        []string           // about names that match nothing
	imports      []cacheImport
	scans        scans
	culprit      digest.Digest   // the vertex that failed the build, "" for none
	keyless      bool            // and did so before it ran: it has no cache key
	importFailed bool            // what was to be read of an imported cache: not all that it has is there
	seen         map[string]seen // of local sources, where facts tell
	// pins has what remote sources resolved to, where no facts will tell.
	pins map[digest.Digest]string
}

func (r *run) solve(ctx context.Context) (*client.SolveResponse, error) {
	r.ref = identity.NewID()
	opt, err := r.solveOpt()
	if err != nil {
		return nil, err
	}
	return r.follow(ctx, opt, r.build)
}

// follow has the engine call a build function, and keeps its status events.
func (r *run) follow(ctx context.Context, opt client.SolveOpt, build gateway.BuildFunc) (*client.SolveResponse, error) {
	events := make(chan *client.SolveStatus)
	var logs *logMask
	if r.Status != nil {
		logs = newLogMask(r.early())
	}
	var response *client.SolveResponse
	var group errgroup.Group // not bound to ctx: BuildKit closes events when it is done with them
	group.Go(func() error {
		var err error
		response, err = r.engine.Client().Build(ctx, opt, "layerwise", build, events)
		return err
	})
	for s := range events {
		r.statuses.add(s)
		if r.Status != nil {
			r.Status(masked(s, logs))
		}
	}
	if r.Status != nil {
		if rest := logs.end(); rest != nil {
			r.Status(rest)
		}
	}
	return response, sourceFailure(group.Wait(), r.transfer.Err())
}

// build is the gateway build function: once it returns, the engine runs what
// the plan says.
func (r *run) build(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
	res, err := r.frontend.Build(ctx, c)
	if err != nil {
		return nil, err
	}
	if r.plan, err = r.frontend.Plan(); err != nil {
		return nil, err
	}
	if r.Planned != nil {
		r.Planned(r.Source.Project(r.Target, r.platforms()))
	}
	r.startScans(ctx)
	r.resolvePins(ctx, c)
	return res, nil
}

func (r *run) record(info engine.Info, buildErr error) *record.Record {
	r.redactor = record.NewRedactor(r.Salt, r.namedValues()...)
	rec := &record.Record{
		Schema: record.Schema, ID: record.NewID(r.started), Label: r.Label, Tool: r.Tool,
		Project: r.Source.Project(r.Target, r.platforms()),
		Engine: record.Engine{Kind: info.Kind, Address: info.Address, Version: info.Version, Isolation: info.Isolation,
			Network: info.Network, Snapshotter: info.Snapshotter, CacheID: info.CacheID, Folder: info.Folder},
		StandIns: r.plan.StandIns, Basis: record.Observed, Result: record.Succeeded,
		Started: r.started, Seconds: time.Since(r.started).Seconds(),
		BuildArgs: map[string]string{}, CacheImports: len(r.CacheFrom) > 0,
		Steps: r.plan.Record(r.redactor),
	}
	for k, v := range r.BuildArgs {
		rec.BuildArgs[k] = r.redactor.Value(k, v)
	}
	for name, at := range r.Source.Named {
		if rec.Contexts == nil {
			rec.Contexts = map[string]string{}
		}
		rec.Contexts[name] = r.redactor.Text(at)
	}
	if buildErr != nil {
		rec.Result, rec.Error = record.Failed, r.redactor.Text(Message(buildErr))
		if errors.Is(buildErr, context.Canceled) || strings.Contains(buildErr.Error(), context.Canceled.Error()) {
			rec.Result = record.Canceled
		}
		var vertex *errdefs.VertexError
		if rec.Result == record.Failed && errors.As(buildErr, &vertex) {
			r.culprit = digest.Digest(vertex.Digest)
			r.keyless = keyError.MatchString(buildErr.Error())
		}
		var bad *ImportError
		if r.importFailed = errors.As(buildErr, &bad); r.importFailed {
			r.keyless = keyError.MatchString(bad.Err.Error())
		}
	}
	if r.plan.Syntax != "" {
		rec.Warnings = append(rec.Warnings, fmt.Sprintf("the file asks for the frontend %s; the built-in one of BuildKit %s read it", r.plan.Syntax, FrontendVersion()))
	}
	if attrs, err := FrontendAttrs(r.Options); err == nil {
		r.note(rec, nameNotes(r.Options, r.plan.File, attrs, triggersOf(r.plan)))
	}
	return rec
}

// note warns of names that match nothing.
func (r *run) note(rec *record.Record, notes []string) {
	for _, n := range notes {
		n = r.redactor.Text(n)
		r.notes = append(r.notes, n)
		rec.Warnings = append(rec.Warnings, n)
	}
}

// Message is what a build's error says, without what gRPC and the frontend wrap
// around it on its way.
func Message(err error) string { return Unwrapped(err.Error()) }

// Unwrapped is Message for an error that is text alone, such as that of a vertex.
func Unwrapped(message string) string {
	text := wrapping.ReplaceAllString(message, "")
	return strings.ReplaceAll(text, noExitCode, "it ended without an exit code: its runtime failed, or it was killed")
}

// keyError is how BuildKit wraps the error of a vertex whose key it cannot have
// (solver/edge.go).
var keyError = regexp.MustCompile(`failed to (compute|load) cache key: `)

// noExitCode is how BuildKit prints an exit code of -1.
const noExitCode = "exit code: 4294967295"

var wrapping = regexp.MustCompile(`failed to run Build function: |failed to solve: |rpc error: code = Unknown desc = |` +
	`(failed to compute cache key: )?failed to calculate checksum of ref \S+: `)

func (r *run) platforms() []string {
	var names []string
	for _, b := range r.plan.Builds {
		names = append(names, b.Platform)
	}
	return names
}

// Project names what is built, for finding the build before it.
func (s Source) Project(target string, platforms []string) record.Project {
	p := record.Project{Context: s.Context, Dockerfile: s.Dockerfile, Target: target, Platforms: slices.Clone(platforms)}
	if s.Remote {
		p.Context = record.Mask(p.Context)
		return p
	}
	if abs, err := filepath.EvalSymlinks(s.Context); err == nil {
		p.Context = abs
	}
	return p
}
