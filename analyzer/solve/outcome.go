package solve

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
		var ends map[*plan.Vertex]end
		if rec.Result == record.Succeeded {
			ends = r.finished(b, facts)
		} else {
			ends = r.unfinished(b, facts, rec.Result)
		}
		for v, e := range ends {
			if e.ran && v.Op.GetSource() != nil {
				e.seconds = max(e.seconds, r.statuses.transfer(v.Digest))
			}
			if v.Digest == r.culprit { // its own status may say that it was cancelled
				e.err, e.done, e.canceled = rec.Error, false, false
			}
			ends[v] = e
		}
		for _, s := range b.Steps {
			r.fill(&rec.Steps[i], s, ends, facts)
			if rec.FailedStep == "" && rec.Steps[i].Outcome == record.StepFailed && r.isCulprit(s) {
				rec.FailedStep = rec.Steps[i].ID
			}
			i++
		}
	}
}

// isCulprit says that it is a step's own operation that failed the build, or a
// source that it reads.
func (r *run) isCulprit(s *plan.Step) bool {
	return slices.ContainsFunc(s.Vertices, func(v *plan.Vertex) bool { return v.Digest == r.culprit })
}

// end is how a vertex ended.
type end struct {
	ran      bool // its operation was executed
	done     bool // its result is there, made or reused
	reached  bool // it was worked on
	canceled bool
	err      string
	seconds  float64
	// begun says that its operation was called for sure, which takes all inputs.
	begun bool
	// cached is what speaks for its result being in the engine's cache; see
	// record.Vertex.
	cached record.Evidence
}

// finished are the ends of a build that got to its own.
func (r *run) finished(b *plan.Build, facts map[digest.Digest]engine.Fact) map[*plan.Vertex]end {
	consumers, ends := consumersOf(b), map[*plan.Vertex]end{}
	for _, v := range backwards(b.Vertices) {
		if f, ok := facts[v.Digest]; facts != nil {
			ends[v] = r.endByFact(v, f, ok)
		} else {
			ends[v] = r.endByStatus(v, consumers[v], ends)
		}
	}
	return ends
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

// endByFact takes the engine's own word for what was executed.
func (r *run) endByFact(v *plan.Vertex, f engine.Fact, known bool) end {
	e := r.statusEnd(v)
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
func (r *run) endByStatus(v *plan.Vertex, consumers []*plan.Vertex, ends map[*plan.Vertex]end) end {
	e := r.statusEnd(v)
	s := r.statuses.get(v.Digest)
	switch {
	case s == nil || s.Started == nil:
	case s.Cached:
	case isCancel(s.Error):
	case v.Op.GetMerge() != nil && r.statuses.wasCached(v.Digest): // and made real after that
	case len(v.Inputs) > 0:
		e.ran = e.done || e.err != "" && !keyFailed(e.err)
	case r.statuses.wasCached(v.Digest): // and its layers were unpacked after that
	case r.cachedElsewhere(v):
	default:
		// A vertex without inputs announces its key, whether or not its content
		// is needed then. It is, exactly if a consumer ran on top of it.
		for _, c := range consumers {
			e.ran = e.ran || ends[c].ran
		}
		e.ran = e.ran || len(consumers) == 0 || e.err != ""
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

// statusEnd is what the last status event tells of a vertex in a build that got
// to its end.
func (r *run) statusEnd(v *plan.Vertex) end {
	s := r.statuses.get(v.Digest)
	switch {
	case s == nil: // reused as part of something above it
		return end{done: true}
	case isCancel(s.Error): // the engine found that it is the same as another one
		return end{reached: true, done: true}
	}
	e := end{reached: s.Started != nil, err: r.redactor.Text(s.Error)}
	e.done = e.err == ""
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
		rv.Ran, rv.Done, rv.Error, rv.Seconds, rv.Cached = e.ran, e.done, e.err, e.seconds, e.cached
		if e.cached == record.Claimed {
			rv.CacheName = CacheName(rv, r.Salt)
		}
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
		if e.err != "" && (total.err == "" || total.canceled) {
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
		out.Error = Unwrapped(total.err)
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
	v.KeyImported = f.KeyOnly
	v.Pin = r.redactor.Text(f.Pin)
	for i := range min(len(v.Inputs), len(f.Inputs)) {
		in, fact := &v.Inputs[i], f.Inputs[i]
		if !in.Hashed || fact.Content == "" || in.Source == record.SourceInline {
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
