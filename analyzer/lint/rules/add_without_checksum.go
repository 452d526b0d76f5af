package rules

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var addWithoutChecksum = &lint.Rule{
	ID:       "add-without-checksum",
	Title:    "ADD takes a remote file or repository as it comes",
	Severity: finding.Warning,
	Doc: lint.Doc{
		Why: "Each build asks the server what the address holds now; when that has changed, the step and all below it run again, " +
			"with files that nobody has looked at. With --checksum the build takes these bytes or fails, and an unchanged step is reused without asking. A " +
			"git repository is pinned by a commit: in the fragment (#<commit>) or as --checksum beside a tag.",
		Bad: `FROM debian:12
ADD https://example.com/tool-1.2.tar.gz /opt/
`,
		Good: `FROM debian:12
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/tool-1.2.tar.gz /opt/
`,
	},
	Check: checkAddChecksum,
}

func checkAddChecksum(p *lint.Pass) {
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if c, ok := in.Command.(*instructions.AddCommand); ok && c.Checksum == "" {
				checkRemoteSources(p, in, c.SourcePaths)
			}
		}
	}
}

func checkRemoteSources(p *lint.Pass, in *dockerfile.Instruction, sources []string) {
	remote := false
	for _, s := range sources {
		remote = remote || strings.Contains(s, "://") || strings.HasPrefix(s, "git@") || strings.HasPrefix(s, "$")
	}
	if !remote {
		return
	}
	for _, s := range p.Graph().Sources(in) {
		switch s.Kind {
		case lint.SourceURL:
			p.Report(in, fmt.Sprintf("ADD takes whatever %s sends: pin the bytes with --checksum=sha256:…", shortAddress(s.Name)), nil)
			return
		case lint.SourceGit:
			ref := gitRef(s.Name)
			if isFixedRef(ref) || ref == "" && strings.Contains(in.Text, "$") { // a build gives it
				continue
			}
			what := "the default branch"
			if ref != "" {
				what = cut(ref, 40)
			}
			p.Report(in, fmt.Sprintf("ADD takes what %s of %s is at the time: name a commit or a release (#v1.2.3), best with --checksum=<commit>", what, shortAddress(s.Name)), nil)
			return
		}
	}
}

var (
	commitID = later(`^[0-9a-f]{7,64}$`)
	release  = later(`[0-9]+[._-][0-9]+|^v[0-9]+$|^r?[0-9]{4,}$`)
)

// isFixedRef reports whether a git reference names a commit, a release, or what a
// build is given.
func isFixedRef(ref string) bool {
	return commitID().MatchString(ref) || release().MatchString(ref) || strings.Contains(ref, "$")
}

// gitRef is the branch, tag or commit that a repository's address asks for, ""
// for its default branch.
func gitRef(address string) string {
	before, fragment, _ := strings.Cut(address, "#")
	if fragment != "" {
		ref, _, _ := strings.Cut(fragment, ":") // the rest is a folder
		return ref
	}
	if u, err := url.Parse(before); err == nil {
		for _, key := range []string{"commit", "checksum", "ref", "tag", "branch"} {
			if v := u.Query().Get(key); v != "" {
				return v
			}
		}
	}
	return ""
}

// shortAddress is an address for a message: host and path, nothing that could be
// a credential.
func shortAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		_, after, found := strings.Cut(address, "@")
		if found {
			address = after
		}
		address, _, _ = strings.Cut(address, "#")
		return cut(address, 60)
	}
	return cut(u.Host+u.Path, 60)
}
