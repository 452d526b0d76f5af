package solve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/moby/buildkit/client/ociindex"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// ImportError is a build that failed because a result of an imported cache could
// not be read. BuildKit takes it for a hit when it finds its key there, and reads it
// when something needs its files.
type ImportError struct {
	Ref  string        // the import, as the flag has it; all that it may be
	Blob digest.Digest // what is damaged in it; "" where that is not known
	Err  error
}

func (e *ImportError) Error() string {
	text := keyError.ReplaceAllString(Message(e.Err), "")
	if e.Blob != "" {
		return fmt.Sprintf("the imported cache %s is damaged, in its blob %s: %s", e.Ref, e.Blob, text)
	}
	return fmt.Sprintf("read a result of the imported cache %s: %s", e.Ref, text)
}

func (e *ImportError) Unwrap() error { return e.Err }

// blobError is what containerd's content store and BuildKit's readers of it say of a
// blob that is not what it is said to be, or not there.
var blobError = regexp.MustCompile(`unexpected commit digest|failed size validation|short read: expected|unexpected commit size|` +
	`failed to copy: |failed to commit|failed commit on ref|failed to fetch|could not fetch content|unexpected EOF|: not found`)

var anyDigest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

// importFailure says that a build failed because of an import, where that is so: the
// folder of the import shows it, or a result was to be loaded that only registries
// that are imported can have had.
func (r *run) importFailure(err error) error {
	if err == nil || len(r.imports) == 0 || !blobError.MatchString(err.Error()) ||
		strings.Contains(err.Error(), "did not complete successfully") {
		return err
	}
	var remote []string
	for n, i := range r.imports {
		switch {
		case i.err != "":
		case i.entry.Type != "local":
			remote = append(remote, i.ref)
		default:
			if blob := damagedBlob(i.entry.Attrs, anyDigest.FindAllString(err.Error(), -1)); blob != "" {
				r.imports[n].damage = fmt.Sprintf("its blob %s is damaged", blob)
				return &ImportError{i.ref, blob, err}
			}
		}
	}
	if len(remote) > 0 && keyError.MatchString(err.Error()) && !keyFailed(err.Error()) && r.hasInputs(err) {
		return &ImportError{Ref: strings.Join(remote, " or "), Err: err}
	}
	return err
}

// hasInputs says that what failed is an operation on others, and no source.
func (r *run) hasInputs(err error) bool {
	var vertex *errdefs.VertexError
	if !errors.As(err, &vertex) {
		return false
	}
	for _, b := range r.plan.Builds {
		if v := b.Vertex(digest.Digest(vertex.Digest)); v != nil {
			return len(v.Inputs) > 0
		}
	}
	return false
}

// damagedBlob returns a layer of a cache in a folder that has not the size that its
// manifest gives, or is among the suspects and not what its name says; "" for none.
func damagedBlob(attrs map[string]string, suspects []string) digest.Digest {
	dir, top := attrs["src"], digest.Digest(attrs["digest"])
	if top == "" {
		tag := "latest"
		if t, ok := attrs["tag"]; ok {
			tag = t
		}
		desc, err := ociindex.NewStoreIndex(dir).Get(tag)
		if err != nil || desc == nil {
			return ""
		}
		top = desc.Digest
	}
	text, err := readBlob(dir, top)
	if err != nil {
		return ""
	}
	var manifest struct { // an index or an image, as the export was told
		Manifests, Layers []ocispecs.Descriptor
	}
	if json.Unmarshal(text, &manifest) != nil {
		return ""
	}
	for _, d := range append(manifest.Manifests, manifest.Layers...) {
		info, err := os.Stat(blobPath(dir, d.Digest))
		if err != nil || !info.Mode().IsRegular() || info.Size() != d.Size {
			return d.Digest
		}
	}
	for _, s := range suspects {
		for _, d := range append(manifest.Manifests, manifest.Layers...) {
			if d.Digest.String() == s && !isWhole(dir, d.Digest) {
				return d.Digest
			}
		}
	}
	return ""
}

// maxManifest bounds what is read as a manifest.
const maxManifest = 32 << 20

func readBlob(dir string, d digest.Digest) ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	f, err := os.Open(blobPath(dir, d))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxManifest))
}

func isWhole(dir string, d digest.Digest) bool {
	f, err := os.Open(blobPath(dir, d))
	if err != nil {
		return false
	}
	defer f.Close()
	v := d.Verifier()
	_, err = io.Copy(v, f)
	return err == nil && v.Verified()
}

// blobPath is "" for what is no digest, a name that is never there.
func blobPath(dir string, d digest.Digest) string {
	if d.Validate() != nil {
		return ""
	}
	return filepath.Join(dir, "blobs", d.Algorithm().String(), d.Encoded())
}
