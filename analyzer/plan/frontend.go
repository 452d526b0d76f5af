package plan

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/containerd/platforms"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/builder"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Frontend runs BuildKit's Dockerfile frontend and keeps what it asked for.
// The zero value is ready to use, for one build.
type Frontend struct {
	// StandIns answers base images in place of a registry; nil asks the engine.
	StandIns StandIns
	// File is the Dockerfile where the caller has read it. It is needed for a
	// build without any operation, whose definition does not carry the source.
	File *dockerfile.File

	mu         sync.Mutex
	definition map[gateway.Reference]*pb.Definition
	imports    []gateway.CacheOptionsEntry
	configs    map[imageOf][]byte // image configs, as resolved
	replaced   map[string]bool    // references answered by StandIns
	opts       map[string]string
	result     *gateway.Result
	native     ocispecs.Platform
}

// StandIns answers every image reference with an image of its own.
type StandIns interface {
	// Resolve returns the manifest digest and the config of the stand-in.
	Resolve(ctx context.Context, platform ocispecs.Platform) (digest.Digest, []byte, error)
	// Store is the id of the content store in the client's session that holds
	// it (client.SolveOpt.OCIStores).
	Store() string
	// Folder is the OCI layout behind the store.
	Folder() string
	// Name says in reports what stands in.
	Name() string
}

// Build is a gateway build function. Afterwards, Plan has the plan, also when
// the build that follows fails.
func (f *Frontend) Build(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
	f.mu.Lock()
	f.definition = map[gateway.Reference]*pb.Definition{}
	f.configs = map[imageOf][]byte{}
	f.replaced = map[string]bool{}
	opts := c.BuildOpts()
	f.opts = maps.Clone(opts.Opts)
	f.native = platforms.Normalize(platforms.DefaultSpec())
	if len(opts.Workers) > 0 && len(opts.Workers[0].Platforms) > 0 {
		f.native = opts.Workers[0].Platforms[0]
	}
	f.mu.Unlock()
	res, err := builder.Build(ctx, &tap{Client: c, f: f, session: opts.SessionID})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.result = res
	return res, f.locate(err)
}

// locate adds the line to the one error that BuildKit reports without it: text
// that is not UTF-8 passes its parser and fails when it is written down.
func (f *Frontend) locate(err error) error {
	if err == nil || f.File == nil || !strings.Contains(err.Error(), "invalid UTF-8") {
		return err
	}
	for _, in := range f.File.All() {
		if !utf8.ValidString(in.Text) {
			return f.File.ErrorAt(in.Line, in.EndLine, "the instruction is not valid UTF-8")
		}
	}
	return err
}

// tap is the gateway client that the frontend talks to.
type tap struct {
	gateway.Client
	f       *Frontend
	session string
}

// BuildOpts names a command line, which keeps the frontend from fetching the
// image that a syntax directive asks for: the built-in one reads the file.
func (t *tap) BuildOpts() gateway.BuildOpts {
	o := t.Client.BuildOpts()
	o.Opts = maps.Clone(o.Opts)
	if o.Opts == nil {
		o.Opts = map[string]string{}
	}
	o.Opts["cmdline"] = "layerwise"
	return o
}

func (t *tap) Solve(ctx context.Context, req gateway.SolveRequest) (*gateway.Result, error) {
	def := req.Definition
	if def != nil && t.f.StandIns != nil {
		var err error
		if def, err = loadFromStore(def, t.f.wasReplaced, t.session, t.f.StandIns.Store()); err != nil {
			return nil, err
		}
		req.Definition = def
	}
	res, err := t.Client.Solve(ctx, req)
	if err != nil || def == nil {
		return res, err
	}
	if ref, err := res.SingleRef(); err == nil && ref != nil {
		t.f.mu.Lock()
		t.f.definition[ref] = def.CloneVT()
		t.f.imports = req.CacheImports
		t.f.mu.Unlock()
	}
	return res, nil
}

// Warn drops what the frontend's linter has to say: it is lint's to report, and
// each warning would carry the whole file to the engine and back.
func (t *tap) Warn(context.Context, digest.Digest, string, gateway.WarnOpts) error { return nil }

func (t *tap) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if t.f.StandIns != nil && opt.OCILayoutOpt == nil {
		return t.standIn(ctx, ref, opt)
	}
	name, dgst, config, err := t.Client.ResolveImageConfig(ctx, ref, opt)
	if err == nil {
		t.f.keepConfig(ref, t.f.platform(opt), config)
	}
	return name, dgst, config, err
}

func (t *tap) standIn(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	platform := t.f.platform(opt)
	dgst, config, err := t.f.StandIns.Resolve(ctx, platform)
	if err != nil {
		return "", "", nil, err
	}
	name, _, _ := strings.Cut(ref, "@") // the stand-in has a digest of its own
	t.f.mu.Lock()
	t.f.replaced[name] = true
	t.f.mu.Unlock()
	t.f.keepConfig(ref, platform, config)
	// A named context is read by just this name, and a layout by a digest alone.
	return name + "@" + dgst.String(), dgst, config, nil
}

