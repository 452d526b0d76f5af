package buildcontext

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/moby/buildkit/cache/contenthash"
)

// readFile fills in one file: from the cache where it is known and unchanged,
// else from the file itself.
func (w *worker) readFile(file *file, handle *handle, known *knownFolder) error {
	id, err := handle.identify(file.name)
	if err != nil {
		return w.vanished(file, err)
	}
	file.id, file.mode, file.mtime = id, id.mode, id.mtime
	if (file.sub != nil) != file.isFolder() {
		w.noteUnstable(file.path)
		file.sub = nil
	}
	if !file.isFolder() {
		file.size = id.size
	}
	if known.find(file) {
		return nil
	}
	file.hashed = true
	stat, err := handle.stat(file.name)
	if err != nil {
		return w.vanished(file, err)
	}
	// What the client of BuildKit sends has no owner.
	stat.Uid, stat.Gid = 0, 0
	file.target, file.size = filepath.ToSlash(stat.Linkname), stat.Size
	sum, err := contenthash.NewFromStat(stat)
	if err != nil {
		return fmt.Errorf("cannot hash %s: %w", file.path, err)
	}
	if file.mode&typeMask == typeRegular {
		if err := w.readContent(handle, file, sum); err != nil {
			return err
		}
	}
	copy(file.digest[:], sum.Sum(nil))
	return nil
}

// vanished takes a file out of the scan that is no longer there. Any other
// error ends the scan.
func (w *worker) vanished(file *file, err error) error {
	if !isGone(err) {
		return err
	}
	w.noteUnstable(file.path)
	file.gone = true
	return nil
}

// readContent feeds the content of a regular file to its hash. BuildKit sends
// a file that cannot be opened as an empty one.
func (w *worker) readContent(handle *handle, file *file, sum hash.Hash) error {
	content, err := handle.open(file.name)
	switch {
	case err == nil:
	case isGone(err), errors.Is(err, errChanged):
		w.noteUnstable(file.path)
		file.id.fixed = false
		return nil
	default:
		w.noteUnreadable(file.path)
		file.id.fixed = false
		return nil
	}
	defer content.close()
	err = copyContent(w.ctx, sum, content, w.buffer)
	if err != nil {
		if w.ctx.Err() != nil {
			return err
		}
		return &fs.PathError{Op: "read", Path: filepath.Join(w.root, file.path), Err: err}
	}
	if after, err := content.identify(); err != nil || !after.same(file.id) {
		w.noteUnstable(file.path)
		file.id.fixed = false
	}
	return nil
}

// copyContent is io.Copy that stops when the context ends.
func copyContent(ctx context.Context, to io.Writer, from io.Reader, buffer []byte) error {
	for {
		n, err := from.Read(buffer)
		to.Write(buffer[:n]) // a hash takes everything
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
