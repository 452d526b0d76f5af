package rules

import (
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
)

// broadCopy is a COPY or ADD that brings a folder of the context.
type broadCopy struct {
	in   *dockerfile.Instruction
	src  lint.Source
	from string // the folder in the context, "." for all of it
	to   string // where its content goes, absolute
	// assumed says that the source is a folder only if something is found below
	// the destination.
	assumed bool
}

// broadCopyOf returns what an instruction brings of the context, false where it
// brings single files, or nobody can tell.
func broadCopyOf(p *lint.Pass, in *dockerfile.Instruction) (broadCopy, bool) {
	if in.Keyword != "COPY" && in.Keyword != "ADD" {
		return broadCopy{}, false
	}
	for _, src := range p.Graph().Sources(in) {
		if src.Kind != lint.SourceContext || src.Mount || src.Parents || strings.Contains(src.Dest, "$") {
			continue
		}
		for _, from := range src.Paths {
			if from == "*" {
				from = "."
			}
			b := broadCopy{in: in, src: src, from: from, to: absolute(p, in, src.Dest)}
			if from == "." || isFolder(p, from) && !strings.ContainsAny(from, "*?[$") {
				return b, true
			}
			if p.Context == nil && len(src.Paths) == 1 && isNamedLikeFolder(from) && !strings.HasSuffix(src.Dest, "/") && src.Dest != "." {
				b.assumed = true
				return b, true
			}
		}
	}
	return broadCopy{}, false
}

func isNamedLikeFolder(name string) bool {
	return path.Ext(name) == "" && !strings.ContainsAny(name, "*?[$") && !strings.HasPrefix(path.Base(name), ".")
}

// origin is where in the context a file of the image comes from, by this copy.
func (b *broadCopy) origin(name string) (string, bool) {
	rel, ok := within(b.to, name)
	if !ok {
		return "", false
	}
	return path.Join(b.from, rel), true
}

// bringsMore reports whether the copy brings more files than some, as far as
// the context is known.
func (b *broadCopy) bringsMore(p *lint.Pass, than []string) bool {
	if p.Context == nil {
		return true
	}
	known := map[string]bool{}
	for _, name := range than {
		known[name] = true
	}
	for _, f := range p.Context.Matches(b.src) {
		if !f.Type.IsDir() && !known[f.Path] {
			return true
		}
	}
	return false
}
