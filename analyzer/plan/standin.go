package plan

import (
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// The schemes of sources that are images.
const (
	imageScheme  = "docker-image://"
	layoutScheme = "oci-layout://"
)

// loadFromStore returns the definition with every image that replaced names
// read from an OCI layout store of the client's session. The digests of the
// operations that depend on one change with it, and so do the keys of metadata
// and locations.
func loadFromStore(def *pb.Definition, replaced func(ref string) bool, session, store string) (*pb.Definition, error) {
	out := def.CloneVT()
	renamed := map[string]string{} // digests, old to new
	for i, dt := range def.Def {
		op := &pb.Op{}
		if err := op.UnmarshalVT(dt); err != nil {
			return nil, err
		}
		changed := false
		for _, in := range op.Inputs {
			if to, ok := renamed[in.Digest]; ok {
				in.Digest, changed = to, true
			}
		}
		if src := op.GetSource(); src != nil {
			if ref, ok := strings.CutPrefix(src.Identifier, imageScheme); ok && replaced(ref) {
				src.Identifier = layoutScheme + ref
				src.Attrs = map[string]string{pb.AttrOCILayoutSessionID: session, pb.AttrOCILayoutStoreID: store}
				changed = true
			}
		}
		if !changed {
			continue
		}
		ndt, err := op.Marshal()
		if err != nil {
			return nil, err
		}
		out.Def[i] = ndt
		renamed[string(digest.FromBytes(dt))] = string(digest.FromBytes(ndt))
	}
	rekey(out.Metadata, renamed)
	if out.Source != nil {
		rekey(out.Source.Locations, renamed)
	}
	return out, nil
}

func rekey[V any](m map[string]V, renamed map[string]string) {
	for from, to := range renamed {
		if v, ok := m[from]; ok {
			delete(m, from)
			m[to] = v
		}
	}
}

// familiar shortens an image reference to the way people write it: without
// docker.io, library, the default tag and the digest.
func familiar(ref string) string {
	name, _, _ := strings.Cut(ref, "@")
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return ref
	}
	return reference.FamiliarString(reference.TagNameOnly(named))
}
