package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var copyLink = &lint.Rule{
	ID:       "copy-link",
	Title:    "COPY --link would spare copying files again when a layer below changes",
	Severity: finding.Info,
	Fix:      finding.Review,
	Doc: lint.Doc{
		Why: "A COPY stands on the layers below it: when one of them changes, the copy is made again, with a new layer to " +
			"push and pull, though its own files are the same. With --link the files get a layer of their own that depends on nothing else, and " +
			"an earlier one is put on top of the new layers as it is. The destination must not lead over a symbolic link of the layers " +
			"below, which is replaced, and its folders come with default permissions: look at the result once.",
		Bad: `FROM golang:1.24 AS build
RUN go install example.com/server@v1.2.3

FROM debian:12
COPY config /etc/server
COPY --from=build /go/bin/server /usr/local/bin/server
`,
		Good: `FROM golang:1.24 AS build
RUN go install example.com/server@v1.2.3

FROM debian:12
COPY config /etc/server
COPY --link --from=build /go/bin/server /usr/local/bin/server
`,
	},
	Check: checkCopyLink,
}

func checkCopyLink(p *lint.Pass) {
	if !strings.Contains(string(p.File.Source), "--from=") || !frontendLinks(p.File) {
		return
	}
	known := map[*dockerfile.Stage]bool{}
	for _, s := range p.File.Stages {
		if isShipped(p, s) && len(children(p, s)) == 0 {
			checkLinks(p, s, known)
		}
	}
}

// checkLinks looks at the copies at the end of a stage, which no RUN needs. Known
// is for takesAll.
func checkLinks(p *lint.Pass, s *dockerfile.Stage, known map[*dockerfile.Stage]bool) {
	broad := func(src lint.Source) bool { return takesAll(p, src.Stage, known) }
	tail := 0
	for i, in := range s.Instructions {
		if in.Keyword == "RUN" {
			tail = i + 1
		}
	}
	var changing *dockerfile.Instruction // the last one above whose files come from the context or a stage
	for i, in := range s.Instructions {
		if in.Keyword != "COPY" {
			continue
		}
		sources := p.Graph().Sources(in)
		if i >= tail && changing != nil && linkable(p, in, sources) && otherSource(p, changing, sources) && !slices.ContainsFunc(sources, broad) {
			p.Report(in, fmt.Sprintf("a change of %s makes this copy anew, though it takes nothing from there: COPY --link keeps its layer", namely(changing)),
				&finding.Fix{
					Message: "add --link",
					Safety:  finding.Review,
					Edits:   []finding.Edit{insert(p, in, keywordEnd(in), " --link")},
				})
		}
		for _, src := range sources {
			if src.Kind == lint.SourceContext || src.Kind == lint.SourceStage {
				changing = in
			}
		}
	}
}

// otherSource reports whether an instruction takes its files from somewhere else
// than these sources.
func otherSource(p *lint.Pass, in *dockerfile.Instruction, sources []lint.Source) bool {
	for _, a := range p.Graph().Sources(in) {
		for _, b := range sources {
			if a.Kind == b.Kind && a.Stage == b.Stage && a.Name == b.Name {
				return false
			}
		}
	}
	return true
}

// takesAll reports whether a stage, or one that it takes files from, takes the whole
// context: then what comes of it may change with every file, as do the layers below
// its copy. Known has the stages that have been looked at.
func takesAll(p *lint.Pass, s *dockerfile.Stage, known map[*dockerfile.Stage]bool) bool {
	if s == nil {
		return false
	}
	if all, ok := known[s]; ok {
		return all
	}
	known[s] = false
	known[s] = takesAll(p, p.Graph().Base(s), known) || slices.ContainsFunc(s.Instructions, func(in *dockerfile.Instruction) bool {
		return slices.ContainsFunc(p.Graph().Sources(in), func(src lint.Source) bool {
			return src.Kind == lint.SourceContext && slices.Contains(src.Paths, ".") || takesAll(p, src.Stage, known)
		})
	})
	return known[s]
}

var oldFrontend = later(`^(?:1\.[0-3](?:[.-]|$)|experimental)`)

var numericOwner = later(`^[0-9]+(?::[0-9]+)?$`)

// linkable reports whether a copy out of another stage or image goes to a place
// where a layer of its own makes no difference as far as one can see.
func linkable(p *lint.Pass, in *dockerfile.Instruction, sources []lint.Source) bool {
	c, ok := in.Command.(*instructions.CopyCommand)
	if !ok || c.Link || c.From == "" || c.Chown != "" && !numericOwner().MatchString(c.Chown) || len(sources) == 0 {
		return false
	}
	for _, s := range sources {
		if s.Kind != lint.SourceStage && s.Kind != lint.SourceImage || strings.Contains(s.Dest, "$") {
			return false
		}
		if !plainFolder(folderOf(absolute(p, in, s.Dest), s.Dest)) {
			return false
		}
	}
	return true
}

// folderOf is the folder that a destination's files land in. One without a slash at
// its end is a file's name, or a folder's that takes the content of another.
func folderOf(dest, written string) string {
	if strings.HasSuffix(written, "/") || written == "." || plainFolder(dest) && !plainFolder(path.Dir(dest)) {
		return dest
	}
	return path.Dir(dest)
}

// plainFolder reports whether a folder is, in images as they are, a real one with
// the permissions that a new one gets: no link like /bin and /var/run, not sticky like
// /tmp, and nobody's home.
func plainFolder(dir string) bool {
	for _, f := range []string{"/usr/local/bin", "/usr/local/lib", "/usr/local/share", "/usr/share", "/opt", "/srv"} {
		if _, inside := within(f, dir); inside {
			return true
		}
	}
	return dir == "/usr/bin"
}

// frontendLinks reports whether the frontend that a file asks for knows --link: it
// came with version 1.4.
func frontendLinks(f *dockerfile.File) bool {
	for _, d := range f.Directives {
		if d.Name != "syntax" {
			continue
		}
		_, tag, _ := strings.Cut(d.Value, "docker/dockerfile:")
		if oldFrontend().MatchString(tag) {
			return false
		}
	}
	return true
}

// keywordEnd is the offset behind an instruction's keyword in its text.
func keywordEnd(in *dockerfile.Instruction) int {
	return strings.Index(strings.ToUpper(in.Text), in.Keyword) + len(in.Keyword)
}
