package solve

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// unfinished finds the ends of a build that failed or was cancelled.
//
// BuildKit's status calls operations cached then that nobody looked at: when a
// vertex is announced as started, it says so of all that the vertex builds on and
// that was not heard of yet (vertexStream in solver/progress.go), and one whose key
// cannot be computed is announced so that it can fail. So what is inferred counts
// for nothing here. An operation that did not run was reused if the engine itself
// announced that it loaded the result, if the embedded engine found a result for
// its key, or if something was called that needs it, or was reused itself.
//
// What an operation made is there for later builds only if it ended before the
// build was given up: the result of one that goes on is dropped, though it ends
// well.
type unfinished struct {
	*run
	facts     map[digest.Digest]engine.Fact // nil where only the status tells
	consumers map[*plan.Vertex][]*plan.Vertex
	ends      map[*plan.Vertex]end
	givenUp   time.Time // by the engine's clock; zero where the status does not tell
}

func (r *run) unfinished(b *plan.Build, facts map[digest.Digest]engine.Fact, result record.Result) map[*plan.Vertex]end {
	u := &unfinished{run: r, facts: facts, consumers: consumersOf(b), ends: map[*plan.Vertex]end{}}
	u.givenUp = r.statuses.firstError(result == record.Failed)
	for _, v := range backwards(b.Vertices) { // consumers first
		u.ends[v] = u.end(v)
	}
	for _, v := range b.Vertices {
		if e := u.ends[v]; e.canceled && u.waited(v) {
			u.ends[v] = end{cached: e.cached}
		}
	}
	return u.ends
}

// waited says of a vertex that ended cancelled that its operation was not called: its
// key was given up, or something that it stands on was not there. Without facts only
// an input that failed or was stopped while it ran tells: what is quick may be there
// though it is announced as given up.
func (u *unfinished) waited(v *plan.Vertex) bool {
	if len(v.Inputs) == 0 {
		return false
	}
	if u.facts == nil {
		return slices.ContainsFunc(v.Inputs, func(in *plan.Vertex) bool {
			e := u.ends[in]
			return e.err != "" && (e.begun || !e.canceled)
		})
	}
	return !u.ends[v].ran || slices.ContainsFunc(v.Inputs, func(in *plan.Vertex) bool { return !u.ends[in].done })
}

func (u *unfinished) end(v *plan.Vertex) end {
	s := u.statuses.own(v.Digest)
	var e end
	if s != nil {
		e = end{reached: s.Started != nil}
		if !s.Cached { // a result that cannot be loaded is made
			e.err, e.canceled = u.redactor.Text(s.Error), isCancel(s.Error)
		}
	}
	loaded := s != nil && s.Cached && s.Completed != nil && s.Error == "" || u.statuses.wasLoaded(v.Digest)
	found := false
	if u.facts != nil {
		f := u.facts[v.Digest]
		u.byFact(&e, f)
		e.done = e.done && !u.unread(v)
		found = f.Cached
	} else {
		u.byStatus(&e, v, s, loaded)
	}
	switch {
	case e.err != "" && !e.canceled:
		e.done = false
	case u.used(v): // which takes its result, or that of another operation with the same key
		e.done, e.canceled, e.err = true, false, ""
		e.cached = record.Used
	case e.ran:
	case u.unreadable(v): // it may be what could not be read
		e.done = false
	case loaded:
		e.done, e.canceled, e.err = true, false, ""
		e.cached = record.Loaded
	case found && !u.unread(v):
		e.done, e.canceled, e.err = true, false, ""
		e.cached = record.Found
	case u.facts == nil && !e.canceled && (u.statuses.wasInferred(v.Digest) || len(v.Inputs) == 0 && s != nil && s.Completed != nil):
		e.cached = record.Claimed
	}
	if e.ran {
		e.cached = ""
	}
	return e
}

// unreadable says that a result may be one of an imported cache that failed the
// build: the engine takes it for a hit as soon as it has the key, and before it reads
// a byte.
func (u *unfinished) unreadable(v *plan.Vertex) bool { return u.importFailed && len(v.Inputs) > 0 }

func (u *unfinished) byFact(e *end, f engine.Fact) {
	if f.Executions == 0 {
		return
	}
	e.ran, e.begun, e.reached, e.seconds = true, true, true, f.Seconds
	if f.Error != "" && e.err == "" {
		e.err, e.canceled = u.redactor.Text(f.Error), isCancel(f.Error)
	}
	e.done = e.err == "" && f.Kept
}

// unread says that a vertex is an image whose files nothing asked for. BuildKit
// resolves it and fetches nothing, and what it keeps of that does not serve a later
// build.
func (u *unfinished) unread(v *plan.Vertex) bool {
	if _, ok := strings.CutPrefix(v.Op.GetSource().GetIdentifier(), "local://"); ok || v.Op.GetSource() == nil || u.used(v) {
		return false
	}
	for _, c := range u.consumers[v] {
		for i, in := range c.Inputs {
			_, hashed := plan.Selectors(c.Op, i)
			inputs := u.facts[c.Digest].Inputs
			if in == v && (hashed && keyFailed(u.ends[c].err) || i < len(inputs) && inputs[i].Content != "") {
				return false
			}
		}
	}
	return true
}

func (u *unfinished) byStatus(e *end, v *plan.Vertex, s *client.Vertex, loaded bool) {
	switch {
	case s == nil || s.Started == nil || s.Cached:
		return
	case v.Op.GetMerge() != nil && loaded: // and made real after that
		return
	case len(v.Inputs) > 0:
		e.begun = u.called(v, s)
		e.ran = e.begun || e.canceled && seconds(s) >= pairedSeconds
		e.done = e.begun && e.err == "" && s.Completed != nil && s.Completed.Before(u.givenUp)
	case loaded || u.cachedElsewhere(v):
		return
	default:
		// One without inputs announces its key. What it stands for is fetched when
		// something is called that needs it.
		for _, c := range u.consumers[v] {
			e.ran = e.ran || u.ends[c].begun
		}
		e.ran = e.ran || e.err != "" && !e.canceled
	}
	if e.ran {
		e.seconds = seconds(s)
	}
}

// pairedSeconds is more than lies between the start and the end of a key that is
// given up, which are announced one after the other. What was cancelled after a
// longer time had begun, as far as its own time goes; it proves nothing of others.
const pairedSeconds = 0.001

// called says whether a vertex with inputs that was announced as started, and not
// as cached, had its operation called for sure. A key that cannot be computed, or
// is given up, is announced as well.
func (u *unfinished) called(v *plan.Vertex, s *client.Vertex) bool {
	switch {
	case s.Error == "":
		return true
	case v.Digest == u.culprit && u.keyless:
		return false
	case s.Error == context.Canceled.Error(): // it was going on when the status ended
		return true
	case isCancel(s.Error):
		return strings.Contains(s.Error, "did not complete successfully")
	}
	return !keyFailed(s.Error)
}

// used says that something was called that needs the result of a vertex, or was
// reused, which makes the vertex a part of it.
func (u *unfinished) used(v *plan.Vertex) bool {
	for _, c := range u.consumers[v] {
		e := u.ends[c]
		if u.importFailed && e.err != "" {
			continue // it may have been called, and not have got it
		}
		if e.begun || e.done && !e.ran {
			return true
		}
	}
	return false
}
