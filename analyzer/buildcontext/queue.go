package buildcontext

import (
	"context"
	"sync"
)

// task is a piece of a scan. It may push others.
type task func(w *worker) error

// queue hands out tasks to a few workers, the newest first: what a folder
// holds is done while the folder is open, and little waits at any time.
type queue struct {
	mu      sync.Mutex
	changed *sync.Cond
	tasks   []task
	running int
	err     error // the first one; it ends everything
}

func newQueue() *queue {
	q := &queue{}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// push adds tasks; the last one is done first.
func (q *queue) push(tasks ...task) {
	q.mu.Lock()
	q.tasks = append(q.tasks, tasks...)
	q.mu.Unlock()
	q.changed.Broadcast()
}

// next waits for a task. It returns nil when there will be none.
func (q *queue) next() task {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.tasks) == 0 && q.running > 0 && q.err == nil {
		q.changed.Wait()
	}
	if len(q.tasks) == 0 || q.err != nil {
		return nil
	}
	last := len(q.tasks) - 1
	t := q.tasks[last]
	q.tasks = q.tasks[:last]
	q.running++
	return t
}

func (q *queue) done(err error) {
	q.mu.Lock()
	q.running--
	if q.err == nil {
		q.err = err
	}
	ended := q.err != nil || q.running == 0 && len(q.tasks) == 0
	q.mu.Unlock()
	if ended {
		q.changed.Broadcast()
	}
}

// run does all tasks, those that are pushed meanwhile too. It returns the
// first error, when every worker has stopped.
func (q *queue) run(ctx context.Context, workers []*worker) error {
	var group sync.WaitGroup
	for _, w := range workers {
		group.Go(func() {
			for t := q.next(); t != nil; t = q.next() {
				err := ctx.Err()
				if err == nil {
					err = t(w)
				}
				q.done(err)
			}
		})
	}
	group.Wait()
	return q.err
}
