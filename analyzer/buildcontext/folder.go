package buildcontext

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// Folder is a folder as BuildKit's transfer reads it, what fsutil.NewFS returns,
// for a folder that others may change meanwhile:
//
//   - nothing outside it is read, whatever is turned into a link;
//   - nothing but a regular file is opened, so that no pipe is waited for;
//   - a file that vanishes before it was told of is left out, alone, and one that
//     changes its kind or vanishes afterwards is a *ChangedError.
//
// Its methods may be used by several goroutines.
type Folder struct{ root *root }

var _ fsutil.FS = (*Folder)(nil)

// OpenFolder opens a folder; links on the way to it are followed.
func OpenFolder(path string) (*Folder, error) {
	resolved, err := resolveRoot(path)
	if err != nil {
		return nil, err
	}
	root, err := openRoot(resolved)
	if err != nil {
		return nil, err
	}
	return &Folder{root}, nil
}

// ChangedError is a file that was one thing when the engine was told of it, and
// another when it was to be read.
type ChangedError struct {
	Path string // in the folder, with "/"
	Was  string // "a file", "a folder"
	Is   string // "a link", …; "" where it is gone
}

func (e *ChangedError) Error() string {
	now := "is now " + e.Is
	if e.Is == "" {
		now = "is gone"
	}
	return fmt.Sprintf("%s changed while it was read: it was %s and %s", printable(e.Path), e.Was, now)
}

// printable quotes a path that is no plain text: it travels through the engine
// in messages that are.
func printable(path string) string {
	if utf8.ValidString(path) && !strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return path
	}
	return strconv.Quote(path)
}

// Open opens a regular file. What is something else is a *ChangedError, what is not
// there an error that is fs.ErrNotExist.
func (f *Folder) Open(name string) (io.ReadCloser, error) {
	rel := inFolder(name)
	opened, err := f.root.openFile(rel)
	switch {
	case err == nil:
		return closing{opened}, nil
	case !isGone(err) && !errors.Is(err, errChanged):
		return nil, err
	}
	changed := f.changed(rel, "a file")
	if changed.Is == "" {
		return nil, &fs.PathError{Op: "open", Path: rel, Err: fs.ErrNotExist}
	}
	return nil, changed
}

type closing struct{ content }

func (c closing) Close() error { c.close(); return nil }

// inFolder makes a path of the transfer relative.
func inFolder(name string) string {
	return strings.TrimPrefix(filepath.Join(string(filepath.Separator), filepath.FromSlash(name)), string(filepath.Separator))
}

// changed says what has become of a file.
func (f *Folder) changed(rel, was string) *ChangedError {
	e := &ChangedError{Path: filepath.ToSlash(rel), Was: was}
	in, err := f.root.openFolder(parent(rel))
	if err != nil {
		return e
	}
	defer in.close()
	if id, err := in.identify(filepath.Base(rel)); err == nil {
		e.Is = kindName(id.mode)
		if e.Is == was {
			e.Is = "another one"
		}
	}
	return e
}

func parent(rel string) string {
	if dir := filepath.Dir(rel); dir != "." {
		return dir
	}
	return ""
}

func kindName(mode uint32) string {
	switch mode & typeMask {
	case typeRegular:
		return "a file"
	case typeFolder:
		return "a folder"
	case typeSymlink:
		return "a link"
	case typeFIFO:
		return "a pipe"
	}
	return "a special file"
}

// Walk calls fn as filepath.WalkDir does for a path in the folder and all below
// it, except for the folder itself. Entries have a *types.Stat behind Info.Sys; but
// for that of the path itself, they are to be asked for it during the walk.
func (f *Folder) Walk(ctx context.Context, target string, fn fs.WalkDirFunc) error {
	w := &folderWalk{Folder: f, ctx: ctx, fn: fn, linked: map[[2]uint64]string{}, buffer: make([]byte, 64<<10)}
	var err error
	if rel := inFolder(target); rel == "" {
		err = w.folder("", nil)
	} else {
		err = w.start(rel)
	}
	if errors.Is(err, fs.SkipAll) || errors.Is(err, fs.SkipDir) {
		return nil
	}
	return err
}

// folderWalk is one walk over a folder.
type folderWalk struct {
	*Folder
	ctx    context.Context
	fn     fs.WalkDirFunc
	linked map[[2]uint64]string // the first path of each file with several, by device and inode
	buffer []byte
}

