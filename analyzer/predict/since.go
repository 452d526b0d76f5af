package predict

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/layerwise/layerwise/analyzer/workspace"
)

// Since predicts without an engine what a build of the working tree would reuse
// of a build at a git revision that left all of its steps in the cache. It returns
// the prediction, and what that build would have been.
//
// The revision is what a fresh clone of it holds, with its own attributes and none of
// this repository's settings, and the working tree is as it lies: files which git does
// not track count as added. Permissions that git does not keep are those of today. Base images are not looked at: the same reference is the
// same image. Nothing is written to the project or its repository.
func Since(ctx context.Context, o Options, rev string) (prediction, old *record.Record, err error) {
	if o.Build.Source.Remote || o.Build.Source.Context == "" {
		return nil, nil, errors.New("a git revision can only be compared with a context that is a folder; clone the repository and name its folder")
	}
	w, err := workspace.New("", workspace.Since)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, w.Remove()) }()
	dir, err := filepath.EvalSymlinks(w.Path)
	if err != nil {
		return nil, nil, err
	}
	r, err := openRevision(ctx, o.Build.Source.Context, rev)
	if err != nil {
		return nil, nil, err
	}
	dir = filepath.Join(dir, filesName)
	r.dir = dir
	then, err := r.options(ctx, o.Build, dir)
	if err != nil {
		return nil, nil, err
	}
	if o.Build.Source, err = o.Build.Source.Edited(o.Edits); err != nil {
		return nil, nil, err
	}
	if prediction, err = solve.Plan(ctx, o.Build); err != nil {
		return nil, nil, err
	}
	if old, err = solve.Plan(ctx, then); err != nil {
		return nil, nil, fmt.Errorf("at %s: %w", rev, err)
	}
	r.forget(old, then.Source)
	old.ID, old.Project, old.Started = r.name(), prediction.Project, r.time
	complete(old)
	prediction.Basis = record.Predicted
	prediction.Warnings = append(prediction.Warnings, r.warnings...)
	m := newMemory()
	m.namesCount = true
	m.learn(old, true)
	d := &verdicts{walk: newWalk(m, prediction), now: newStock(nil), imports: len(o.Build.CacheFrom) > 0}
	d.decide()
	if len(o.History) > 0 {
		explain.CarryForward(o.History[0], prediction)
	}
	return prediction, old, nil
}

// Names in the temporary folder.
const (
	filesName = "files" // of the revision
	cloneName = "clone"
)

// forget takes out of a plan of the revision what is said of files that are not known.
func (r *revision) forget(rec *record.Record, src solve.Source) {
	for i := range rec.Steps {
		for j := range rec.Steps[i].Vertices {
			for k := range rec.Steps[i].Vertices[j].Inputs {
				in := &rec.Steps[i].Vertices[j].Inputs[k]
				if in.Tree != "" && slices.ContainsFunc(record.Select(rec.Trees[in.Tree], in.Selectors), func(f record.File) bool {
					rel, err := filepath.Rel(r.dir, filepath.Join(src.Folder(in.Tree), filepath.FromSlash(f.Path)))
					return err == nil && slices.Contains(r.unknown, filepath.ToSlash(rel))
				}) {
					in.Content = ""
				}
			}
		}
	}
}

// complete makes a plan the record of a build that ran all of it.
func complete(rec *record.Record) {
	rec.Result = record.Succeeded
	for i := range rec.Steps {
		s := &rec.Steps[i]
		if len(s.Deciding()) > 0 {
			s.Outcome = record.Hit
		}
		for j := range s.Vertices {
			s.Vertices[j].Ran, s.Vertices[j].Done = true, true
		}
	}
}

// options are those of a build of the revision, whose files go to a folder. What
// lies outside of the repository is as it is now.
func (r *revision) options(ctx context.Context, o solve.Options, dir string) (solve.Options, error) {
	o.StatCache = "" // of a folder that is gone afterwards
	o.NoCache, o.NoCacheFilter = false, nil
	named := map[string]string{}
	moved := func(path string) string {
		if rel, ok := r.inside(path); ok {
			return filepath.Join(dir, rel)
		}
		return path
	}
	folders := []string{o.Source.Context}
	for name, at := range o.Source.Named {
		named[name] = at
		if folder := o.Source.Folder(name); folder != "" {
			folders = append(folders, folder)
			named[name] = moved(folder)
		}
	}
	file := o.Source.Path()
	if file != "" {
		folders = append(folders, file, file+".dockerignore")
	}
	if err := r.checkOut(ctx, dir, folders); err != nil {
		return o, err
	}
	context := moved(o.Source.Context)
	if _, err := os.Stat(context); err != nil {
		return o, fmt.Errorf("the build context %s was not there at %s", o.Source.Context, r.rev)
	}
	if file == "" { // on standard input
		o.Source.Context = context
	} else {
		src, err := solve.Open(context, moved(file), nil)
		if errors.Is(err, os.ErrNotExist) {
			return o, fmt.Errorf("%s was not there at %s, so that a build then left nothing", o.Source.Dockerfile, r.rev)
		}
		if err != nil {
			return o, fmt.Errorf("at %s: %w", r.rev, err)
		}
		o.Source = src
	}
	o.Source.Named = named
	return o, nil
}
