//go:build linux

package probe

import (
	"bytes"
	"context"
	"path"
	"strings"
	"sync"

	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/cache/contenthash"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/worker"
	"github.com/opencontainers/go-digest"
)

// contentHashKey is where BuildKit keeps the file digests of a snapshot
// (cache/contenthash/checksum.go).
const contentHashKey = "buildkit.contenthash.v0"

// maxLinks bounds the symbolic links followed in one path.
const maxLinks = 255

// fileDigests reads the digests that BuildKit computed of a snapshot's files.
// It keeps the last snapshot decoded, since the steps of a build mostly take
// from one context.
type fileDigests struct {
	mu   sync.Mutex
	id   string
	raw  []byte
	last []*contenthash.CacheRecordWithPath
}

func newFileDigests() *fileDigests { return &fileDigests{} }

// of returns the digests of the selected files of a snapshot whose content was
// just computed, by absolute slash path; nil for an empty snapshot.
func (d *fileDigests) of(ctx context.Context, result solver.Result, selected []selection) map[string]digest.Digest {
	ref, ok := result.Sys().(*worker.WorkerRef)
	if !ok || ref.ImmutableRef == nil {
		return nil
	}
	// BuildKit keeps the digests with the mutable origin where there is one.
	var md cache.RefMetadata = ref.ImmutableRef
	if origin, ok := md.GetEqualMutable(); ok {
		md = origin
	}
	if files, complete := pick(d.read(md), selected); complete {
		return files
	}
	// Digests of files that were scanned just now are stored in the background.
	// Setting a context on its own snapshot stores it at once.
	computed, err := contenthash.GetCacheContext(ctx, md)
	if err != nil {
		return nil
	}
	if err := contenthash.SetCacheContext(ctx, md, computed); err != nil {
		return nil
	}
	files, _ := pick(d.read(md), selected)
	return files
}

// read returns the stored records of a snapshot, with slashes in their paths;
// those of folders' own metadata end in a slash.
func (d *fileDigests) read(md cache.RefMetadata) []*contenthash.CacheRecordWithPath {
	raw, err := md.GetExternal(contentHashKey)
	if err != nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.id == md.ID() && bytes.Equal(d.raw, raw) {
		return d.last
	}
	var stored contenthash.CacheRecords
	if err := stored.UnmarshalVT(raw); err != nil {
		return nil
	}
	for _, record := range stored.Paths {
		record.Path = strings.ReplaceAll(record.Path, "\x00", "/")
	}
	d.id, d.raw, d.last = md.ID(), raw, stored.Paths
	return d.last
}

// pick returns the digests of the selected files, and whether all of them are
// there.
func pick(records []*contenthash.CacheRecordWithPath, selected []selection) (files map[string]digest.Digest, complete bool) {
	files = map[string]digest.Digest{}
	followed := follow(records, selected)
	complete = true
	for _, record := range records {
		switch record.Record.Type {
		case contenthash.CacheRecordTypeDir, contenthash.CacheRecordTypeDirHeader:
			continue
		}
		link := record.Record.Type == contenthash.CacheRecordTypeSymlink
		for _, s := range followed {
			if !s.has(record.Path) || link && s.replaces(record.Path) {
				continue
			}
			if record.Record.Digest == "" {
				complete = false
				continue
			}
			files[record.Path] = digest.Digest(record.Record.Digest)
			break
		}
	}
	return files, complete && len(files) > 0
}

// follow resolves the symbolic links in the selections' paths, as BuildKit does
// before it looks for files below them, and adds what the links lead to that
// match a pattern.
func follow(records []*contenthash.CacheRecordWithPath, selected []selection) []selection {
	links := map[string]string{}
	for _, record := range records {
		if record.Record.Type == contenthash.CacheRecordTypeSymlink {
			links[record.Path] = record.Record.Linkname
		}
	}
	if len(links) == 0 {
		return selected
	}
	var followed []selection
	for _, s := range selected {
		if !s.wildcard {
			s.path = resolve(links, s.path)
			followed = append(followed, s)
			continue
		}
		literal, pattern := splitPattern(s.path)
		s.path = path.Join(quote(resolve(links, literal)), pattern)
		followed = append(followed, s)
		for link := range links {
			if s.replaces(link) {
				followed = append(followed, selection{path: resolve(links, link)})
			}
		}
	}
	return followed
}

// splitPattern splits a path before its first name with a wildcard.
func splitPattern(name string) (literal, pattern string) {
	literal = "/"
	for rest := strings.Trim(name, "/"); rest != ""; {
		first, after, _ := strings.Cut(rest, "/")
		if strings.ContainsAny(first, `*?[\`) {
			return literal, rest
		}
		literal, rest = path.Join(literal, first), after
	}
	return literal, ""
}

// quote makes a pattern that matches a path alone.
func quote(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

func resolve(links map[string]string, name string) string {
	rest := strings.Split(strings.Trim(name, "/"), "/")
	at := "/"
	for n := 0; len(rest) > 0; {
		at = path.Join(at, rest[0])
		rest = rest[1:]
		target, ok := links[at]
		if !ok {
			continue
		}
		if n++; n > maxLinks {
			return name
		}
		if path.IsAbs(target) {
			at = "/"
		} else {
			at = path.Dir(at)
		}
		rest = append(strings.Split(strings.Trim(target, "/"), "/"), rest...)
	}
	return at
}
