package rules

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var addInsteadOfCopy = &lint.Rule{
	ID:       "add-instead-of-copy",
	Title:    "ADD where COPY does the same",
	Severity: finding.Info,
	Fix:      finding.Review,
	Hadolint: []string{"DL3020"},
	Doc: lint.Doc{
		Why: "ADD unpacks local archives and fetches addresses. For files and folders it copies, as COPY does, until one of them " +
			"is replaced by an archive: then the same line unpacks it, and the layer has other files than before. COPY says what is meant.",
		Bad:  "FROM node:22\nADD package.json /app/\n",
		Good: "FROM node:22\nCOPY package.json /app/\nADD vendor.tar.gz /app/\n",
	},
	Check: checkAdd,
}

func checkAdd(p *lint.Pass) {
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if c, ok := in.Command.(*instructions.AddCommand); ok {
				reportAdd(p, in, c)
			}
		}
	}
}

func reportAdd(p *lint.Pass, in *dockerfile.Instruction, c *instructions.AddCommand) {
	if len(c.SourcePaths) == 0 || c.KeepGitDir != nil || c.Checksum != "" || c.Unpack != nil || len(in.Heredocs) > 0 || p.File.Escape != '\\' {
		return
	}
	safety := finding.Safe
	for _, src := range c.SourcePaths {
		switch {
		case strings.ContainsAny(src, "$:@") || isArchive(src) || packed(src):
			return
		case !staysWhole(p, src):
			safety = finding.Review
		}
	}
	p.Report(in, fmt.Sprintf("ADD of %s: COPY does the same, and never unpacks anything", cut(strings.Join(c.SourcePaths, ", "), 60)), &finding.Fix{
		Message: "copy with COPY",
		Safety:  safety,
		Edits:   []finding.Edit{{File: p.Path, Span: p.Span(in, keywordEnd(in)-len(in.Keyword), len(in.Keyword)), Text: likeCase(in, "COPY")}},
	})
}

// staysWhole reports whether ADD does not unpack a source: a folder of the context,
// or a file that is no archive by its first bytes, which is what BuildKit goes by.
func staysWhole(p *lint.Pass, src string) bool {
	if p.Context == nil {
		return false
	}
	if path.Clean(src) == "." || isFolder(p, src) {
		return true
	}
	const enough = 512 // of a tar archive's header
	head, err := p.Context.Read(path.Clean(src), enough)
	return err == nil && !isArchiveHeader(head)
}

// isArchiveHeader knows tar archives and what they are compressed with.
func isArchiveHeader(head []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd", "\x5d\x00\x00"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	const name = 257 // where the format names itself
	return len(head) > name && bytes.HasPrefix(head[name:], []byte("ustar")) || len(head) == 512 && head[0] != 0 && head[156] == 0
}

// packed reports whether a file's name is that of something compressed, which may
// hold an archive.
func packed(name string) bool {
	switch path.Ext(name) {
	case ".gz", ".bz2", ".xz", ".zst", ".lzma", ".Z":
		return true
	}
	return strings.ContainsAny(name, "*?[") && !strings.Contains(path.Base(name), ".")
}

// likeCase is a keyword in the case that an instruction's own is written in.
func likeCase(in *dockerfile.Instruction, keyword string) string {
	written := strings.TrimLeft(in.Text, " \t")
	if len(written) > 0 && written[0] >= 'a' {
		return strings.ToLower(keyword)
	}
	return keyword
}
