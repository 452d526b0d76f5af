package build

import (
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/opencontainers/go-digest"
)

// attribute writes to the record what became of every vertex, and from that of
// every step.
func (r *run) attribute(rec *record.Record, facts map[digest.Digest]engine.Fact) {
	i := 0
	for _, b := range r.plan.Builds {
		consumers := consumersOf(b)
		ends := map[*plan.Vertex]end{}
		for _, v := range backwards(b.Vertices) {
			var e end
			if f, ok := facts[v.Digest]; facts != nil {
				e = r.endByFact(v, f, ok, rec.Result)
			} else {
				e = r.endByStatus(v, consumers[v], ends, rec.Result)
			}
			if e.ran && v.Op.GetSource() != nil {
				e.seconds = max(e.seconds, r.statuses.transfer(v.Digest))
			}
			if v.Digest == r.culprit { // its own status may say that it was cancelled
				e.err, e.done, e.canceled = rec.Error, false, false
			}
			ends[v] = e
		}
		if rec.Result != record.Succeeded {
			r.unreach(b, consumers, ends)
		}
		for _, s := range b.Steps {
			r.fill(&rec.Steps[i], s, ends, facts)
			i++
		}
	}
}

// unreach takes back, in a build that did not get to its end, that a vertex was
// reused where that cannot be. When a vertex is announced as started, BuildKit's
// status counts as reused what it builds on and nobody has heard of yet
// (vertexStream in solver/progress.go); one whose key cannot be computed is
// announced so that it can fail, with nothing below it done.
func (r *run) unreach(b *plan.Build, consumers map[*plan.Vertex][]*plan.Vertex, ends map[*plan.Vertex]end) {
	for _, v := range b.Vertices {
		e := ends[v]
		if e.ran || !e.done || r.loaded(v) || slices.ContainsFunc(consumers[v], func(c *plan.Vertex) bool { return ends[c].ran }) {
			continue
		}
		for i, in := range v.Inputs {
			// On top of what was made just now, nothing can have been made before,
			// unless it takes only files.
			if _, hashed := plan.Selectors(v.Op, i); !hashed && (ends[in].ran || !ends[in].done) {
				e.done = false
			}
		}
		ends[v] = e
	}
}

// loaded says that a vertex was itself announced as reused: what is inferred took
// no time.
func (r *run) loaded(v *plan.Vertex) bool {
	s := r.statuses.get(v.Digest)
	return s != nil && s.Cached && s.Started != nil && s.Completed != nil && !s.Started.Equal(*s.Completed)
}

// end is how a vertex ended.
type end struct {
	ran      bool // its operation was executed
	done     bool // it completed, executed or not
	reached  bool // it was worked on
	canceled bool
	err      string
	seconds  float64
}

func consumersOf(b *plan.Build) map[*plan.Vertex][]*plan.Vertex {
	consumers := map[*plan.Vertex][]*plan.Vertex{}
	for _, v := range b.Vertices {
		for _, in := range v.Inputs {
			consumers[in] = append(consumers[in], v)
		}
	}
	return consumers
}

func backwards(vs []*plan.Vertex) []*plan.Vertex {
	out := make([]*plan.Vertex, 0, len(vs))
	for i := len(vs) - 1; i >= 0; i-- {
		out = append(out, vs[i])
	}
	return out
}

// endByFact takes the engine's own word for what was executed; whether a vertex
// that was not executed was reused, or never reached, is in its status.
func (r *run) endByFact(v *plan.Vertex, f engine.Fact, known bool, result record.Result) end {
	e := r.statusEnd(v, result)
	e.ran = known && f.Executions > 0
	if e.ran {
		e.seconds = f.Seconds
		e.reached = true
		if f.Error != "" && e.err == "" {
			e.err = f.Error
			e.canceled = isCancel(f.Error)
		}
		e.done = e.err == ""
	}
	return e
}

// endByStatus infers what was executed from status events alone.
func (r *run) endByStatus(v *plan.Vertex, consumers []*plan.Vertex, ends map[*plan.Vertex]end, result record.Result) end {
	e := r.statusEnd(v, result)
	s := r.statuses.get(v.Digest)
	switch {
	case s == nil || s.Started == nil:
	case s.Cached:
	case result == record.Succeeded && isCancel(s.Error):
	case v.Op.GetMerge() != nil && r.statuses.wasCached(v.Digest): // and made real after that
	case len(v.Inputs) > 0:
		e.ran = e.done || e.err != "" && !keyFailed(e.err)
	case r.statuses.wasCached(v.Digest): // and its layers were unpacked after that
	case r.cachedElsewhere(v):
	default:
		// A vertex without inputs announces its key, whether or not its content
		// is needed then. It is, exactly if a consumer ran on top of it.
		stopped := false
		for _, c := range consumers {
			// One that was cancelled may not have begun.
			e.ran = e.ran || ends[c].ran && !ends[c].canceled
			stopped = stopped || ends[c].canceled
		}
		e.ran = e.ran || len(consumers) == 0 || e.err != "" && !e.canceled
		if stopped && !e.ran {
			e.done = false
		}
	}
	if e.ran {
		e.seconds = seconds(s)
	}
	return e
}

