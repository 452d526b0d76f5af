package explain

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// KeyPart is one thing that a step's cache key depends on.
type KeyPart struct {
	Kind    string // "text", "files", "stage", "base", "arguments", "environment", "mounts", "state", "remote"
	Message string
	Names   []string // of kind arguments, environment and state: what a cause would name
	Files   int      // of kind files: how many are selected
	Size    int64    // and their bytes
	// Usual marks what goes without saying: the text, and settings that have their
	// default.
	Usual bool
}

// KeyParts says, by step, what its cache key depends on, from the plan and the
// files alone: the most telling parts first. Whatever a comparison of two builds
// can blame for a miss of the step itself is among them. A step without an
// operation has none.
func KeyParts(r *record.Record) map[string][]KeyPart {
	k := &keys{side: newSide(r), sources: map[setBy][]variableRef{}}
	out := map[string][]KeyPart{}
	for i := range k.steps {
		if s := &k.steps[i]; len(s.Vertices) > 0 {
			out[s.ID] = k.parts(i)
		}
	}
	return out
}

// keys finds the parts of the keys of a record's steps.
type keys struct {
	*side
	sources map[setBy][]variableRef // what the value of a variable is made of
}

func (k *keys) parts(i int) []KeyPart {
	s := &k.steps[i]
	var parts []KeyPart
	seen := map[string]bool{}
	add := func(list ...KeyPart) {
		for _, p := range list {
			if !seen[p.Message] {
				seen[p.Message] = true
				parts = append(parts, p)
			}
		}
	}
	for _, v := range s.Vertices {
		add(inputParts(k.rec, v)...)
	}
	if s.IsBase() {
		add(KeyPart{Kind: "base", Message: "the digest of the image"})
	}
	add(k.variableParts(i)...)
	for _, v := range s.Vertices {
		if m := v.Op.Fields["mounts"]; m != "" {
			add(KeyPart{Kind: "mounts", Message: "mounts " + m})
		}
	}
	add(k.stateParts(i)...)
	add(KeyPart{Kind: "text", Message: "its text", Usual: true})
	return parts
}

func inputParts(r *record.Record, v record.Vertex) []KeyPart {
	var parts, below []KeyPart
	for _, in := range v.Inputs {
		switch {
		case in.Tree != "":
			parts = append(parts, treePart(r, in))
		case in.Source == "inline":
			parts = append(parts, KeyPart{Kind: "files", Message: "its inline document"})
		case in.Step != "" && in.Hashed:
			parts = append(parts, KeyPart{Kind: "stage", Message: pathsOf(in) + " of " + place(r, in.Step)})
		case in.Step != "":
			below = append(below, KeyPart{Kind: "base", Message: "what " + place(r, in.Step) + " made"})
		case strings.Contains(in.Source, "://"):
			parts = append(parts, KeyPart{Kind: "remote", Message: in.Source})
		}
	}
	return append(parts, below...)
}

func treePart(r *record.Record, in record.Input) KeyPart {
	p := KeyPart{Kind: "files"}
	for _, f := range record.Select(r.Trees[in.Tree], in.Selectors) {
		if f.Type != "dir" {
			p.Files++
			p.Size += f.Size
		}
	}
	where := "the " + in.Tree
	if in.Tree != "context" {
		where = "the build context " + in.Tree
	}
	p.Message = fmt.Sprintf("%s of %s", pathsOf(in), where)
	return p
}

// pathsOf names what an input's selectors pick.
func pathsOf(in record.Input) string {
	var paths []string
	for _, s := range in.Selectors {
		p := strings.TrimPrefix(s.Path, "/")
		if p == "" && len(s.Include) > 0 {
			p = strings.Join(s.Include, " ")
		}
		if p == "" {
			p = "all"
		}
		if len(s.Exclude) > 0 {
			p += " without " + strings.Join(s.Exclude, " ")
		}
		paths = append(paths, p)
	}
	if len(paths) == 0 {
		return "all"
	}
	return strings.Join(paths, ", ")
}

func place(r *record.Record, id string) string {
	if s := r.Step(id); s != nil {
		return fmt.Sprintf("line %d", s.Line)
	}
	return id
}
