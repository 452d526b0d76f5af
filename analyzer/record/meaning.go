package record

import (
	"slices"
	"strings"
)

// The names of sources that are neither images, nor URLs, nor named contexts.
const (
	SourceContext = "context" // the build context that has no other name
	SourceInline  = "inline"  // a heredoc
	SourceSelf    = "self"    // another vertex of the same step
	SourceScratch = "scratch"
)

// OpSource is the kind of an operation that fetches something.
const OpSource = "source"

// IsLocal says that an input comes from a folder of the client: the build context
// or a named one.
func (in *Input) IsLocal() bool {
	switch in.Source {
	case "", SourceInline, SourceSelf, SourceScratch:
		return false
	}
	return !strings.Contains(in.Source, "://")
}

// IsInline says that an input is an inline document.
func (in *Input) IsInline() bool { return in.Source == SourceInline }

// FromArchive says that an input is what another operation of the step unpacked.
func (in *Input) FromArchive() bool { return in.Source == SourceSelf && in.Hashed }

// IsRemote says that a source is a URL, and not that of an image.
func IsRemote(source string) bool {
	scheme, _, ok := strings.Cut(source, "://")
	return ok && scheme != "docker-image" && scheme != "oci-layout" && scheme != "local"
}

// IsImage tells an operation that fetches an image.
func (v *Vertex) IsImage() bool {
	id := v.Op.Fields["identifier"]
	return v.Op.Kind == OpSource && (strings.HasPrefix(id, "docker-image://") || strings.HasPrefix(id, "oci-layout://"))
}

// IsBase says that a step is a FROM.
func (s *Step) IsBase() bool { return s.Effect == EffectBase || s.Instruction == "FROM" }

// Keyed are the vertices that make up a step's identity: for a FROM its source,
// else its operations. The sources that an operation reads from, what unpacks one,
// and inline documents count as its inputs instead.
func (s *Step) Keyed() []*Vertex {
	var sources, operations []*Vertex
	for i := range s.Vertices {
		switch v := &s.Vertices[i]; {
		case v.Op.Kind == OpSource:
			sources = append(sources, v)
		case !v.Inline && !s.unpacks(i):
			operations = append(operations, v)
		}
	}
	if s.IsBase() && len(sources) > 0 {
		return sources
	}
	return operations
}

// Deciding are the vertices that a step's outcome is taken from: Keyed without the
// merge that puts a linked copy in place.
func (s *Step) Deciding() []*Vertex {
	return slices.DeleteFunc(s.Keyed(), func(v *Vertex) bool { return v.Op.Kind == "merge" })
}

// Result is the vertex of a step whose result its consumers take, nil where it has
// none.
func (s *Step) Result() *Vertex {
	all := s.Keyed()
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// Source is the step's vertex that fetches a source which it reads from, by the name
// that an input has for it; nil where the record has none.
func (s *Step) Source(name string) *Vertex {
	for i := range s.Vertices {
		if v := &s.Vertices[i]; v.Op.Kind == OpSource && v.Op.Fields["identifier"] == name {
			return v
		}
	}
	return nil
}

// Download is the step's vertex for the remote file or repository that an input
// comes from, with its name alone where the record does not have it; nil where the
// input comes from elsewhere.
func (s *Step) Download(in *Input) *Vertex {
	if !in.FromArchive() {
		if !IsRemote(in.Source) {
			return nil
		}
		if v := s.Source(in.Source); v != nil {
			return v
		}
		return &Vertex{Op: Op{Kind: OpSource, Fields: map[string]string{"identifier": in.Source}}}
	}
	for i := range s.Vertices {
		if v := &s.Vertices[i]; v.Op.Kind == OpSource && IsRemote(v.Op.Fields["identifier"]) {
			return v
		}
	}
	return nil
}

// unpacks tells the operation that unpacks an archive which is the build context:
// another operation of the step takes files out of what it made.
func (s *Step) unpacks(k int) bool {
	if s.Vertices[k].Op.Kind != "file" {
		return false
	}
	for _, in := range s.Vertices[k].Inputs {
		if !IsRemote(in.Source) {
			return false
		}
	}
	for i := range s.Vertices[k+1:] {
		inputs := s.Vertices[k+1+i].Inputs
		if slices.ContainsFunc(inputs, func(in Input) bool { return in.FromArchive() }) {
			return true
		}
	}
	return false
}

// noteInline says of the vertices of a record of an older version whether they only
// make inline documents: they write files and do nothing else, which no instruction
// does.
func (s *Step) noteInline() {
	for i := range s.Vertices {
		v := &s.Vertices[i]
		actions := v.Op.Fields["actions"]
		v.Inline = v.Op.Kind == "file" && actions != ""
		for line := range strings.SplitSeq(actions, "\n") {
			v.Inline = v.Inline && strings.HasPrefix(line, "mkfile ")
		}
	}
}
