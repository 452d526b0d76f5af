// Package history keeps the records of builds on disk.
//
// # Design
//
// A store is a folder with one folder for each project and one file for each
// record, "<id>.json.zst". A file appears under its name when it is complete,
// and is never changed, so that readers and writers in several processes need
// no lock. A file starts with a zstd skippable frame that holds an Entry, the
// few facts that a list shows, and goes on with what package record writes:
// listing reads one small block of each file, and zstdcat prints the record all
// the same. A sidecar or an index would be one more thing to keep true.
//
// Nothing that lies in a store stops it. A damaged record is set aside as
// "<id>.json.zst.damaged", foreign files are left alone, and what cannot be
// read is skipped; Store.Warn hears of it.
package history

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/layerwise/layerwise/analyzer/internal/atomicfile"
	"github.com/layerwise/layerwise/analyzer/record"
)

// DefaultKeep is how many records of a project a store keeps.
const DefaultKeep = 50

// Names in a store.
const (
	suffix        = ".json.zst"
	damagedSuffix = ".damaged"
	tempPattern   = ".tmp-*"
)

// validID is what may be the name of a file on every system. It never starts
// with a dot, as temporary files do.
var validID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// Store is a folder of records. Its methods may be used by several goroutines,
// and the folder by several processes.
type Store struct {
	// Keep is how many records of a project Save leaves, the newest;
	// DefaultKeep after Open, all of them where it is negative.
	Keep int
	// Warn is told about records that were skipped or set aside. It may be nil.
	Warn func(message string)

	dir string
}

// DefaultDir returns $XDG_STATE_HOME/layerwise/records, or the same below
// ~/.local/state where the variable is not an absolute path.
func DefaultDir() (string, error) {
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "layerwise", "records"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no folder for records: %w; set XDG_STATE_HOME", err)
	}
	return filepath.Join(home, ".local", "state", "layerwise", "records"), nil
}

// Open opens the store in a folder, which it makes when there is none, for
// this user alone.
func Open(dir string) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open the history: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot open the history: %w", err)
	}
	return &Store{Keep: DefaultKeep, dir: dir}, nil
}

// Dir is the store's folder.
func (s *Store) Dir() string { return s.dir }

func (s *Store) warn(format string, args ...any) {
	if s.Warn != nil {
		s.Warn(fmt.Sprintf(format, args...))
	}
}

// Save stores a record and then prunes its project to Keep records, of which it
// is one, whatever the clock says. A record of the same id is replaced. When it fails, the store is as it was before.
func (s *Store) Save(r *record.Record) error {
	if !validID.MatchString(r.ID) {
		return fmt.Errorf("cannot save a record: %.100q cannot be an id", r.ID)
	}
	folder := filepath.Join(s.dir, projectFolder(r.Project))
	if err := writeFile(filepath.Join(folder, r.ID+suffix), r); err != nil {
		return fmt.Errorf("cannot save record %s: %w", r.ID, err)
	}
	os.Remove(filepath.Join(folder, predictionName)) // it was for this build
	if s.Keep >= 0 {
		if _, _, err := s.pruneFolder(folder, PruneOptions{Keep: max(s.Keep, 1)}, r.ID); err != nil {
			s.warn("cannot prune the history: %v", err)
		}
	}
	return nil
}

// create starts a file, private to the user, and makes its folder where it is
// missing.
func create(path string) (*atomicfile.File, error) {
	for attempt := 0; ; attempt++ {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		// Another process may prune the folder, still empty, at this moment.
		temp, err := atomicfile.Create(path, tempPattern, 0o600)
		if err == nil || !os.IsNotExist(err) || attempt == 10 {
			return temp, err
		}
	}
}

// writeFile writes the file of a record, with its header, whole or not at all. It
// does not wait for the disk: after a loss of power the record may be damaged, which
// its checksum shows and costs one comparison; the wait would cost every build.
func writeFile(path string, r *record.Record) error {
	f, err := create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(f)
	err = writeHeader(buffered, entryOf(r))
	if err == nil {
		err = record.Write(buffered, r)
	}
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return errors.Join(err, f.Discard())
	}
	return f.Commit()
}

// readFile reads the record of a file.
func readFile(path string, limits record.Limits) (*record.Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return record.Read(f, limits)
}

// staleAfter is the age from which a temporary file belongs to nobody.
const staleAfter = time.Hour

// isStaleTemp says whether a file is what a writer left that was killed.
func isStaleTemp(f fs.DirEntry) bool {
	if match, _ := filepath.Match(tempPattern, f.Name()); !match || !f.Type().IsRegular() {
		return false
	}
	info, err := f.Info()
	return err == nil && time.Since(info.ModTime()) > staleAfter
}