// cachedElsewhere says that another vertex for the same image was reused. The
// engine merges the two, and only one of them is announced as cached.
func (r *run) cachedElsewhere(v *plan.Vertex) bool {
	_, image, ok := strings.Cut(v.Op.GetSource().GetIdentifier(), "@")
	if !ok {
		return false
	}
	for _, b := range r.plan.Builds {
		for _, w := range b.Vertices {
			if _, other, _ := strings.Cut(w.Op.GetSource().GetIdentifier(), "@"); other == image {
				if s := r.statuses.get(w.Digest); s != nil && s.Cached {
					return true
				}
			}
		}
	}
	return false
}

// statusEnd is what the last status event tells for sure.
func (r *run) statusEnd(v *plan.Vertex, result record.Result) end {
	s := r.statuses.get(v.Digest)
	if s == nil { // reused as part of something above it, or never reached
		return end{done: result == record.Succeeded}
	}
	if result == record.Succeeded && isCancel(s.Error) { // the engine found that it is the same as another one
		return end{reached: true, done: true}
	}
	e := end{reached: s.Started != nil, err: r.redactor.Text(s.Error), canceled: isCancel(s.Error)}
	e.done = e.err == "" && (s.Completed != nil || result == record.Succeeded)
	return e
}

// keyFailed tells the error of a vertex whose key could not be computed, as when a
// file that it takes is missing, from one of running it.
func keyFailed(message string) bool {
	return strings.Contains(message, "failed to calculate checksum of ref")
}

func isCancel(message string) bool { return strings.Contains(message, "context canceled") }

// fill writes a step's outcome and evidence.
func (r *run) fill(out *record.Step, s *plan.Step, ends map[*plan.Vertex]end, facts map[digest.Digest]engine.Fact) {
	for i, v := range s.Vertices {
		e := ends[v]
		rv := &out.Vertices[i]
		rv.Ran, rv.Done, rv.Error, rv.Seconds = e.ran, e.done, e.err, e.seconds
		if pin := r.pins[v.Digest]; pin != "" {
			rv.Pin = r.redactor.Text(pin)
		}
		if f, ok := facts[v.Digest]; ok {
			r.addFact(rv, f)
			if v.Located && f.Executions > 0 && f.OutputSize >= 0 && s.Effect == record.EffectLayer {
				size := f.OutputSize
				out.DiskSize = &size
			}
		}
	}
	primary := s.Primary()
	if len(primary) == 0 {
		return
	}
	total := end{done: true}
	for _, v := range primary {
		e := ends[v]
		total.ran = total.ran || e.ran
		total.done = total.done && e.done
		total.reached = total.reached || e.reached
		if e.err != "" {
			total.err, total.canceled = e.err, e.canceled
		}
		total.seconds += e.seconds
	}
	for _, v := range s.Vertices {
		if e := ends[v]; s.Reads(v) && e.err != "" && !e.canceled {
			total.err, total.canceled = e.err, false
		}
	}
	out.Outcome = total.outcome()
	if total.ran {
		seconds := total.seconds
		out.Seconds = seconds
		if out.Outcome == record.Miss {
			out.LastRunSeconds = &seconds
		}
	}
	if out.Outcome == record.StepFailed {
		out.Error = total.err
	}
}

func (e end) outcome() record.Outcome {
	switch {
	case e.canceled:
		return record.StepCanceled
	case e.err != "":
		return record.StepFailed
	case !e.done && e.reached && e.ran:
		return record.StepCanceled
	case !e.done:
		return record.NotRun
	case e.ran:
		return record.Miss
	}
	return record.Hit
}

// addFact copies what the engine knows of a vertex's key and inputs.
func (r *run) addFact(v *record.Vertex, f engine.Fact) {
	v.Key = string(f.Key)
	v.Pin = r.redactor.Text(f.Pin)
	for i := range min(len(v.Inputs), len(f.Inputs)) {
		in, fact := &v.Inputs[i], f.Inputs[i]
		if !in.Hashed || fact.Content == "" || in.Source == plan.SourceInline {
			continue
		}
		in.Content = string(fact.Content)
		if in.Tree != "" {
			r.keepSeen(in.Tree, fact)
		}
		if in.Tree == "" && len(fact.Files) > 0 {
			in.Files = make(map[string]string, len(fact.Files))
			for path, d := range fact.Files {
				in.Files[path] = string(d)
			}
		}
	}
}