// imageOf is a reference and the platform for which it was resolved.
type imageOf struct{ ref, platform string }

func newImageOf(ref string, p ocispecs.Platform) imageOf {
	return imageOf{familiar(ref), platforms.FormatAll(platforms.Normalize(p))}
}

// platform is the one that an image is asked for.
func (f *Frontend) platform(opt sourceresolver.Opt) ocispecs.Platform {
	switch {
	case opt.ImageOpt != nil && opt.ImageOpt.Platform != nil:
		return *opt.ImageOpt.Platform
	case opt.OCILayoutOpt != nil && opt.OCILayoutOpt.Platform != nil:
		return *opt.OCILayoutOpt.Platform
	}
	return f.native
}

func (f *Frontend) keepConfig(ref string, platform ocispecs.Platform, config []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.configs[newImageOf(ref, platform)] = config
}

func (f *Frontend) wasReplaced(ref string) bool {
	name, _, _ := strings.Cut(ref, "@")
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.replaced[name]
}

// ErrNoPlan is returned by Plan when the frontend did not get as far as a
// definition; its own error says why.
var ErrNoPlan = errors.New("the frontend made no plan")

// Plan returns what the last Build asked for. The source is the Dockerfile as
// the engine read it.
func (f *Frontend) Plan() (*Plan, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.result == nil {
		return nil, ErrNoPlan
	}
	p := &Plan{Target: f.opts["target"]}
	for ref := range f.replaced {
		p.StandIns = append(p.StandIns, record.StandIn{Ref: familiar(ref), By: f.StandIns.Name()})
	}
	slices.SortFunc(p.StandIns, func(a, b record.StandIn) int { return strings.Compare(a.Ref, b.Ref) })
	for _, part := range f.parts() {
		if err := f.add(p, part.platform, part.definition); err != nil {
			return nil, err
		}
	}
	if len(p.Builds) == 0 {
		return nil, ErrNoPlan
	}
	if ref, _, _, ok := parser.DetectSyntax(p.File.Source); ok {
		p.Syntax = ref
	}
	return p, nil
}

// Definitions returns what the last Build asked the engine to make, in the order
// of the plan's builds, and the caches that it imports. A platform without any
// operation has none.
func (f *Frontend) Definitions() ([]*pb.Definition, []gateway.CacheOptionsEntry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.result == nil {
		return nil, nil
	}
	var all []*pb.Definition
	for _, part := range f.parts() {
		if part.definition != nil && len(part.definition.Def) > 0 {
			all = append(all, part.definition)
		}
	}
	return all, f.imports
}

type part struct {
	platform   string
	definition *pb.Definition
}

// parts pairs the platforms asked for with their definitions.
func (f *Frontend) parts() []part {
	var parts []part
	if f.result.Refs == nil {
		platform := platforms.FormatAll(f.native)
		if asked := f.opts["platform"]; asked != "" {
			platform = normalPlatform(asked)
		}
		parts = append(parts, part{platform, f.definition[f.result.Ref]})
	}
	for platform, ref := range f.result.Refs {
		parts = append(parts, part{platform, f.definition[ref]})
	}
	asked := strings.Split(f.opts["platform"], ",")
	for i := range asked {
		asked[i] = normalPlatform(asked[i])
	}
	slices.SortFunc(parts, func(a, b part) int {
		if d := slices.Index(asked, a.platform) - slices.Index(asked, b.platform); d != 0 {
			return d
		}
		return strings.Compare(a.platform, b.platform)
	})
	return parts
}

func normalPlatform(s string) string {
	p, err := platforms.Parse(strings.TrimSpace(s))
	if err != nil {
		return s
	}
	return platforms.FormatAll(platforms.Normalize(p))
}

// add maps one platform's definition.
func (f *Frontend) add(p *Plan, platform string, def *pb.Definition) error {
	if def == nil { // nothing to make: FROM scratch and metadata
		def = &pb.Definition{}
	}
	b, err := newBuild(platform, def)
	if err != nil {
		return err
	}
	if p.File == nil {
		if p.File, err = f.file(def); err != nil {
			return err
		}
	}
	m := &mapper{build: b, file: p.File, target: p.Target, opts: f.opts, configs: f.configs, source: def.Source, native: f.native}
	m.run()
	p.Builds = append(p.Builds, b)
	return nil
}

func (f *Frontend) filename() string {
	if name := f.opts["filename"]; name != "" {
		return name
	}
	return "Dockerfile"
}

// file parses the Dockerfile that a definition carries with it.
func (f *Frontend) file(def *pb.Definition) (*dockerfile.File, error) {
	if def.Source != nil && len(def.Source.Infos) > 0 {
		return dockerfile.Parse(f.filename(), def.Source.Infos[0].Data)
	}
	if f.File == nil {
		return nil, ErrNoPlan
	}
	return f.File, nil
}
