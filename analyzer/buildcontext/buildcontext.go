// Package buildcontext computes, in the client, what an engine will see of a
// local source: which files, with which digests, and the checksum of any
// selection of them. All of it equals what BuildKit computes once it has
// received the files.
//
// # Design
//
// BuildKit's rules are taken from its own code where that can be called: the
// digest of a file and the checksum of a selection come from
// cache/contenthash, the metadata of a file and the resolution of followed
// paths from fsutil, patterns from moby/patternmatcher. Two things are written
// anew. The walk is parallel and asks the system once for each file, where
// fsutil's filters copy their way through it one by one; tests compare the two.
// And record.Select names the files behind a checksum, which BuildKit never
// does.
//
// Files that a client sends lose their owner; everything else counts: type,
// mode, size, link target, device numbers, extended attributes, content. Times
// never do.
//
// Hard links need no care. BuildKit sends one file and links, and takes the
// digest of the file for its links, which is the digest each would have alone.
package buildcontext

import (
	"context"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/cache/contenthash"
	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/record"
)

// Options say what a source operation asks of a local source. The patterns and
// paths are those of the operation's attributes, as they are.
type Options struct {
	Include     []string
	Exclude     []string
	FollowPaths []string
	// Cache remembers digests between scans of a folder. It may be nil.
	Cache *StatCache
}

// Tree is a local source as an engine would receive it. It does not change;
// its methods may be used by several goroutines.
type Tree struct {
	// Unstable has the files that changed or vanished while they were read.
	// A checksum that takes one of them in may not be the engine's. Sorted.
	Unstable []string
	// Unreadable has the files that this user may not read. BuildKit sends
	// them empty without a word, so here they count as empty too. Sorted.
	Unreadable []string

	entries  []entry // in the order of a walk
	sums     *sums   // nil without a cache
	contents func() (contenthash.CacheContext, error)
}

// entry is one file of a tree.
type entry struct {
	path   string // relative, with "/"
	mode   uint32 // as in POSIX, with the type
	size   int64  // 0 for folders
	target string // of a symbolic link
	mtime  int64  // nanoseconds since 1970
	digest [32]byte
}

// Scan walks a folder and computes the digest of every file that the options
// let through. Two processors share the work, where there are two.
//
// It fails as BuildKit's transfer would: on a folder that cannot be read, a
// path that is too long for the system, an error while reading. Files that
// cannot be opened do not fail it, see Tree.Unreadable. Nothing but regular
// files is ever opened.
func Scan(ctx context.Context, root string, opts Options) (*Tree, error) {
	resolved, err := resolveRoot(root)
	if err != nil {
		return nil, fmt.Errorf("cannot read the build context: %w", err)
	}
	filter, err := newFilter(resolved, opts)
	if err != nil {
		return nil, fmt.Errorf("cannot read the build context %s: %w", root, err)
	}
	s := newScan(resolved, filter, opts.Cache)
	if err := s.run(ctx); err != nil {
		return nil, fmt.Errorf("cannot read the build context %s: %w", root, err)
	}
	s.saveCache()
	t := newTree(s.top.flatten(make([]entry, 0, s.top.count())), s.unstable, s.unreadable)
	if opts.Cache != nil {
		t.sums = &sums{cache: opts.Cache, root: resolved}
	}
	return t, nil
}

func resolveRoot(root string) (string, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

func newTree(entries []entry, unstable, unreadable []string) *Tree {
	slices.Sort(unstable)
	slices.Sort(unreadable)
	t := &Tree{Unstable: slices.Compact(unstable), Unreadable: slices.Compact(unreadable), entries: entries}
	// Most scans are only compared by file, or summed over a few paths later.
	t.contents = sync.OnceValues(func() (contenthash.CacheContext, error) { return hashTree(entries) })
	return t
}

// Files returns all files, folders too, sorted by path.
func (t *Tree) Files() record.Tree {
	tree := make(record.Tree, len(t.entries))
	for i, e := range t.entries {
		tree[i] = record.File{
			Path: e.path, Type: e.kind(), Mode: e.mode & 0o7777, Size: e.size, Target: e.target,
			Digest: e.sum().String(),
		}
		if e.mode&typeMask == typeRegular {
			tree[i].MTime = e.mtime
		}
	}
	slices.SortFunc(tree, func(a, b record.File) int { return strings.Compare(a.Path, b.Path) })
	return tree
}

// Select returns the files that count for the checksum of these selectors,
// sorted by path; see record.Select.
func (t *Tree) Select(selectors []record.Selector) record.Tree {
	return record.Select(t.Files(), selectors)
}

func (e entry) sum() digest.Digest {
	return digest.NewDigestFromEncoded(digest.SHA256, hex.EncodeToString(e.digest[:]))
}
