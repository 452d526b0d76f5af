package embedded

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/moby/buildkit/identity"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/wire"
)

var _ engine.DryRunner = (*Engine)(nil)

// dryStopTimeout is how long a dry run that is canceled may take to let go of
// the client's files.
const dryStopTimeout = 5 * time.Second

// DryRun tells what a build would run; see engine.DryRunner.
func (e *Engine) DryRun(ctx context.Context, d engine.DryRun) (*engine.DryFacts, error) {
	request := wire.DryRequest{ID: identity.NewID(), DryRun: d}
	// The call outlasts ctx for as long as the engine takes to let go of what it
	// has.
	waiting, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(dryStopTimeout, func() { giveUp(context.Cause(ctx)) })
		// What is wrong with the engine, the call itself tells.
		_ = e.child.call(waiting, "DryStop", request.ID, &struct{}{})
	})
	defer stop()
	var reply wire.DryReply
	err := e.child.call(waiting, "DryRun", request, &reply)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, fmt.Errorf("dry run: %w", err)
	case reply.Error != "":
		return nil, errors.New(reply.Error)
	}
	if reply.Facts.Certain { // they are sent once
		reply.Facts.Least = reply.Facts.Most
	}
	return &reply.Facts, nil
}

// DryRun runs dry until it is done, or DryStop is called.
func (s *server) DryRun(request wire.DryRequest, reply *wire.DryReply) error {
	if s.daemon == nil {
		return errors.New("engine has not been started")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.dry.add(request.ID, cancel)
	defer s.dry.remove(request.ID)
	facts, err := s.daemon.DryRun(ctx, request.DryRun)
	if err != nil {
		reply.Error = err.Error()
		return nil
	}
	reply.Facts = *facts
	if facts.Certain {
		reply.Facts.Least = nil
	}
	return nil
}

// DryStop makes a dry run end early.
func (s *server) DryStop(id string, _ *struct{}) error {
	s.dry.stop(id)
	return nil
}

// dryRuns are those that are going on, by id. The zero value has none.
type dryRuns struct {
	mu      sync.Mutex
	running map[string]context.CancelFunc
	stopped map[string]bool // before they began
}

func (r *dryRuns) add(id string, cancel context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped[id] {
		cancel()
		return
	}
	if r.running == nil {
		r.running = map[string]context.CancelFunc{}
	}
	r.running[id] = cancel
}

func (r *dryRuns) remove(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.running, id)
	delete(r.stopped, id)
}

func (r *dryRuns) stop(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cancel, ok := r.running[id]; ok {
		cancel()
		return
	}
	if r.stopped == nil {
		r.stopped = map[string]bool{}
	}
	r.stopped[id] = true
}
