package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var contextNoise = &lint.Rule{
	ID:       "context-noise",
	Title:    "a broad COPY brings files that the image has no use for",
	Severity: finding.Warning,
	Fix:      finding.Review,
	Doc: lint.Doc{
		Why: `The cache key of a COPY holds every file that it copies. With .git among them each commit, and each fetch, makes the
copy and all steps below it miss; node_modules and virtual environments are sent to the builder, hashed, and overwrite
or are overwritten by what the build installs; build output and the editor's settings change although no source did. A
.dockerignore keeps them out of the context.

Where something in the build reads .git (a version from the last tag, Go's stamp of the commit), ignoring it would change
the result. Then .git can be left out of the copy and mounted for the one step that needs it, or the version be handed in
as a build argument, declared right above that step.

Only what is really in the context is reported, and nothing that an instruction names. The fix adds patterns to
.dockerignore, or makes one; it is left to a person since the image changes by it.`,
		Bad: `-- Dockerfile --
FROM python:3.13
COPY . /app
-- .git/HEAD --
ref: refs/heads/main
-- main.py --
`,
		Good: `-- Dockerfile --
FROM python:3.13
COPY . /app
-- .dockerignore --
.git
-- .git/HEAD --
ref: refs/heads/main
-- main.py --
`,
	},
	Check: checkContextNoise,
}

func checkContextNoise(p *lint.Pass) {
	if p.Context == nil {
		return
	}
	var first *broadCopy
	var all []litter
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			b, ok := broadCopyOf(p, in)
			if !ok || b.assumed || !p.Graph().Needed(in) {
				continue
			}
			found := litterIn(p, &b)
			if len(found) > 0 && first == nil {
				first = &b
			}
			for _, l := range found {
				if !slices.Contains(all, l) {
					all = append(all, l)
				}
			}
		}
	}
	if first == nil {
		return
	}
	reportNoise(p, first, all)
}

// reportNoise makes one finding, and one more for a .git that is read.
func reportNoise(p *lint.Pass, b *broadCopy, all []litter) {
	if i := slices.IndexFunc(all, func(l litter) bool { return l.path == ".git" }); i >= 0 {
		if reader := gitReader(p); reader != "" {
			p.Report(b.in, fmt.Sprintf("%s brings .git, which changes with every commit, and %s reads it: "+
				"leave it out with --exclude=.git and mount it for that step (RUN --mount=type=bind,source=.git,target=.git), or hand the version in as a build argument",
				brief(b.in), reader), nil)
			all = slices.Delete(all, i, i+1)
		} else if stamps := goStamps(p); stamps != "" {
			p.Report(b.in, fmt.Sprintf("%s brings .git, which changes with every commit, and %s stamps the commit into the program: "+
				"add .git to .dockerignore, and hand the version in with -ldflags -X if it is wanted", brief(b.in), stamps), nil)
			all = slices.Delete(all, i, i+1)
		}
	}
	if len(all) == 0 {
		return
	}
	name, _, found := p.Context.Ignore()
	cure := "a .dockerignore would keep " + plural(len(all), "it", "them") + " out"
	if found {
		cure = "add " + plural(len(all), "it", "them") + " to " + name
	}
	p.Report(b.in, fmt.Sprintf("%s brings %s, and misses the cache when %s: %s",
		brief(b.in), litterNames(all), plural(len(all), "that changes", "one of them changes"), cure), ignoreFix(p, patternsOf(all)))
}

// litterNames lists some of the paths.
func litterNames(all []litter) string {
	names := make([]string, len(all))
	for i, l := range all {
		names[i] = cut(l.path, 60)
	}
	return someOf(names)
}

func patternsOf(all []litter) []string {
	var out []string
	for _, l := range all {
		if !slices.Contains(out, l.pattern) {
			out = append(out, l.pattern)
		}
	}
	return out
}

// ignoreFix adds patterns to the ignore file, or makes one. It is nil for patterns
// that the file's syntax would read otherwise.
func ignoreFix(p *lint.Pass, patterns []string) *finding.Fix {
	for _, pattern := range patterns {
		if strings.ContainsAny(pattern, "?[\\\n\r") || strings.TrimSpace(pattern) != pattern || strings.HasPrefix(pattern, "#") || strings.HasPrefix(pattern, "!") {
			return nil
		}
	}
	name, _, found := p.Context.Ignore()
	e := finding.Edit{File: p.Context.Name(name), Span: finding.Span{Line: 1, Column: 1, EndLine: 1, EndColumn: 1}}
	ending := "\n"
	message := "make a " + name
	if found {
		message = "add to " + name
		data, err := p.Context.Read(name, maxManifest)
		if err != nil || len(data) == maxManifest {
			return nil
		}
		text := string(data)
		if strings.Contains(text, "\r\n") {
			ending = "\r\n"
		}
		last := text[strings.LastIndexByte(text, '\n')+1:]
		e.Line, e.Column = strings.Count(text, "\n")+1, len(last)+1
		e.EndLine, e.EndColumn = e.Line, e.Column
		if last != "" {
			e.Text = ending
		}
	}
	e.Text += strings.Join(patterns, ending) + ending
	return &finding.Fix{Message: message, Safety: finding.Review, Edits: []finding.Edit{e}}
}
