package buildcontext

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/cache/contenthash"
	"github.com/moby/buildkit/client"
	bkidentity "github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/snapshot"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/layerwise/layerwise/analyzer/record"
)

// Checksum returns the checksum that an operation's cache key takes from the
// files that these selectors pick, as Selectors returns them: BuildKit's
// opsutils.NewContentHashFunc. No selectors pick everything. A path that is
// not there is an error, as it is in a build.
func (t *Tree) Checksum(ctx context.Context, selectors []record.Selector) (digest.Digest, error) {
	if known := t.sums.lookup(t.entries, selectors); known != "" {
		return known, nil
	}
	sum, err := t.checksum(ctx, selectors)
	if err == nil {
		t.sums.add(selectors, sum)
	}
	return sum, err
}

func (t *Tree) checksum(ctx context.Context, selectors []record.Selector) (digest.Digest, error) {
	contents, err := t.contents()
	if err != nil {
		return "", fmt.Errorf("cannot hash the build context: %w", err)
	}
	if len(selectors) == 0 {
		selectors = []record.Selector{{}}
	}
	sums := make([][]byte, len(selectors))
	for i, s := range selectors {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		sum, err := contents.Checksum(ctx, unmounted{}, path.Join("/", s.Path), contenthash.ChecksumOpts{
			FollowLinks: s.Follow, Wildcard: s.Wildcard,
			IncludePatterns: s.Include, ExcludePatterns: s.Exclude, RequiredPaths: s.Required,
		}, nil)
		if err != nil {
			return "", fmt.Errorf("cannot compute the checksum of %s: %w", path.Join("/", s.Path), err)
		}
		sums[i] = []byte(sum)
	}
	return digest.FromBytes(bytes.Join(sums, []byte{0})), nil
}

// hashTree gives BuildKit's content hasher the entries as a finished transfer
// would.
func hashTree(entries []entry) (contenthash.CacheContext, error) {
	ref := &reference{id: bkidentity.NewID()}
	if len(entries) == 0 {
		// Without any change the hasher does not know of the root, and goes to
		// look at it; in a transfer it is a folder of mode 0755.
		state, err := emptyRoot()
		if err != nil {
			return nil, err
		}
		ref.state = state
	}
	contents, err := contenthash.GetCacheContext(context.Background(), ref)
	if err != nil {
		return nil, err
	}
	// The hasher's package keeps the last ones by id; ours is asked for once.
	contenthash.ClearCacheContext(ref)
	for i := range entries {
		if err := contents.HandleChange(fsutil.ChangeKindAdd, entries[i].path, fileInfo{&entries[i]}, nil); err != nil {
			return nil, err
		}
	}
	return contents, nil
}

// emptyRoot is the stored state of a content hasher that found an empty root.
func emptyRoot() ([]byte, error) {
	sum, err := contenthash.NewFromStat(&fstypes.Stat{Mode: uint32(fs.ModeDir | 0o755)})
	if err != nil {
		return nil, err
	}
	records := contenthash.CacheRecords{Paths: []*contenthash.CacheRecordWithPath{
		{Path: "", Record: &contenthash.CacheRecord{Type: contenthash.CacheRecordTypeDir}},
		{Path: "\x00", Record: &contenthash.CacheRecord{
			Type: contenthash.CacheRecordTypeDirHeader, Digest: string(digest.NewDigest(digest.SHA256, sum)),
		}},
	}}
	return records.MarshalVT()
}

// reference is the one part of a cached result that the hasher asks for.
type reference struct {
	cache.RefMetadata
	id    string
	state []byte
}

func (r *reference) ID() string { return r.id }
func (r *reference) GetExternal(string) ([]byte, error) {
	if r.state == nil {
		return nil, os.ErrNotExist
	}
	return r.state, nil
}
func (r *reference) SetExternal(string, []byte) error           { return nil }
func (r *reference) GetRecordType() client.UsageRecordType      { return "" }
func (r *reference) GetEqualMutable() (cache.RefMetadata, bool) { return nil, false }

// unmounted answers the hasher when it wants to look at the files itself,
// which happens only for what the entries do not tell.
type unmounted struct{}

func (unmounted) Mount(context.Context, bool, session.Group) (snapshot.Mountable, error) {
	return nil, errors.New("the path leads out of the scanned files")
}

// fileInfo shows an entry as the hasher wants it.
type fileInfo struct{ *entry }

func (f fileInfo) Name() string          { return path.Base(f.path) }
func (f fileInfo) Size() int64           { return f.size }
func (f fileInfo) ModTime() time.Time    { return time.Time{} }
func (f fileInfo) IsDir() bool           { return f.isFolder() }
func (f fileInfo) Digest() digest.Digest { return f.sum() }
func (f fileInfo) Sys() any              { return &fstypes.Stat{Linkname: f.target} }

func (f fileInfo) Mode() fs.FileMode {
	mode := fs.FileMode(f.mode & 0o777)
	switch {
	case f.isFolder():
		mode |= fs.ModeDir
	case f.isSymlink():
		mode |= fs.ModeSymlink
	}
	return mode
}
