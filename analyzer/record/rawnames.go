package record

import (
	"maps"
	"slices"
	"unicode/utf8"
)

// RawNames are the bytes of a file's names that are no UTF-8: the text of JSON
// cannot hold them. They are in no record but that on the disk; Write takes them
// from the names, Read puts them back.
type RawNames struct {
	Path   []byte `json:"path,omitempty"`
	Target []byte `json:"target,omitempty"`
}

// RawFile is a file of Input.Files whose path is no UTF-8, see RawNames.
type RawFile struct {
	Path   []byte `json:"path"`
	Digest string `json:"digest"`
}

// withRawNames returns the record as it is written: itself, or where it has names
// that are no UTF-8 a copy with their bytes.
func withRawNames(r *Record) *Record {
	out := *r
	cloned := false
	for name, tree := range r.Trees {
		if !slices.ContainsFunc(tree, File.isRaw) {
			continue
		}
		if !cloned {
			out.Trees, cloned = maps.Clone(r.Trees), true
		}
		out.Trees[name] = slices.Clone(tree)
		for i := range out.Trees[name] {
			out.Trees[name][i].takeRaw()
		}
	}
	hasRaw := func(in Input) bool {
		for path := range in.Files {
			if !utf8.ValidString(path) {
				return true
			}
		}
		return false
	}
	var copied bool
	for i, s := range r.Steps {
		for j, v := range s.Vertices {
			if !slices.ContainsFunc(v.Inputs, hasRaw) {
				continue
			}
			if !copied {
				out.Steps, copied = slices.Clone(r.Steps), true
			}
			if &out.Steps[i].Vertices[0] == &s.Vertices[0] {
				out.Steps[i].Vertices = slices.Clone(s.Vertices)
			}
			inputs := slices.Clone(v.Inputs)
			for k := range inputs {
				inputs[k].takeRaw()
			}
			out.Steps[i].Vertices[j].Inputs = inputs
		}
	}
	return &out
}

func (f File) isRaw() bool { return !utf8.ValidString(f.Path) || !utf8.ValidString(f.Target) }

func (f *File) takeRaw() {
	if !f.isRaw() {
		return
	}
	f.Raw = &RawNames{}
	if !utf8.ValidString(f.Path) {
		f.Raw.Path = []byte(f.Path)
	}
	if !utf8.ValidString(f.Target) {
		f.Raw.Target = []byte(f.Target)
	}
}

func (in *Input) takeRaw() {
	files := map[string]string{}
	for path, digest := range in.Files {
		if utf8.ValidString(path) {
			files[path] = digest
		} else {
			in.RawFiles = append(in.RawFiles, RawFile{[]byte(path), digest})
		}
	}
	in.Files = files
	slices.SortFunc(in.RawFiles, func(a, b RawFile) int { return slices.Compare(a.Path, b.Path) })
}

// restoreRaw puts the bytes of names back in their place.
func (r *Record) restoreRaw() {
	for _, tree := range r.Trees {
		for i := range tree {
			raw := tree[i].Raw
			if raw == nil {
				continue
			}
			if len(raw.Path) > 0 {
				tree[i].Path = string(raw.Path)
			}
			if len(raw.Target) > 0 {
				tree[i].Target = string(raw.Target)
			}
			tree[i].Raw = nil
		}
	}
	for i := range r.Steps {
		for j := range r.Steps[i].Vertices {
			inputs := r.Steps[i].Vertices[j].Inputs
			for k := range inputs {
				for _, f := range inputs[k].RawFiles {
					if inputs[k].Files == nil {
						inputs[k].Files = map[string]string{}
					}
					inputs[k].Files[string(f.Path)] = f.Digest
				}
				inputs[k].RawFiles = nil
			}
		}
	}
}
