package predict

import (
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
)

// walk goes through the operations of one record, inputs before consumers.
type walk struct {
	memory *memory
	rec    *record.Record
	steps  map[string]*record.Step
	// made has, by digest of the operation, the keys that results are kept under.
	made map[string]made
}

func newWalk(m *memory, rec *record.Record) *walk {
	w := &walk{memory: m, rec: rec, steps: map[string]*record.Step{}, made: map[string]made{}}
	for i := range rec.Steps {
		if s := &rec.Steps[i]; w.steps[s.ID] == nil {
			w.steps[s.ID] = s
		}
	}
	return w
}

// maker returns the operation of this build that makes an input, nil for one that
// the record does not hold.
func (w *walk) maker(s *record.Step, v *record.Vertex, in *record.Input) *record.Vertex {
	switch {
	case in.Step != "":
		if from := w.steps[in.Step]; from != nil && from != s {
			return from.Result()
		}
		return nil
	case in.Source == record.SourceSelf:
		return itself(s, v)
	}
	return s.Source(in.Source)
}

// itself is the operation before v in its step that v takes from: another operation,
// else the one image, which is then also the base of a stage; nil where it is not
// clear which.
func itself(s *record.Step, v *record.Vertex) *record.Vertex {
	var operation, source *record.Vertex
	sources := 0
	for i := range s.Vertices {
		switch o := &s.Vertices[i]; {
		case o == v && operation != nil:
			return operation
		case o == v && sources == 1:
			return source
		case o == v:
			return nil
		case o.Inline, isLocalSource(o):
		case isSource(o):
			source = o
			sources++
		default:
			operation = o
		}
	}
	return nil
}

// inputs says what is known of an operation's inputs, where results are known under
// the keys that made has.
func (w *walk) inputs(s *record.Step, v *record.Vertex, made map[string]made) []taken {
	out := make([]taken, len(v.Inputs))
	for i := range v.Inputs {
		in := &v.Inputs[i]
		t := taken{hashed: in.Hashed, selectors: explain.SelectorsID(in)}
		if !in.Carried {
			t.content = in.Content
		}
		switch maker := w.maker(s, v, in); {
		case in.Source == record.SourceInline || in.IsLocal():
			// Only its content counts: BuildKit's key of a folder has the session in it.
		case maker == nil:
			t.anything = in.Source != record.SourceScratch
		default:
			known, ok := made[maker.Digest]
			t.made = known
			t.anything = known.anything || !ok
		}
		out[i] = t
	}
	return out
}

// learn adds what a build left in the cache. Records are learned oldest first;
// trusted says that the engine of today has the same keys for the same operations.
func (m *memory) learn(rec *record.Record, trusted bool) {
	w := newWalk(m, rec)
	m.usage.before(m, rec)
	loaded := w.loaded()
	for i := range rec.Steps {
		s := &rec.Steps[i]
		for j := range s.Vertices {
			v := &s.Vertices[j]
			if _, known := w.made[v.Digest]; !known {
				w.made[v.Digest] = w.learn(s, v, trusted, loaded[v.Digest])
			}
		}
	}
	m.usage.after(rec)
}

// learn adds one operation, and returns how its consumers find it.
func (w *walk) learn(s *record.Step, v *record.Vertex, trusted, loaded bool) made {
	if isLocalSource(v) {
		return made{}
	}
	operation, unpinned := w.memory.operation(v)
	inputs := w.inputs(s, v, w.made)
	sure, possible := w.memory.match(operation, inputs)
	// Of a build that did not get to its end, BuildKit calls steps cached that nobody
	// looked at (vertexStream in solver/progress.go).
	proven := v.Ran && !isSource(v) || loaded || v.Cached.Proof() || w.rec.Result == record.Succeeded
	w.rememberMissing(inputs, v)
	if !v.Done || v.Error != "" || !proven {
		return made{sure: sure, possible: possible, anything: len(sure) == 0}
	}
	if w.rec.CacheImports && !v.Ran && !loaded {
		trusted = false // it may lie in the imported cache alone
	}
	found := sure
	if len(found) == 0 {
		k := newKey(len(inputs), trusted && !unpinned)
		w.memory.keys[operation] = append(w.memory.keys[operation], k)
		k.add(inputs, yes)
		k.result = possibly
		found = []*key{k}
	}
	for _, k := range found {
		if v.Ran {
			w.memory.remade(k)
		}
		how := yes // which of several keys BuildKit adds to is left to chance
		if len(found) > 1 || !trusted {
			how = possibly
		}
		k.add(inputs, how)
		if v.Ran && proven || loaded || v.Held || v.Cached == record.Loaded {
			k.result = max(k.result, how)
		}
		if v.Ran || v.Held {
			k.names = append(k.names, w.memory.name(v))
			k.note(v)
		}
		w.remember(inputs, v)
	}
	if !found[0].sure {
		return made{possible: slices.Concat(found, possible)}
	}
	return made{sure: found, possible: possible}
}

