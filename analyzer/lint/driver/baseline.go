package driver

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/layerwise/layerwise/analyzer/lint/internal/baseline"
)

// NoBaselineError is a baseline that does not exist.
type NoBaselineError struct{ Path string }

func (e *NoBaselineError) Error() string { return fmt.Sprintf("there is no baseline %s", e.Path) }

// openBaseline reads the findings that are known.
func (r *Run) openBaseline() error {
	path := r.options.Baseline
	if path == "" {
		return nil
	}
	base, err := baseline.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		if !r.options.UpdateBaseline {
			return &NoBaselineError{Path: path}
		}
		base, err = baseline.New(path), nil
	}
	r.base = base
	return err
}

// stale are the entries of the baseline that Look did not find where it looked.
func (r *Run) stale() []baseline.Entry {
	files := map[string]*file{}
	for _, f := range r.files {
		files[r.base.Name(f.path)] = f
	}
	return r.base.Stale(func(e baseline.Entry) bool {
		f := files[e.File]
		return f != nil && (f.ran(e.Rule) || !r.index.Known(e.Rule))
	})
}

// Stale is how many findings of the baseline are gone, when Look has looked; 0
// without a baseline.
func (r *Run) Stale() int {
	if r.base == nil {
		return 0
	}
	return len(r.stale())
}

// WriteBaseline writes the baseline without what is gone, whole or not at all. It
// returns how many findings it has, and how many were gone.
func (r *Run) WriteBaseline() (known, gone int, err error) {
	stale := r.stale()
	r.base.Drop(stale)
	if err := r.base.Write(); err != nil {
		return 0, 0, err
	}
	return r.base.Len(), len(stale), nil
}
