package build

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/layerwise/layerwise/analyzer/buildcontext"
	"github.com/layerwise/layerwise/analyzer/engine"
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
	for name, op := range sources(r.plan) {
		folder := r.Source.Folder(name)
		if folder == "" {
			continue
		}
		r.scans.wait.Go(func() {
			o := ScanOptions(op)
			if r.StatCache != "" {
				o.Cache = buildcontext.NewStatCache(r.StatCache)
			}
			tree, err := buildcontext.Scan(ctx, folder, o)
			if err == nil && (r.engine == nil || r.engine.Info().Kind != engine.KindEmbedded) {
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

// sources are the local sources of all platforms, which share them.
func sources(p *plan.Plan) map[string]*pb.SourceOp {
	all := map[string]*pb.SourceOp{}
	for _, b := range p.Builds {
		for name, op := range b.Sources() {
			if _, ok := all[name]; !ok {
				all[name] = op
			}
		}
	}
	return all
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
	for name, tree := range r.scans.trees {
		rec.Trees[name] = tree.Files()
		for _, path := range tree.Unstable {
			rec.Warnings = append(rec.Warnings, fmt.Sprintf("%s changed while it was read; what is said about it may be about either state", path))
		}
		for _, path := range tree.Unreadable {
			rec.Warnings = append(rec.Warnings, path+" cannot be read; BuildKit sends it as an empty file")
		}
	}
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
				}
			}
		}
	}
	if len(r.scans.errs) > 0 {
		return r.scans.errs[0]
	}
	return nil
}
