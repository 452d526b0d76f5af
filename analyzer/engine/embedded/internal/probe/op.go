//go:build linux

package probe

import (
	"context"
	"slices"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// recordedOp is any operation but a source.
type recordedOp struct {
	solver.Op
	recorder *Recorder
	vertex   digest.Digest
	active   *active
	node     *node
	selected map[int][]selection // by input
}

// CacheMap records the key, and makes the functions that compute the content of
// inputs record what they found.
func (o *recordedOp) CacheMap(ctx context.Context, job solver.JobContext, index int) (*solver.CacheMap, bool, error) {
	if err := o.recorder.graph.add(job, o.vertex, o.node); err != nil {
		return nil, false, err
	}
	original, done, err := o.Op.CacheMap(ctx, job, index)
	if err != nil || original == nil {
		return original, done, err
	}
	cacheMap := *original
	cacheMap.Deps = slices.Clone(original.Deps)
	cacheMap.Opts = withVertex(original.Opts, o.vertex)
	o.recorder.update(o.active, func(f *engine.Fact) {
		if index > 0 {
			return
		}
		f.Key = cacheMap.Digest
		f.Inputs = make([]engine.InputFact, len(cacheMap.Deps))
		for i, dep := range cacheMap.Deps {
			f.Inputs[i].Selector = dep.Selector
		}
	})
	for i := range cacheMap.Deps {
		if compute := cacheMap.Deps[i].ComputeDigestFunc; compute != nil {
			cacheMap.Deps[i].ComputeDigestFunc = o.recordContent(i, compute)
		}
	}
	return &cacheMap, done, nil
}

func (o *recordedOp) recordContent(input int, compute solver.ResultBasedCacheFunc) solver.ResultBasedCacheFunc {
	return func(ctx context.Context, result solver.Result, group session.Group) (digest.Digest, error) {
		content, err := compute(ctx, result, group)
		if err != nil {
			return content, err
		}
		files := o.recorder.files.of(ctx, result, o.selected[input])
		o.recorder.update(o.active, func(f *engine.Fact) {
			f.Inputs[input].Content = content
			f.Inputs[input].Files = files
		})
		return content, nil
	}
}

func (o *recordedOp) Exec(ctx context.Context, job solver.JobContext, inputs []solver.Result) ([]solver.Result, error) {
	start := o.recorder.begin(o.active)
	outputs, err := o.Op.Exec(ctx, job, inputs)
	o.recorder.end(o.active, start, err)
	if err == nil {
		o.recorder.results.made(o.active, outputs...)
		o.recorder.made(ctx, o.active, outputs)
	}
	return outputs, err
}