// note keeps when a result was made. One that was found again is the one that is
// known, where any is.
func (k *key) note(v *record.Vertex) {
	switch {
	case v.Made != nil && !slices.Contains(k.made, *v.Made) && (v.Ran || !slices.ContainsFunc(k.made, func(s record.Span) bool { return s.Contains(v.Made.From) })):
		k.made = append(k.made, *v.Made)
	case v.Made == nil && (v.Ran || len(k.made)+k.untold == 0):
		k.untold++
	}
}

// remember notes the content of files that were taken from a result.
func (w *walk) remember(inputs []taken, v *record.Vertex) {
	for i := range inputs {
		in := &inputs[i]
		if !in.hashed || v.Inputs[i].IsLocal() {
			continue
		}
		for _, k := range in.sure {
			l := link{k, in.selectors}
			w.memory.present[l] = true
			delete(w.memory.missing, l)
			if in.content == "" {
				continue
			}
			if before, ok := w.memory.contents[l]; ok && before != in.content {
				w.memory.contents[l] = ""
			} else if !ok {
				w.memory.contents[l] = in.content
			}
		}
	}
}

// rememberMissing notes a path that was taken from a result and is not in it.
func (w *walk) rememberMissing(inputs []taken, v *record.Vertex) {
	at := readInVain(v)
	if at < 0 {
		return
	}
	for _, k := range inputs[at].sure {
		if l := (link{k, inputs[at].selectors}); !w.memory.present[l] {
			w.memory.missing[l] = missingPath(v.Error)
		}
	}
}

// readInVain is the input in which an operation looked for a path that is not there,
// and so could not have a key; -1 for none, and for a folder of the client's, which is
// read anew each time.
func readInVain(v *record.Vertex) int {
	if v.Ran || v.Error == "" {
		return -1
	}
	at := absentIn(v, missingPath(v.Error))
	if at >= 0 && v.Inputs[at].IsLocal() {
		return -1
	}
	return at
}

// loaded has the operations whose result the build had in its hands without
// running them: something ran on top of them, or looked for a file in them, or they
// are what was asked for.
func (w *walk) loaded() map[string]bool {
	consumed, loaded := map[string]bool{}, map[string]bool{}
	for i := range w.rec.Steps {
		s := &w.rec.Steps[i]
		for j := range s.Vertices {
			v := &s.Vertices[j]
			for k := range v.Inputs {
				if maker := w.maker(s, v, &v.Inputs[k]); maker != nil {
					consumed[maker.Digest] = true
					loaded[maker.Digest] = loaded[maker.Digest] || executed(v) || readInVain(v) == k
				}
			}
		}
	}
	for i := range w.rec.Steps {
		for _, v := range w.rec.Steps[i].Vertices {
			if !consumed[v.Digest] && w.rec.Result == record.Succeeded {
				loaded[v.Digest] = true
			}
		}
	}
	return loaded
}

// executed says that an operation was executed, and not only announced to say that
// it was cancelled, or that its key could not be made.
func executed(v *record.Vertex) bool {
	return v.Ran && (v.Done && v.Error == "" || strings.Contains(v.Error, "did not complete successfully"))
}

func isLocalSource(v *record.Vertex) bool {
	return isSource(v) && strings.HasPrefix(v.Op.Fields["identifier"], "local://")
}
