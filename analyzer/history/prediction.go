package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/layerwise/layerwise/analyzer/record"
)

// predictionName is the one prediction of a project, beside its records.
const predictionName = "prediction.zst"

// SavePrediction keeps what was predicted for the next build of a project, in
// place of an earlier prediction. It lasts until a build of the project is saved.
func (s *Store) SavePrediction(r *record.Record) error {
	if err := writeFile(filepath.Join(s.dir, projectFolder(r.Project), predictionName), r); err != nil {
		return fmt.Errorf("cannot save the prediction: %w", err)
	}
	return nil
}

// LastPrediction returns what was predicted for the next build of a project, nil
// where nothing was, or where a build of any project is recorded since: it may have
// changed what the engine holds. A damaged prediction is removed.
func (s *Store) LastPrediction(project record.Project) (*record.Record, error) {
	path := filepath.Join(s.dir, projectFolder(project), predictionName)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, fmt.Errorf("cannot look for a prediction: %w", err)
	}
	r, err := readFile(path, record.Limits{})
	var damaged *record.DamagedError
	switch {
	case errors.As(err, &damaged):
		os.Remove(path)
		s.warn("the prediction in %s is removed: %v", path, err)
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cannot read the prediction %s: %w", path, err)
	}
	newest, err := s.List(Filter{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(newest) > 0 && newest[0].Started.After(r.Started) {
		return nil, nil
	}
	return r, nil
}
