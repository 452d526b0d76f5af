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

var secretFileCopied = &lint.Rule{
	ID:       "secret-file-copied",
	Title:    "a COPY puts a file with credentials into the image",
	Severity: finding.Error,
	Fix:      finding.Review,
	Doc: lint.Doc{
		Why: `Whoever can pull an image can read every file of every layer, also one that a later step removes. A key or token in the
context must not be copied, neither by name nor along with its folder. A step that needs it takes it as a secret, which is
there while the step runs and enters neither a layer nor the cache key: RUN --mount=type=secret,id=npmrc,target=/root/.npmrc.

Files are told by their content where the context is known: a private key, a token, a value for a name like DB_PASSWORD.
Examples, templates and what tests bring are left alone, and so are stages whose layers are part of no image. The values
are never shown. The fix keeps the file out of the context, by .dockerignore.`,
		Bad: `-- Dockerfile --
FROM node:22
COPY . /app
-- .env --
DB_PASSWORD=correct-horse-battery
-- main.js --
`,
		Good: `-- Dockerfile --
FROM node:22
COPY . /app
-- .env --
DB_PASSWORD=correct-horse-battery
-- .dockerignore --
.env
-- main.js --
`,
	},
	Check: checkSecretFiles,
}

func checkSecretFiles(p *lint.Pass) {
	for _, s := range p.File.Stages {
		if !isShipped(p, s) {
			continue
		}
		for _, in := range s.Instructions {
			if in.Keyword == "COPY" || in.Keyword == "ADD" {
				checkSecretsIn(p, in)
			}
		}
	}
}

// leakedFile is a file with credentials, and what they are.
type leakedFile struct{ path, what string }

func checkSecretsIn(p *lint.Pass, in *dockerfile.Instruction) {
	for _, src := range p.Graph().Sources(in) {
		if src.Kind != lint.SourceContext {
			continue
		}
		var found []leakedFile
		if p.Context == nil {
			found = secretNames(src.Paths)
		} else {
			found = secretContents(p, src)
		}
		if len(found) > 0 {
			reportSecrets(p, in, src, found)
		}
	}
}

// secretNames are the files that hold nothing but credentials, by their names.
func secretNames(names []string) []leakedFile {
	var out []leakedFile
	for _, n := range names {
		if what := keyNames[path.Base(n)]; what != "" && !isSpecimen(n) {
			out = append(out, leakedFile{n, what})
		}
	}
	return out
}

// secretContents are the files that have credentials in them.
func secretContents(p *lint.Pass, src lint.Source) []leakedFile {
	const most = 64 // files that are read
	var out []leakedFile
	read := 0
	for _, f := range p.Context.Matches(src) {
		look := secretReader(f.Path)
		if look == nil || !f.Type.IsRegular() || isSpecimen(f.Path) || read >= most {
			continue
		}
		read++
		data, err := p.Context.Read(f.Path, maxSecretFile)
		if err != nil {
			continue
		}
		if what := look(string(data)); what != "" {
			out = append(out, leakedFile{f.Path, what})
		}
	}
	return out
}

// isSpecimen reports whether a path is that of an example, or belongs to tests.
func isSpecimen(name string) bool {
	for _, part := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("/.-_", r) }) {
		switch part {
		case "example", "examples", "sample", "samples", "template", "templates", "dist", "default", "defaults", "tpl",
			"test", "tests", "testing", "testdata", "spec", "specs", "fixture", "fixtures", "mock", "mocks", "demo", "docs", "ci", "node", "vendor":
			return true
		}
	}
	return false
}

func reportSecrets(p *lint.Pass, in *dockerfile.Instruction, src lint.Source, found []leakedFile) {
	const most = 3
	var parts, patterns []string
	for _, f := range found {
		if len(parts) < most {
			parts = append(parts, fmt.Sprintf("%s (%s)", cut(f.path, 60), f.what))
		}
		if !slices.Contains(patterns, f.path) {
			patterns = append(patterns, f.path)
		}
	}
	if n := len(found) - most; n > 0 {
		parts = append(parts, count(n, "more file"))
	}
	var fix *finding.Fix
	if p.Context != nil && !slices.ContainsFunc(found, func(f leakedFile) bool { return slices.Contains(src.Paths, f.path) }) {
		fix = ignoreFix(p, patterns)
	}
	p.Report(in, fmt.Sprintf("%s puts %s into a layer that everybody with the image can read: keep %s out with .dockerignore, and mount %s as a secret where a step needs it",
		brief(in), list(parts), plural(len(found), "it", "them"), plural(len(found), "it", "them")), fix)
}
