package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

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
		run := newCopyRun()
		variables := 0
		for _, in := range s.Instructions {
			switch in.Keyword {
			case "COPY", "ADD":
				run.add(p, in, variables)
				run.report(p)
			case "ARG", "ENV":
				variables++
			case "RUN":
				run = newCopyRun()
			}
		}
	}
}

// report compares the last of some copies with those above it.
func (r *copyRun) report(p *lint.Pass) {
	defer r.index(p)
	last := &r.all[len(r.all)-1]
	for _, i := range r.candidates(p) {
		earlier := &r.all[i]
		if strings.Contains(earlier.in.Text+last.in.Text, "$") && !alike(earlier, last) {
			continue
		}
		switch {
		case brings(p, earlier, last) && !r.overwritten(i):
			p.Report(last.in, fmt.Sprintf("%s has copied the same files, and no step between changes them: leave this one out", namely(earlier.in)),
				twiceFix(p, last))
			return
		case brings(p, last, earlier):
			fix := twiceFix(p, earlier)
			fix.Safety = finding.Review // it may be meant for a step that belongs between the two
			p.Report(earlier.in, fmt.Sprintf("%s copies the same files once more, and no step between needs them: leave this one out, or put what needs only them between the two",
				namely(last.in)), fix)
			return
		}
	}
}

// alike reports whether two instructions have the same text, with variables of the
// same values.
func alike(earlier, last *placed) bool {
	return earlier.variables == last.variables && earlier.in.Text == last.in.Text
}

// brings reports whether a copy puts all files of another one to where that
// puts them.
func brings(p *lint.Pass, broad, narrow *placed) bool {
	b, n := broad.source, narrow.source
	if !broad.known || !narrow.known || n.Kind != b.Kind || n.Name != b.Name || n.Stage != b.Stage {
		return false
	}
	if slices.Equal(b.Paths, n.Paths) && b.Dest == n.Dest && broad.dest == narrow.dest {
		return true
	}
	if !isBroad(p, broad) {
		return false
	}
	for _, from := range n.Paths {
		rel, inside := within(b.Paths[0], from)
		if !inside || rel == "" || strings.ContainsAny(from, "*?[$") {
			return false
		}
		if !slices.Contains(landings(p, n, narrow.dest, from), path.Join(broad.dest, rel)) {
			return false
		}
	}
	return true
}

// isBroad reports whether a copy takes a folder of the context.
func isBroad(p *lint.Pass, c *placed) bool {
	return len(c.source.Paths) == 1 && c.source.Kind == lint.SourceContext && namesFolder(p, c.source.Paths[0])
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

// twiceFix leaves a copy out. It is safe where the sources are no links: a copy
// follows one that it names, and copies one that it meets.
func twiceFix(p *lint.Pass, c *placed) *finding.Fix {
	fix := &finding.Fix{Message: "leave one of the copies out", Safety: finding.Review, Edits: removal(p, c.in)}
	if p.Context == nil || c.source.Kind != lint.SourceContext {
		return fix
	}
	for _, from := range c.source.Paths {
		if f, ok := p.Context.Lookup(path.Clean(from)); !ok || f.Type != 0 && !f.Type.IsDir() {
			return fix
		}
	}
	fix.Safety = finding.Safe
	return fix
}
