//go:build linux

package probe

import (
	"fmt"

	"github.com/moby/buildkit/frontend"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/llbsolver/ops"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/source"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"
)

// Worker returns w with all its operations recorded, except nested builds,
// which only run other definitions and have no effect of their own.
func (r *Recorder) Worker(w *base.Worker) (worker.Worker, error) {
	manager, err := source.NewManager()
	if err != nil {
		return nil, fmt.Errorf("record sources: %w", err)
	}
	manager.Register(&sources{inner: w.SourceManager, recorder: r, worker: w})
	return &recordedWorker{Worker: w, sources: manager, recorder: r}, nil
}

type recordedWorker struct {
	*base.Worker
	sources  *source.Manager
	recorder *Recorder
}

// ResolveOp makes the operation of a vertex, which the solver calls for once in
// the life of the vertex.
func (w *recordedWorker) ResolveOp(v solver.Vertex, bridge frontend.FrontendLLBBridge, sm *session.Manager, proxy worker.ProxyOpt) (solver.Op, error) {
	definition, ok := v.Sys().(*pb.Op)
	if !ok {
		return w.Worker.ResolveOp(v, bridge, sm, proxy)
	}
	if definition.GetBuild() != nil {
		return w.Worker.ResolveOp(v, bridge, sm, proxy)
	}
	active := w.recorder.activate(v.Digest())
	if src, ok := definition.GetOp().(*pb.Op_Source); ok {
		return ops.NewSourceOp(v, src, definition.GetPlatform(), w.sources, w.ParallelismSem, sm, w.Worker)
	}
	inner, err := w.Worker.ResolveOp(v, bridge, sm, proxy)
	if err != nil {
		return nil, err
	}
	exec, _ := inner.(*ops.ExecOp)
	return &recordedOp{
		Op:       inner,
		recorder: w.recorder,
		vertex:   v.Digest(),
		active:   active,
		node:     w.recorder.newNode(v, exec, active),
		selected: selectionsOf(definition),
	}, nil
}
