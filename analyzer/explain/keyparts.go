package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// KeyPart is one thing that a step's cache key depends on.
type KeyPart struct {
	Kind    string // "text", "files", "stage", "base", "arguments", "environment", "mounts", "state", "remote"
	Message string
	Files   int   // of kind files: how many are selected
	Size    int64 // and their bytes
}

// KeyParts says what a step's cache key depends on, from the plan and the files
// alone: the most telling parts first. It is empty for a step that has none.
func KeyParts(r *record.Record, s *record.Step) []KeyPart {
	var parts []KeyPart
	seen := map[string]bool{}
	add := func(p KeyPart) {
		if !seen[p.Message] {
			seen[p.Message] = true
			parts = append(parts, p)
		}
	}
	for _, v := range s.Vertices {
		for _, p := range inputParts(r, s, v) {
			add(p)
		}
	}
	for _, v := range s.Vertices {
		for _, p := range opParts(s, v) {
			add(p)
		}
	}
	return parts
}

func inputParts(r *record.Record, s *record.Step, v record.Vertex) []KeyPart {
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

// opParts are the parts of a step's own operation.
func opParts(s *record.Step, v record.Vertex) []KeyPart {
	switch v.Op.Kind {
	case "source":
		if s.Effect == record.EffectBase {
			return []KeyPart{{Kind: "base", Message: "the digest of the image"}}
		}
	case "exec":
		return execParts(s, v.Op)
	}
	return nil
}

func execParts(s *record.Step, op record.Op) []KeyPart {
	var parts []KeyPart
	var args, env []string
	for _, name := range slices.Sorted(maps.Keys(op.Env)) {
		switch _, isArg := s.Args[name]; {
		case isArg:
			args = append(args, name)
		case name != "PATH":
			env = append(env, name)
		}
	}
	if len(args) > 0 {
		parts = append(parts, KeyPart{Kind: "arguments", Message: "build arguments " + strings.Join(args, ", ")})
	}
	if len(env) > 0 {
		parts = append(parts, KeyPart{Kind: "environment", Message: "environment " + strings.Join(env, ", ")})
	}
	if m := op.Fields["mounts"]; m != "" {
		parts = append(parts, KeyPart{Kind: "mounts", Message: "mounts " + m})
	}
	if u := op.Fields["user"]; u != "" {
		parts = append(parts, KeyPart{Kind: "state", Message: "user " + u})
	}
	if n := op.Fields["network"]; n != "" && n != "UNSET" {
		parts = append(parts, KeyPart{Kind: "state", Message: "network " + strings.ToLower(n)})
	}
	return parts
}

// maxDown bounds how many steps TakesDown names for one step, since all of them
// for all steps grow with the square of the file.
const maxDown = 100

// TakesDown returns, for every step with an operation, the steps that build on
// it, directly or through others, nearest first as the record has them, at most
// 100. Whether they miss when it does depends, where they take files, on what
// comes out.
func TakesDown(r *record.Record) map[string][]string {
	consumers := map[string][]string{}
	for _, s := range r.Steps {
		for _, d := range s.DependsOn {
			consumers[d] = append(consumers[d], s.ID)
		}
	}
	order := map[string]int{}
	for i, s := range r.Steps {
		order[s.ID] = i
	}
	down := map[string][]string{}
	for _, s := range r.Steps {
		seen := map[string]bool{s.ID: true}
		queue := slices.Clone(consumers[s.ID])
		for len(queue) > 0 && len(down[s.ID]) < maxDown {
			id := queue[0]
			queue = queue[1:]
			if !seen[id] {
				seen[id] = true
				down[s.ID] = append(down[s.ID], id)
				queue = append(queue, consumers[id]...)
			}
		}
		slices.SortFunc(down[s.ID], func(a, b string) int { return order[a] - order[b] })
	}
	return down
}
