package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var copiedTwice = &lint.Rule{
	ID:       "copied-twice",
	Title:    "the same files are copied to the same place twice",
	Severity: finding.Warning,
	Fix:      finding.Review,
	Doc: lint.Doc{
		Why: "Each COPY makes a layer of its own: files that two of them bring are stored, pushed and pulled twice, and each " +
			"change of them makes two layers anew. Copying a manifest first is worth it only where a step that needs nothing else stands " +
			"between the two.",
		Bad: `FROM node:22
WORKDIR /app
COPY package.json ./
COPY . .
RUN npm install
`,
		Good: `FROM node:22
WORKDIR /app
COPY package.json ./
RUN npm install
COPY . .
`,
	},
	Check: checkCopiedTwice,
}

func checkCopiedTwice(p *lint.Pass) {
	for _, s := range p.File.Stages {
		var run []*dockerfile.Instruction // COPYs with no step that could look at their files between them
		for _, in := range s.Instructions {
			switch in.Keyword {
			case "COPY", "ADD":
				run = append(run, in)
				reportTwice(p, run)
			case "RUN":
				run = nil
			}
		}
	}
}

// reportTwice compares the last of some copies with those above it.
func reportTwice(p *lint.Pass, run []*dockerfile.Instruction) {
	last := run[len(run)-1]
	if len(run) < 2 {
		return
	}
	for i, earlier := range run[:len(run)-1] {
		if !slices.Equal(earlier.Flags, last.Flags) || earlier.Keyword != last.Keyword || strings.Contains(earlier.Text+last.Text, "$") && !alike(earlier, last) {
			continue
		}
		switch {
		case brings(p, earlier, last) && !overwritten(p, run[i+1:len(run)-1], last):
			p.Report(last, fmt.Sprintf("%s has copied the same files, and no step between changes them: leave this one out", namely(earlier)),
				twiceFix(p, last))
			return
		case brings(p, last, earlier):
			fix := twiceFix(p, earlier)
			fix.Safety = finding.Review // it may be meant for a step that belongs between the two
			p.Report(earlier, fmt.Sprintf("%s copies the same files once more, and no step between needs them: leave this one out, or put what needs only them between the two",
				namely(last)), fix)
			return
		}
	}
}

// alike reports whether two instructions have the same text, with variables of the
// same values.
func alike(earlier, last *dockerfile.Instruction) bool {
	for _, in := range below(earlier) {
		if in == last {
			break
		}
		if in.Keyword == "ARG" || in.Keyword == "ENV" {
			return false
		}
	}
	return earlier.Text == last.Text
}

// overwritten reports whether a copy between two others may go to the place of the
// second.
func overwritten(p *lint.Pass, between []*dockerfile.Instruction, second *dockerfile.Instruction) bool {
	_, dest, ok := copyOf(p, second)
	if !ok {
		return true
	}
	for _, b := range between {
		_, other, ok := copyOf(p, b)
		if !ok {
			return true
		}
		_, inside := within(dest, other)
		_, around := within(other, dest)
		if inside || around {
			return true
		}
	}
	return false
}

// brings reports whether a copy puts all files of another one to where that
// puts them.
func brings(p *lint.Pass, broad, narrow *dockerfile.Instruction) bool {
	b, bDest, ok := copyOf(p, broad)
	if !ok {
		return false
	}
	n, nDest, ok := copyOf(p, narrow)
	if !ok || n.Kind != b.Kind || n.Name != b.Name || n.Stage != b.Stage {
		return false
	}
	if slices.Equal(b.Paths, n.Paths) && b.Dest == n.Dest && bDest == nDest {
		return true
	}
	if len(b.Paths) != 1 || b.Kind != lint.SourceContext || !namesFolder(p, b.Paths[0]) {
		return false
	}
	for _, from := range n.Paths {
		rel, inside := within(b.Paths[0], from)
		if !inside || rel == "" || strings.ContainsAny(from, "*?[$") {
			return false
		}
		if !slices.Contains(landings(p, n, nDest, from), path.Join(bDest, rel)) {
			return false
		}
	}
	return true
}

// landings is where a source goes: right to the destination for a folder, and
// for a file that is given a name. It is empty where a file and a folder would
// go to different places and nobody knows which it is.
func landings(p *lint.Pass, s lint.Source, dest, from string) []string {
	inFolder := len(s.Paths) > 1 || strings.HasSuffix(s.Dest, "/") || s.Dest == "."
	file, folder := dest, dest
	if inFolder {
		file = path.Join(dest, path.Base(from))
	}
	switch {
	case isFolder(p, from):
		return []string{folder}
	case p.Context != nil || file == folder || strings.HasSuffix(from, "/"):
		return []string{file}
	case path.Ext(from) != "" && !strings.HasPrefix(path.Base(from), "."):
		return []string{file} // package.json
	}
	return nil
}

// namesFolder reports whether a source is a folder, as far as its name tells where
// the context is not known.
func namesFolder(p *lint.Pass, from string) bool {
	switch {
	case from == ".":
		return true
	case strings.ContainsAny(from, "*?["):
		return false
	case p.Context == nil:
		return path.Ext(from) == ""
	}
	return isFolder(p, from)
}

func isFolder(p *lint.Pass, from string) bool {
	if p.Context == nil {
		return false
	}
	f, ok := p.Context.Lookup(path.Clean(from))
	return ok && f.Type.IsDir()
}

// copyOf is what a COPY copies from where to which folder or file, for one with a
// single kind of source.
func copyOf(p *lint.Pass, in *dockerfile.Instruction) (lint.Source, string, bool) {
	sources := p.Graph().Sources(in)
	if len(sources) != 1 || sources[0].Parents || len(sources[0].Paths) == 0 || len(sources[0].Excludes) > 0 {
		return lint.Source{}, "", false
	}
	if in.Keyword == "ADD" && slices.ContainsFunc(sources[0].Paths, func(s string) bool { return isArchive(s) || packed(s) }) {
		return lint.Source{}, "", false // unpacked
	}
	return sources[0], absolute(p, in, sources[0].Dest), true
}

// twiceFix leaves a copy out. It is safe where the sources are no links: a copy
// follows one that it names, and copies one that it meets.
func twiceFix(p *lint.Pass, in *dockerfile.Instruction) *finding.Fix {
	fix := &finding.Fix{Message: "leave one of the copies out", Safety: finding.Review, Edits: removal(p, in)}
	source, _, _ := copyOf(p, in)
	if p.Context == nil || source.Kind != lint.SourceContext {
		return fix
	}
	for _, from := range source.Paths {
		if f, ok := p.Context.Lookup(path.Clean(from)); !ok || f.Type != 0 && !f.Type.IsDir() {
			return fix
		}
	}
	fix.Safety = finding.Safe
	return fix
}
