package scenario

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/workspace"
)

// Options are an experiment.
type Options struct {
	Scenario *Scenario // nil for Default
	// Context is a local folder, Dockerfile the path of a local file. Neither
	// is changed.
	Context, Dockerfile string
	// Named are the names of other build contexts that are folders. They are not
	// copied, and an edit of their files is an error that says so.
	Named []string
	// Build builds once. A build that failed has a record all the same, where
	// there is something to record.
	Build func(context.Context, Build) (*record.Record, error)
	// Prune empties the engine's cache. It may be nil where no step asks for it.
	Prune func(context.Context) error
	// Progress is told about each build before the edits that it follows. nil
	// is fine.
	Progress func(index, total int, label string)
	// TempDir is where the copy is made, in a folder of its own; "" for the
	// system's folder for temporary files.
	TempDir string
}

// Build is one build of an experiment.
type Build struct {
	Index int // from 0, the cold build
	Label string
	// Context and Dockerfile are absolute paths of the copy.
	Context, Dockerfile string
	// BuildArgs are those that the scenario has set so far, never nil; they go
	// before any that the user gave for all builds.
	BuildArgs map[string]string
}

// BuildError is a build of an experiment that failed.
type BuildError struct {
	Index int // from 0
	Label string
	Err   error
}

func (e *BuildError) Error() string {
	return fmt.Sprintf("build %d (%s) failed: %v", e.Index+1, e.Label, e.Err)
}

func (e *BuildError) Unwrap() error { return e.Err }

// Run copies the context, builds it cold, then makes the edits of each step and
// builds again. It returns a record for each build that was made, in order; one
// that failed before there was anything to record has a record without steps.
//
// A scenario that does not fit the context is an *Error, before anything is
// built. A build that fails does not end the experiment: the error joins a
// *BuildError for each of them. When the cold build has nothing to record, when
// an edit fails or ctx is cancelled, the experiment ends, with the records so
// far. The copy is removed in every case.
func Run(ctx context.Context, o Options) (records []*record.Record, err error) {
	if o.Scenario == nil {
		o.Scenario = Default()
	}
	if err := o.Scenario.check(); err != nil {
		return nil, err
	}
	if step := o.Scenario.prunes(); step != nil && o.Prune == nil {
		return nil, &Error{At: step.At, Err: errors.New("this engine cannot be pruned")}
	}
	src, err := locate(o.Context, o.Dockerfile)
	if err != nil {
		return nil, err
	}
	src.named = o.Named
	w, err := workspace.New(o.TempDir, workspace.Rebuild)
	if err != nil {
		return nil, err
	}
	defer func() { err = join(err, w.Remove()) }()
	if err := rehearse(ctx, o.Scenario, src, w); err != nil {
		return nil, err
	}
	f, err := src.copyTo(ctx, w, "copy", nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = join(err, f.close()) }()
	e := experiment{Options: o, files: f, args: map[string]string{}}
	err = e.run(ctx)
	return e.records, err
}

// join is errors.Join that leaves a single error as it is.
func join(a, b error) error {
	switch {
	case b == nil:
		return a
	case a == nil:
		return b
	}
	return errors.Join(a, b)
}

// rehearse makes all edits on a copy of the files that they name.
func rehearse(ctx context.Context, s *Scenario, src *source, w *workspace.Folder) error {
	const folder = "rehearsal"
	f, err := src.copyTo(ctx, w, folder, append([]string{}, s.paths()...))
	if err != nil {
		return err
	}
	for _, step := range s.Steps {
		if err = step.apply(ctx, f); err != nil {
			break
		}
	}
	return join(join(err, f.close()), workspace.RemoveAll(w.Root, folder))
}

// apply makes the edits of a step.
func (s Step) apply(ctx context.Context, f *files) error {
	for _, e := range s.Edits {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := e.apply(f); err != nil {
			return &Error{At: e.At, Err: fmt.Errorf("%s: %w", e.Action, err)}
		}
	}
	return nil
}

// experiment is the state of Run once there is a copy.
type experiment struct {
	Options
	files   *files
	args    map[string]string
	records []*record.Record
	failed  error // the builds that failed
}

func (e *experiment) run(ctx context.Context) error {
	e.announce(0, ColdLabel)
	if err := e.build(ctx, 0, ColdLabel); err != nil {
		return err
	}
	for i, step := range e.Scenario.Steps {
		label := step.Title()
		e.announce(i+1, label)
		if err := step.apply(ctx, e.files); err != nil {
			return join(e.failed, err)
		}
		maps.Copy(e.args, step.BuildArgs)
		if step.Prune {
			if err := e.Prune(ctx); err != nil {
				return join(e.failed, fmt.Errorf("prune the engine before build %d (%s): %w", i+2, label, err))
			}
		}
		if err := e.build(ctx, i+1, label); err != nil {
			return err
		}
	}
	return e.failed
}

func (e *experiment) announce(index int, label string) {
	if e.Progress != nil {
		e.Progress(index, len(e.Scenario.Steps)+1, label)
	}
}

// build makes one build. An error ends the experiment.
func (e *experiment) build(ctx context.Context, index int, label string) error {
	if ctx.Err() != nil {
		return join(e.failed, context.Cause(ctx))
	}
	started := time.Now()
	rec, err := e.Build(ctx, Build{
		Index: index, Label: label, BuildArgs: maps.Clone(e.args),
		Context: e.files.contextPath, Dockerfile: e.files.dockerfilePath,
	})
	if rec == nil && err == nil {
		err = errors.New("it left no record")
	}
	if rec != nil {
		if rec.Label == "" {
			rec.Label = label
		}
		e.records = append(e.records, rec)
	}
	if err == nil {
		return nil
	}
	e.failed = join(e.failed, &BuildError{Index: index, Label: label, Err: err})
	if ctx.Err() != nil || rec == nil && index == 0 {
		return e.failed
	}
	if rec == nil {
		e.records = append(e.records, unrecorded(e.records[0], label, started, e.args, err))
	}
	return nil
}

// unrecorded is the record of a build that failed before it had one.
func unrecorded(first *record.Record, label string, started time.Time, args map[string]string, err error) *record.Record {
	salt := make([]byte, 32)
	rand.Read(salt) // never fails (crypto/rand)
	redactor := record.NewRedactor(salt, args)
	return &record.Record{
		Schema: record.Schema, ID: record.NewID(started), Label: label, Tool: first.Tool,
		Project: first.Project, Engine: first.Engine, Basis: record.Observed,
		Result: record.Failed, Error: redactor.Text(err.Error()), Started: started, Seconds: time.Since(started).Seconds(),
	}
}
