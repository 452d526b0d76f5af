package rules

import (
	"fmt"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

var copySourceMissing = &lint.Rule{
	ID:       "copy-source-missing",
	Title:    "the build context does not have what COPY or ADD takes from it",
	Severity: finding.Error,
	Doc: lint.Doc{
		Why: `A build sends the files of its context to the builder, but for those that .dockerignore leaves out, and fails at a
COPY of anything else. Names count as they are written: what a Mac or Windows finds in another case is not there for
BuildKit.

Of what .dockerignore leaves out, BuildKit's own CopyIgnoredFile tells where no pattern of it begins with "!"; this rule
tells of the rest. What git ignores, and what has the name of a folder that builds write to, is not missed: something is
likely to make it before the build. Patterns may match nothing. Where nobody has named the context and it has none of the
files that are copied, it may be the wrong one: that is told once, and is no error.`,
		Bad: `-- Dockerfile --
FROM debian:12
COPY readme.md /
-- README.md --
-- LICENSE --
`,
		Good: `-- Dockerfile --
FROM debian:12
COPY README.md /
-- README.md --
-- LICENSE --
`,
	},
	Check: checkCopySources,
}

// absentSource is a path that a COPY or ADD takes and the context does not have.
type absentSource struct {
	in   *dockerfile.Instruction
	path string
	like string // what is there under a similar name
}

func checkCopySources(p *lint.Pass) {
	if p.Context == nil {
		return
	}
	_, _, ignores := p.Context.Ignore()
	right := !p.Context.Guessed() || ignores // that it is the context
	var absents []absentSource
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if !p.Graph().Needed(in) {
				continue
			}
			for _, name := range fixedSources(p, in) {
				switch {
				case leftOut(p, in, name):
					right = true
				case p.Context.Exists(name):
					right = true
				case !p.Context.Ignored(name) && !madeLater(p, in, name):
					a := absentSource{in, name, p.Context.Similar(name)}
					right = right || strings.EqualFold(a.like, name)
					absents = append(absents, a)
				}
			}
		}
	}
	reportAbsent(p, absents, right)
}

// reportAbsent reports each source that is missing, or that all of them are.
func reportAbsent(p *lint.Pass, absents []absentSource, right bool) {
	if !right && len(absents) > 0 {
		a := absents[0]
		at := finding.Span{Line: a.in.Line, EndLine: a.in.EndLine}
		p.ReportAs(finding.Info, at, fmt.Sprintf("%s is not in %s, which has nothing of what is copied: the build fails unless its context is another folder",
			cut(a.path, 60), cut(folderName(p.Context.Root()), 60)))
		return
	}
	for _, a := range absents {
		message := "no such file in the build context: " + cut(a.path, 60)
		if a.like != "" {
			message += "; there is " + cut(a.like, 60)
		}
		p.Report(a.in, message, nil)
	}
}

func folderName(root string) string {
	if root == "." {
		return "this folder"
	}
	return path.Clean(strings.ReplaceAll(root, "\\", "/"))
}

// leftOut reports a source that the ignore file leaves out and that BuildKit's own
// check does not look at.
func leftOut(p *lint.Pass, in *dockerfile.Instruction, name string) bool {
	pattern := p.Context.LeftOut(name)
	if pattern == "" || !p.Context.Excepts() || !p.Context.Exists(name) {
		return false
	}
	ignore, _, _ := p.Context.Ignore()
	p.Report(in, fmt.Sprintf("%s is left out of the build context by %s (pattern %s)", cut(name, 60), cut(ignore, 60), cut(pattern, 60)), nil)
	return true
}

// fixedSources are the paths that a COPY or ADD takes from the context, without
// those that a variable or a pattern makes.
func fixedSources(p *lint.Pass, in *dockerfile.Instruction) []string {
	var written []string
	switch c := in.Command.(type) {
	case *instructions.CopyCommand:
		written = c.SourcePaths
	case *instructions.AddCommand:
		written = c.SourcePaths
	}
	varies := false
	for _, w := range written {
		varies = varies || strings.Contains(w, "$")
	}
	var out []string
	for _, s := range p.Graph().Sources(in) {
		if s.Kind != lint.SourceContext || s.Mount || varies {
			continue
		}
		for _, name := range s.Paths {
			if name != "." && !strings.ContainsAny(name, `*?[\`) {
				out = append(out, name)
			}
		}
	}
	return out
}

// builtFolders are names of folders that builds write to.
var builtFolders = words(`.git .next .nuxt .output _build _output artifact artifacts bin binaries build builds deps dist generated
	gen node_modules obj out output public publish release releases rootfs target tmp vendor`)

// builtEndings are those of files that builds make.
var builtEndings = words(".jar .war .ear .whl .deb .rpm .apk .so .o .exe .dll .img .iso .pem .key .crt")

// madeLater reports whether something may make a file before the build: by its name,
// for a program by the folder that it goes to, or since git ignores it.
func madeLater(p *lint.Pass, in *dockerfile.Instruction, name string) bool {
	for _, part := range strings.Split(strings.ToLower(name), "/") {
		if builtFolders[part] {
			return true
		}
	}
	if builtEndings[path.Ext(name)] || isBundle(name) {
		return true
	}
	if dest := p.Graph().Sources(in)[0].Dest; path.Ext(name) == "" && (hasPathElement(dest, "bin") || hasPathElement(dest, "sbin")) {
		return true
	}
	return p.Context.GitIgnores(name)
}
