package predict

import (
	"maps"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
)

// certainty is what records tell of something that BuildKit knows.
type certainty int

const (
	no certainty = iota
	possibly
	yes
)

// memory is what records tell of an engine's cache. It follows BuildKit's own
// (solver/cachemanager.go, solver/edge.go): a result is kept under a key, the key
// hangs on an operation and, for each of its inputs, on the keys of what made the
// input or on the input's content, and any combination of these finds it.
type memory struct {
	keys map[string][]*key // by operation
	// contents has what is known of the files that are taken from a result, "" for
	// one that came out in two ways.
	contents map[link]string
	// missing has the paths that were looked for in a result and are not in it, present
	// those of which all were there.
	missing map[link]string
	present map[link]bool
	// namesCount says that an image under the same name is the same image.
	namesCount bool
	usage
}

// key is a cache key of the engine.
type key struct {
	inputs []ways
	// sure says that the engine has it; it is not when another version of the engine
	// wrote it, or when a build only saw it in an imported cache.
	sure bool
	// result says whether there is something to load.
	result certainty
	names  []string // what the engine may call the results, see usage
	// made has when results of it were made; untold counts those of which nobody
	// knows it. See stock.
	made   []record.Span
	untold int
}

// ways are those in which one input leads to a key.
type ways struct {
	links    map[link]certainty
	contents map[string]bool
	// unknown says that a content which leads there is not recorded, anything that
	// nothing is known of what made it.
	unknown, anything bool
}

// link is a result with what is taken from it.
type link struct {
	key       *key
	selectors string
}

// made says under which keys a result is found by its consumers.
type made struct {
	sure, possible []*key
	// anything says that it may also be a key that no record knows.
	anything bool
}

// taken is one input of an operation.
type taken struct {
	made
	hashed    bool
	selectors string
	content   string // "" where it is not known
	missing   string // the path that is not there, where that is known
}

// operation names an operation as a key of the memory, and says whether what lies
// behind that name may have changed.
func (m *memory) operation(v *record.Vertex) (id string, unpinned bool) {
	id, unpinned = explain.OperationID(v)
	return id, unpinned && !(m.namesCount && v.IsImage())
}

func newMemory() *memory {
	return &memory{keys: map[string][]*key{}, contents: map[link]string{}, missing: map[link]string{}, present: map[link]bool{}}
}

// match returns the keys that an operation on these inputs is found under for
// certain, and those that it may be found under.
func (m *memory) match(operation string, inputs []taken) (sure, possible []*key) {
	for _, k := range m.keys[operation] {
		if len(k.inputs) != len(inputs) {
			continue
		}
		found := yes
		for i := range inputs {
			found = min(found, k.inputs[i].lead(&inputs[i]))
		}
		switch {
		case found == yes && k.sure:
			sure = append(sure, k)
		case found > no:
			possible = append(possible, k)
		}
	}
	return sure, possible
}

// lead says whether an input leads to the key.
func (w *ways) lead(in *taken) certainty {
	found := no
	for _, k := range in.sure {
		found = max(found, w.links[link{k, in.selectors}])
	}
	if found == yes {
		return yes
	}
	for _, k := range in.possible {
		found = max(found, min(possibly, w.links[link{k, in.selectors}]))
	}
	if in.anything || w.anything {
		found = max(found, possibly)
	}
	switch {
	case !in.hashed:
	case in.content != "" && w.contents[in.content]:
		return yes
	case in.content == "" && len(w.contents) > 0, w.unknown:
		found = max(found, possibly)
	}
	return found
}

// add makes inputs lead to a key, as far as how says.
func (k *key) add(inputs []taken, how certainty) {
	for i := range inputs {
		in, w := &inputs[i], &k.inputs[i]
		for _, maker := range in.sure {
			w.links[link{maker, in.selectors}] = max(w.links[link{maker, in.selectors}], how)
		}
		for _, maker := range in.possible {
			w.links[link{maker, in.selectors}] = max(w.links[link{maker, in.selectors}], possibly)
		}
		w.anything = w.anything || in.anything
		switch {
		case !in.hashed:
		case in.content == "" || how != yes:
			w.unknown = true
		default:
			w.contents[in.content] = true
		}
	}
}

func newKey(inputs int, sure bool) *key {
	k := &key{inputs: make([]ways, inputs), sure: sure}
	for i := range k.inputs {
		k.inputs[i] = ways{links: map[link]certainty{}, contents: map[string]bool{}}
	}
	return k
}

// remade forgets what was in the results of a key: there is a new one now, which is the
// one that builds get.
func (m *memory) remade(k *key) {
	of := func(l link) bool { return l.key == k }
	maps.DeleteFunc(m.contents, func(l link, _ string) bool { return of(l) })
	maps.DeleteFunc(m.missing, func(l link, _ string) bool { return of(l) })
	maps.DeleteFunc(m.present, func(l link, _ bool) bool { return of(l) })
}
