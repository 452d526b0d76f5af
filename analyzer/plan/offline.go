package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// Offline is a gateway client without an engine: local sources are read from
// the disk, base images count as empty ones that nobody has looked at, and
// nothing is built. It serves statements that need only the Dockerfile and its
// context.
type Offline struct {
	Opts   map[string]string    // of the frontend, as in client.SolveOpt.FrontendAttrs
	Locals map[string]fsutil.FS // as in client.SolveOpt.LocalMounts
	// Image resolves the config of a base image; nil answers an empty one.
	Image func(ctx context.Context, ref string, platform ocispecs.Platform) (digest.Digest, []byte, error)
}

var errOffline = errors.New("needs a running BuildKit")

// BuildOpts claims all that BuildKit can do.
func (o *Offline) BuildOpts() gateway.BuildOpts {
	return gateway.BuildOpts{
		Opts:      maps.Clone(o.Opts),
		SessionID: "offline",
		Workers:   []gateway.WorkerInfo{{Platforms: []ocispecs.Platform{platforms.Normalize(platforms.DefaultSpec())}}},
		LLBCaps:   pb.Caps.CapSet(pb.Caps.All()),
		Caps:      gwpb.Caps.CapSet(gwpb.Caps.All()),
	}
}

// Solve answers every definition with a reference; only one to a local source
// can be read.
func (o *Offline) Solve(_ context.Context, req gateway.SolveRequest) (*gateway.Result, error) {
	if req.Frontend != "" {
		return nil, fmt.Errorf("frontend %s: %w", req.Frontend, errOffline)
	}
	res := gateway.NewResult()
	res.SetRef(&localRef{fs: o.local(req.Definition)})
	return res, nil
}

// local returns the file system behind a definition of one local source.
func (o *Offline) local(def *pb.Definition) fsutil.FS {
	if def == nil || len(def.Def) != 2 {
		return nil
	}
	op := &pb.Op{}
	if op.UnmarshalVT(def.Def[0]) != nil {
		return nil
	}
	return o.Locals[strings.TrimPrefix(op.GetSource().GetIdentifier(), "local://")]
}

// ResolveImageConfig answers with the config that Image knows, or an empty one.
func (o *Offline) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	p := platforms.Normalize(platforms.DefaultSpec())
	if opt.ImageOpt != nil && opt.ImageOpt.Platform != nil {
		p = *opt.ImageOpt.Platform
	}
	if o.Image != nil {
		dgst, config, err := o.Image(ctx, ref, p)
		return ref, dgst, config, err
	}
	img := dockerspec.DockerOCIImage{}
	img.Platform = p
	// a layer that nobody has, lest the frontend takes the image for scratch
	img.RootFS = ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromString(ref)}}
	config, err := json.Marshal(img)
	return ref, "", config, err
}

// ResolveSourceMetadata knows nothing of remote sources.
func (o *Offline) ResolveSourceMetadata(_ context.Context, op *pb.SourceOp, _ sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	return &sourceresolver.MetaResponse{Op: op}, nil
}

// Inputs has none.
func (o *Offline) Inputs(context.Context) (map[string]llb.State, error) { return nil, nil }

// NewContainer is not possible without an engine.
func (o *Offline) NewContainer(context.Context, gateway.NewContainerRequest) (gateway.Container, error) {
	return nil, errOffline
}

// Warn is dropped: what the frontend warns of is lint's to say.
func (o *Offline) Warn(context.Context, digest.Digest, string, gateway.WarnOpts) error { return nil }

// localRef is a reference to a local source, or to something not built.
type localRef struct{ fs fsutil.FS }

func (r *localRef) ToState() (llb.State, error)    { return llb.State{}, errOffline }
func (r *localRef) Evaluate(context.Context) error { return nil }

// maxRead bounds what is read of a Dockerfile or an ignore file, as BuildKit's
// own limit does.
const maxRead = 16 << 20

func (r *localRef) ReadFile(ctx context.Context, req gateway.ReadRequest) ([]byte, error) {
	if r.fs == nil {
		return nil, errOffline
	}
	name, err := r.resolve(ctx, req.Filename)
	if err != nil {
		return nil, err
	}
	f, err := r.fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	dt, err := io.ReadAll(io.LimitReader(f, maxRead))
	if err != nil || req.Range == nil {
		return dt, err
	}
	start := min(max(req.Range.Offset, 0), len(dt))
	end := len(dt)
	if req.Range.Length > 0 {
		end = min(start+req.Range.Length, end)
	}
	return dt[start:end], nil
}

func (r *localRef) StatFile(ctx context.Context, req gateway.StatRequest) (*fstypes.Stat, error) {
	if r.fs == nil {
		return nil, errOffline
	}
	return r.stat(ctx, strings.TrimPrefix(path.Clean("/"+req.Path), "/"))
}

// maxLinks bounds how many links are followed on the way to a file.
const maxLinks = 40

// resolve follows the links in a path as an engine does, for which the source is
// all there is: what leads out of it starts at its root again.
func (r *localRef) resolve(ctx context.Context, name string) (string, error) {
	at, rest := "", strings.TrimPrefix(path.Clean("/"+name), "/")
	for links := 0; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		next := path.Join(at, part)
		stat, err := r.stat(ctx, next)
		switch {
		case errors.Is(err, fs.ErrNotExist): // who opens it says so
			return path.Join(next, rest), nil
		case err != nil:
			return "", err
		case fs.FileMode(stat.Mode)&fs.ModeSymlink == 0:
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", &fs.PathError{Op: "open", Path: name, Err: errTooManyLinks}
		}
		target := stat.Linkname
		if !path.IsAbs(target) {
			target = path.Join("/", at, target)
		}
		at, rest = "", strings.TrimPrefix(path.Join("/", target, rest), "/")
	}
	return at, nil
}

var errTooManyLinks = errors.New("too many links")

func (r *localRef) stat(ctx context.Context, name string) (*fstypes.Stat, error) {
	var found *fstypes.Stat
	err := r.fs.Walk(ctx, name, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if p != name {
			return fs.SkipAll
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		found, _ = info.Sys().(*fstypes.Stat)
		return fs.SkipAll
	})
	if err != nil && !errors.Is(err, fs.SkipAll) { // not every source takes that for its own
		return nil, err
	}
	if found == nil {
		return nil, &os.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return found, nil
}

func (r *localRef) ReadDir(context.Context, gateway.ReadDirRequest) ([]*fstypes.Stat, error) {
	return nil, errOffline
}