// start walks from a path below the root. Nothing is there also where a link is
// on the way.
func (w *folderWalk) start(rel string) error {
	in, err := w.root.openFolder(parent(rel))
	if err == nil {
		defer in.close()
		var id identity
		if id, err = in.identify(filepath.Base(rel)); err == nil {
			return w.first(in, rel, found{filepath.Base(rel), id.mode & typeMask})
		}
	}
	if isGone(err) {
		return nil
	}
	return w.fn(rel, nil, err)
}

// first visits what a walk starts from. Callers who want to know of one file alone
// keep its entry, so that it is looked at while its folder is open.
func (w *folderWalk) first(in *handle, rel string, file found) error {
	entry := &folderEntry{walk: w, in: in, path: rel, found: file}
	if _, err := entry.Info(); err != nil {
		if entry.gone {
			return nil
		}
		return w.fn(rel, nil, err)
	}
	return w.tell(entry)
}

// folder visits what is in a folder; entry is what fn was told of it, nil for the
// root.
func (w *folderWalk) folder(rel string, entry *folderEntry) error {
	in, list, err := w.list(rel)
	switch {
	case err == nil:
	case isGone(err) && entry != nil && entry.info == nil: // nobody was told
		return nil
	case isGone(err):
		return w.changed(rel, "a folder")
	case entry == nil:
		return err
	default:
		return w.fn(rel, entry, err)
	}
	defer in.close()
	for _, file := range list {
		if err := w.visit(in, filepath.Join(rel, file.name), file); err == fs.SkipDir {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (w *folderWalk) list(rel string) (*handle, []found, error) {
	in, err := w.root.openFolder(rel)
	if err != nil {
		return nil, nil, err
	}
	list, err := in.list(w.buffer)
	if err != nil {
		return nil, nil, errors.Join(err, in.close())
	}
	slices.SortFunc(list, func(a, b found) int { return strings.Compare(a.name, b.name) })
	return in, list, nil
}

// visit tells fn of a file, and of what is below it. fs.SkipDir skips the rest of
// the folder that it lies in.
func (w *folderWalk) visit(in *handle, rel string, file found) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	return w.tell(&folderEntry{walk: w, in: in, path: rel, found: file})
}

func (w *folderWalk) tell(entry *folderEntry) error {
	err := w.fn(entry.path, entry, nil)
	switch {
	case entry.gone:
		return nil
	case err == fs.SkipDir && entry.isFolder():
		return nil
	case err != nil || !entry.isFolder():
		return err
	}
	if err := w.folder(entry.path, entry); err != fs.SkipDir {
		return err
	}
	return nil
}

// folderEntry is a file on a walk. What its folder does not tell is asked for
// when somebody wants it: most files of a context may be left out.
type folderEntry struct {
	found
	walk *folderWalk
	in   *handle // open while the walk is in it
	path string
	info *fstypes.Stat // nil until it was asked for
	gone bool
}

func (e *folderEntry) Name() string { return e.name }
func (e *folderEntry) IsDir() bool  { return e.isFolder() }

func (e *folderEntry) Type() fs.FileMode {
	if info, err := e.Info(); err == nil {
		return info.Mode().Type()
	}
	if e.isFolder() {
		return fs.ModeDir
	}
	return 0
}

// relooks bounds how often a file is looked at that changes with every look.
const relooks = 3

func (e *folderEntry) Info() (fs.FileInfo, error) {
	for try := 0; e.info == nil; try++ {
		stat, err := e.in.stat(e.name)
		switch {
		case err == nil:
		case isGone(err) && try < relooks && !errors.Is(err, fs.ErrNotExist):
			continue
		case isGone(err):
			e.gone = true
			return nil, &fs.PathError{Op: "lstat", Path: e.path, Err: fs.ErrNotExist}
		default:
			return nil, err
		}
		if fs.FileMode(stat.Mode).IsDir() != e.isFolder() {
			was := "no folder"
			if e.isFolder() {
				was = "a folder"
			}
			return nil, e.walk.changed(e.path, was)
		}
		stat.Path = e.path
		e.walk.link(e, stat)
		e.info = stat
	}
	return &fsutil.StatInfo{Stat: e.info.Clone()}, nil
}

// link names the first path of a file that has several.
func (w *folderWalk) link(e *folderEntry, stat *fstypes.Stat) {
	if e.isFolder() || fs.FileMode(stat.Mode)&fs.ModeSymlink != 0 {
		return
	}
	id, err := e.in.identify(e.name)
	if err != nil || id.inode == 0 { // gone, or a system that does not number its files
		return
	}
	key := [2]uint64{id.device, id.inode}
	if first, ok := w.linked[key]; ok && first != e.path {
		stat.Linkname = filepath.ToSlash(first)
		return
	}
	w.linked[key] = e.path
}
