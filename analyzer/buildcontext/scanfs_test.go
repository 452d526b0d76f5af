package buildcontext

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/moby/buildkit/cache/contenthash"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// ScanFS scans a source that is no folder of this machine, such as one put
// together by fsutil.SubDirFS, through fsutil's own filters. It knows no cache
// and uses one processor. Of a file that changes while it is read it notices
// only that it vanished.
func ScanFS(ctx context.Context, source fsutil.FS, opts Options) (*Tree, error) {
	filtered, err := fsutil.NewFilterFS(source, &fsutil.FilterOpt{
		IncludePatterns: opts.Include, ExcludePatterns: opts.Exclude, FollowPaths: opts.FollowPaths,
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the build context: %w", err)
	}
	r := &sourceReader{ctx: ctx, source: source, buffer: make([]byte, 128<<10)}
	err = filtered.Walk(ctx, "/", func(path string, found fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := found.Info()
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*fstypes.Stat)
		if !ok {
			return fmt.Errorf("%s has no metadata", path)
		}
		return r.add(path, stat.Clone())
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the build context: %w", err)
	}
	return newTree(r.entries, r.unstable, r.unreadable), nil
}

type sourceReader struct {
	ctx                  context.Context
	source               fsutil.FS
	buffer               []byte
	entries              []entry
	unstable, unreadable []string
}

// add adds a file of the source.
func (r *sourceReader) add(path string, stat *fstypes.Stat) error {
	mode := fs.FileMode(stat.Mode)
	e := entry{path: filepath.ToSlash(path), mode: posixMode(mode), mtime: stat.ModTime}
	if !mode.IsDir() {
		e.size = stat.Size
	}
	// Of a hard link the name is that of the file that is sent.
	if e.isSymlink() {
		e.target = filepath.ToSlash(stat.Linkname)
	}
	stat.Uid, stat.Gid = 0, 0
	sum, err := contenthash.NewFromStat(stat)
	if err != nil {
		return fmt.Errorf("cannot hash %s: %w", path, err)
	}
	if mode.IsRegular() {
		content, err := r.source.Open(path)
		switch {
		case err == nil:
			err = copyContent(r.ctx, sum, content, r.buffer)
			if err = errors.Join(err, content.Close()); err != nil {
				return fmt.Errorf("cannot read %s: %w", path, err)
			}
		case isGone(err):
			r.unstable = append(r.unstable, e.path)
		default:
			r.unreadable = append(r.unreadable, e.path)
		}
	}
	copy(e.digest[:], sum.Sum(nil))
	r.entries = append(r.entries, e)
	return nil
}
