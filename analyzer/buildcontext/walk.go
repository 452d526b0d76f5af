package buildcontext

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// scan is one walk over a folder.
type scan struct {
	ctx    context.Context
	root   string
	opened *root // root, while it is walked
	filter *filter
	queue  *queue
	cache  *StatCache // nil for none
	known  *statFile  // what the cache knows of the root; never nil
	start  time.Time
	top    *folder

	mu                   sync.Mutex
	unstable, unreadable []string
}

// worker is what one goroutine of a scan has to itself.
type worker struct {
	*scan
	filter *filter
	buffer []byte
}

// folder is a folder that is walked.
type folder struct {
	path  string // relative, in the system's form; "" for the root
	state matchState
	files []file // sorted by name, the order of a walk
}

// file is a file in a folder, a folder too; its path is in the system's form.
// One that the patterns leave out has neither keep nor sub, and only its name.
type file struct {
	name string
	keep bool     // it is sent
	gone bool     // it vanished
	id   identity // of the file when it was met
	// hashed says that its digest was not in the cache.
	hashed bool
	sub    *folder // of a folder that is walked
	entry
}

// chunk is how many files of a folder one worker takes at a time.
const chunk = 256

func newScan(root string, f *filter, cache *StatCache) *scan {
	return &scan{root: root, filter: f, cache: cache, queue: newQueue(), top: &folder{}, start: time.Now()}
}

// run walks the whole root.
func (s *scan) run(ctx context.Context) error {
	s.ctx = ctx
	var err error
	if s.opened, err = openRoot(s.root); err != nil {
		return err
	}
	s.known = s.cache.load(s.root)
	workers := make([]*worker, max(2, runtime.GOMAXPROCS(0)))
	for i := range workers {
		workers[i] = &worker{scan: s, filter: s.filter.clone(), buffer: make([]byte, 64<<10)}
	}
	s.queue.push(func(w *worker) error { return w.readFolder(s.top, true) })
	return errors.Join(s.queue.run(ctx, workers), s.opened.close())
}

// found is a name in a folder.
type found struct {
	name string
	mode uint32 // the type bits of its POSIX mode
}

func (f found) isFolder() bool { return f.mode == typeFolder }

// readFolder lists a folder and pushes what is to be done for its files. sent
// says that the folder matches the patterns itself.
func (w *worker) readFolder(f *folder, sent bool) error {
	handle, list, err := w.list(f)
	switch {
	case err == nil:
	case isGone(err) && f.path != "":
		w.noteUnstable(f.path)
		return nil
	case !sent && errors.Is(err, fs.ErrPermission):
		return nil
	default:
		return err
	}
	below, err := w.matchFiles(f, list)
	if err != nil {
		return errors.Join(err, handle.close())
	}
	// The last folder comes off the queue first, and the files before any.
	slices.Reverse(below)
	w.queue.push(below...)
	return w.readFiles(f, handle)
}

// list opens a folder and lists it, sorted by name.
func (w *worker) list(f *folder) (*handle, []found, error) {
	handle, err := w.opened.openFolder(f.path)
	if err != nil {
		return nil, nil, err
	}
	list, err := handle.list(w.buffer)
	if err != nil {
		return nil, nil, errors.Join(err, handle.close())
	}
	slices.SortFunc(list, func(a, b found) int { return strings.Compare(a.name, b.name) })
	return handle, list, nil
}

// matchFiles makes the files of a folder from its list, and the tasks for the
// folders in it.
func (w *worker) matchFiles(f *folder, list []found) (below []task, err error) {
	f.files = make([]file, len(list))
	for i, path := range f.join(list) {
		isFolder := list[i].isFolder()
		keep, prune, state, err := w.filter.match(path, isFolder, f.state)
		if err != nil {
			return nil, err
		}
		file := &f.files[i]
		file.name, file.path, file.keep = list[i].name, path, keep
		if isFolder && !prune {
			sub := &folder{path: path, state: state}
			file.sub = sub
			below = append(below, func(w *worker) error { return w.readFolder(sub, keep) })
		}
	}
	return below, nil
}

// join returns the paths of the files in the folder. They share one string.
func (f *folder) join(list []found) iter.Seq2[int, string] {
	prefix := f.path
	if prefix != "" {
		prefix += string(filepath.Separator)
	}
	size := len(prefix) * len(list)
	for _, file := range list {
		size += len(file.name)
	}
	var joined strings.Builder
	joined.Grow(size)
	for _, file := range list {
		joined.WriteString(prefix)
		joined.WriteString(file.name)
	}
	return func(yield func(int, string) bool) {
		rest := joined.String()
		for i, file := range list {
			length := len(prefix) + len(file.name)
			if !yield(i, rest[:length]) {
				return
			}
			rest = rest[length:]
		}
	}
}

// readFiles reads the files of a folder, in chunks for several workers where
// there are many, and closes it after the last one.
func (w *worker) readFiles(f *folder, handle *handle) error {
	known := w.known.folder(f.path)
	if len(f.files) <= chunk {
		err := w.readChunk(f.files, handle, known)
		return errors.Join(err, handle.close())
	}
	chunks := slices.Collect(slices.Chunk(f.files, chunk))
	handle.share(len(chunks))
	tasks := make([]task, len(chunks))
	for i, files := range chunks {
		known.skipTo(files[0].name)
		known := known
		tasks[len(chunks)-1-i] = func(w *worker) error {
			err := w.readChunk(files, handle, known)
			return errors.Join(err, handle.close())
		}
	}
	w.queue.push(tasks...)
	return nil
}

func (w *worker) readChunk(files []file, handle *handle, known knownFolder) error {
	for i := range files {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if !files[i].keep && files[i].sub == nil {
			continue
		}
		if err := w.readFile(&files[i], handle, &known); err != nil {
			return err
		}
	}
	return nil
}

// count bounds how many entries flatten appends.
func (f *folder) count() int {
	n := len(f.files)
	for i := range f.files {
		if sub := f.files[i].sub; sub != nil {
			n += sub.count()
		}
	}
	return n
}

// flatten appends the entries that are sent, in the order of a walk. A folder
// that does not match is sent all the same where something below it is.
func (f *folder) flatten(entries []entry) []entry {
	for i := range f.files {
		file := &f.files[i]
		if file.gone || !file.keep && file.sub == nil {
			continue
		}
		at := len(entries)
		entries = append(entries, file.entry)
		entries[at].path = filepath.ToSlash(file.path)
		if file.sub != nil {
			entries = file.sub.flatten(entries)
		}
		if !file.keep && len(entries) == at+1 {
			entries = entries[:at]
		}
	}
	return entries
}

func (s *scan) noteUnstable(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unstable = append(s.unstable, filepath.ToSlash(path))
}

func (s *scan) noteUnreadable(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unreadable = append(s.unreadable, filepath.ToSlash(path))
}

// isGone says whether a path vanished, or a folder in it, or something else took
// its place while it was looked at: a link that of a folder, a file that of a
// link.
func isGone(err error) bool {
	var path *fs.PathError
	if errors.As(err, &path) && path.Op == "readlink" && errors.Is(err, syscall.EINVAL) {
		return true
	}
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}

// renamePath says in an error of the system where the file lies for others.
func renamePath(err error, path string) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return &fs.PathError{Op: at.Op, Path: path, Err: at.Err}
	}
	return err
}
