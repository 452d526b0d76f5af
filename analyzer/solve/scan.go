package solve

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/layerwise/layerwise/analyzer/buildcontext"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/solver/pb"
)

// scans are the local sources as the engine is shown them, read beside the
// build.
type scans struct {
	wait  sync.WaitGroup
	mu    sync.Mutex
	trees map[string]*buildcontext.Tree
	errs  []error
}

// startScans reads every local source that the plan needs.
func (r *run) startScans(ctx context.Context) {
	r.scans.trees = map[string]*buildcontext.Tree{}
	for name, o := range sources(r.plan) {
		folder := r.Source.Folder(name)
		if folder == "" {
			continue
		}
		r.scans.wait.Go(func() {
			if r.StatCache != "" {
				o.Cache = buildcontext.NewStatCache(r.StatCache)
			}
			tree, err := buildcontext.Scan(ctx, folder, o)
			if err == nil && (r.engine == nil || !r.engine.Capabilities().Facts) {
				// Nobody will tell the checksums, so they are computed while the
				// engine works. What is wrong with one shows when it is asked for.
				for _, selectors := range selections(r.plan, name) {
					_, _ = tree.Checksum(ctx, selectors)
				}
			}
			r.scans.mu.Lock()
			defer r.scans.mu.Unlock()
			if err != nil {
				r.scans.errs = append(r.scans.errs, fmt.Errorf("scan of build context %s: %w", name, err))
				return
			}
			r.scans.trees[name] = tree
		})
	}
}

// sources are what the plan takes of each local source. Steps and platforms may
// take different parts of one.
func sources(p *plan.Plan) map[string]buildcontext.Options {
	all := map[string]buildcontext.Options{}
	for _, b := range p.Builds {
		for _, v := range b.Vertices {
			name := v.LocalName()
			if name == "" {
				continue
			}
			o := ScanOptions(v.Op.GetSource())
			if other, ok := all[name]; ok {
				o = union(other, o)
			}
			all[name] = o
		}
	}
	return all
}

// union takes in what either of two takes in.
func union(a, b buildcontext.Options) buildcontext.Options {
	everything := func(o buildcontext.Options) bool { return len(o.Include)+len(o.FollowPaths) == 0 }
	var o buildcontext.Options
	if !everything(a) && !everything(b) {
		o.Include = merged(a.Include, b.Include)
		o.FollowPaths = merged(a.FollowPaths, b.FollowPaths)
	}
	if slices.Equal(a.Exclude, b.Exclude) {
		o.Exclude = a.Exclude
	}
	return o
}

func merged(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// selections are the files that operations take from a local source.
func selections(p *plan.Plan, source string) [][]record.Selector {
	var all [][]record.Selector
	for _, b := range p.Builds {
		for _, v := range b.Vertices {
			for i, in := range v.Inputs {
				if in.LocalName() != source {
					continue
				}
				if selectors, hashed := plan.Selectors(v.Op, i); hashed {
					all = append(all, selectors)
				}
			}
		}
	}
	return all
}

// ScanOptions are the filters of a local source operation.
func ScanOptions(op *pb.SourceOp) buildcontext.Options {
	list := func(key string) (patterns []string) {
		if json.Unmarshal([]byte(op.Attrs[key]), &patterns) != nil {
			return nil
		}
		return patterns
	}
	return buildcontext.Options{
		Include:     list(pb.AttrIncludePatterns),
		Exclude:     list(pb.AttrExcludePatterns),
		FollowPaths: list(pb.AttrFollowPaths),
	}
}

// addScans writes the scanned files, and the checksums that the engine did not
// tell.
func (r *run) addScans(ctx context.Context, rec *record.Record) error {
	r.scans.wait.Wait()
	rec.Trees = map[string]record.Tree{}
	changed := map[string][]string{} // by an edit, so that what is on the disk does not count
	for name, tree := range r.scans.trees {
		rec.Trees[name] = tree.Files()
		changed[name] = editTree(rec.Trees[name], r.Source.editsBelow(r.Source.Folder(name)))
		for _, path := range tree.Unstable {
			rec.Warnings = append(rec.Warnings, fmt.Sprintf("%s changed while it was read; what is said about it may be about either state", path))
		}
		for _, path := range tree.Unreadable {
			rec.Warnings = append(rec.Warnings, path+" cannot be read; BuildKit sends it as an empty file")
		}
		if len(changed[name]) == 0 {
			r.warnOfStale(rec, name, slices.Concat(tree.Unstable, tree.Unreadable))
		}
	}
	r.note(rec, r.missingFiles(rec))
	for i := range rec.Steps {
		for j := range rec.Steps[i].Vertices {
			for k := range rec.Steps[i].Vertices[j].Inputs {
				in := &rec.Steps[i].Vertices[j].Inputs[k]
				tree := r.scans.trees[in.Tree]
				if tree == nil || !in.Hashed || in.Content != "" {
					continue
				}
				if sum, err := tree.Checksum(ctx, in.Selectors); err == nil { // a missing file is the build's to report
					in.Content = string(sum)
					if takesAny(rec.Trees[in.Tree], in.Selectors, changed[in.Tree]) {
						in.Content = edited(in.Content)
					}
				}
			}
		}
	}
	rec.Warnings = append(rec.Warnings, r.idleEdits(rec)...)
	if len(r.scans.errs) > 0 {
		return r.scans.errs[0]
	}
	return nil
}
