package solve

import (
	"context"
	"strings"

	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"
)

// pinsAtOnce bounds the sources that are resolved at the same time.
const pinsAtOnce = 8

// resolvePins asks an engine that tells no facts what the remote files,
// repositories and images of the plan are at the moment, unless the plan itself
// says so. The engine keeps its answers for the build that follows, which so neither
// asks again nor sees another state. What cannot be resolved is left to the build to
// report.
func (r *run) resolvePins(ctx context.Context, c gateway.Client) {
	if r.engine.Capabilities().Facts {
		return
	}
	wanted := map[digest.Digest]*plan.Vertex{}
	for _, b := range r.plan.Builds {
		for _, v := range b.Vertices {
			if moves(v) {
				wanted[v.Digest] = v
			}
		}
	}
	found := make(chan [2]string, len(wanted))
	var group errgroup.Group
	group.SetLimit(pinsAtOnce)
	for d, v := range wanted {
		group.Go(func() error {
			if pin := resolvePin(ctx, c, v); pin != "" {
				found <- [2]string{string(d), pin}
			}
			return nil
		})
	}
	_ = group.Wait() // none returns an error
	close(found)
	r.pins = map[digest.Digest]string{}
	for f := range found {
		r.pins[digest.Digest(f[0])] = f[1]
	}
}

// moves says that a source may be another one tomorrow under the same name: a URL,
// a repository, an image without a digest.
func moves(v *plan.Vertex) bool {
	scheme, at, _ := strings.Cut(v.Op.GetSource().GetIdentifier(), "://")
	switch scheme {
	case "http", "https", "git":
		return true
	case "docker-image":
		return !strings.Contains(at, "@")
	}
	return false
}

// resolvePin returns the checksum of a download, the commit of a repository or the
// digest of an image, as the facts of an engine name them; "" where it is not known.
func resolvePin(ctx context.Context, c gateway.Client, v *plan.Vertex) string {
	src := v.Op.GetSource().CloneVT()
	opt := sourceresolver.Opt{LogName: "[internal] resolve " + src.Identifier}
	if p := v.Op.Platform; p != nil {
		opt.ImageOpt = &sourceresolver.ResolveImageOpt{ResolveMode: src.Attrs[pb.AttrImageResolveMode],
			Platform: &ocispecs.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}}
	}
	res, err := c.ResolveSourceMetadata(ctx, src, opt)
	switch {
	case err != nil:
		return ""
	case res.Image != nil:
		return string(res.Image.Digest)
	case res.HTTP != nil:
		return string(res.HTTP.Digest)
	case res.Git != nil:
		return res.Git.Checksum
	}
	return ""
}
