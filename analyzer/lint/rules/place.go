package rules

import (
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// place is the absolute path that a word of a command names, patterns kept. Ok is
// false where it cannot be told.
func place(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, w shell.Word) (string, bool) {
	text, ok := value(p, in, w)
	if !ok || text == "" || strings.HasPrefix(text, "~") {
		return "", false
	}
	if path.IsAbs(text) {
		return path.Clean(text), true
	}
	dir := c.Dir
	if c.DirUnknown {
		return "", false
	}
	return path.Join(absolute(p, in, dir), text), true
}

// absolute is a path as seen from an instruction's working folder.
func absolute(p *lint.Pass, in *dockerfile.Instruction, name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join("/", p.Graph().Sees(in).Workdir(), name)
}

// covers reports whether a path is what a pattern of the shell names, or below it.
func covers(pattern, name string) bool {
	for at := name; ; at = path.Dir(at) {
		if ok, err := path.Match(pattern, at); ok && err == nil {
			return true
		}
		if at == "/" || at == "." {
			return false
		}
	}
}

// within returns the rest of a path below a folder, "" for the folder itself.
func within(folder, name string) (string, bool) {
	folder, name = path.Clean(folder), path.Clean(name)
	switch {
	case folder == name:
		return "", true
	case folder == "." || folder == "/":
		return strings.TrimPrefix(name, "/"), true
	case strings.HasPrefix(name, folder+"/"):
		return name[len(folder)+1:], true
	}
	return "", false
}

// isMounted reports whether a path of a RUN lies in one of its mounts, whose
// files never enter a layer.
func isMounted(p *lint.Pass, in *dockerfile.Instruction, name string) bool {
	for _, m := range p.Graph().Mounts(in) {
		if _, inside := within(absolute(p, in, m.Target), name); inside && m.Target != "" {
			return true
		}
	}
	return false
}

var archiveEndings = []string{".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst", ".tar.lz", ".tar.lzma"}

// isArchive reports whether a file's name is that of a tar archive.
func isArchive(name string) bool {
	for _, e := range archiveEndings {
		if strings.HasSuffix(strings.ToLower(name), e) {
			return true
		}
	}
	return false
}

// wordSpan is the place of a word of a command, all of the instruction's lines
// where it has none of its own.
func wordSpan(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, w shell.Word) finding.Span {
	if !c.Exact {
		return finding.Span{Line: in.Line, EndLine: in.EndLine}
	}
	return p.Span(in, w.Start, w.End-w.Start)
}

// commandSpan is the place of a command, as wordSpan.
func commandSpan(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command) finding.Span {
	if !c.Exact {
		return finding.Span{Line: in.Line, EndLine: in.EndLine}
	}
	return p.Span(in, c.Start, c.End-c.Start)
}

// isBundle reports whether a file's name is that of something that holds many
// others.
func isBundle(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".zip", ".jar", ".war", ".deb", ".rpm", ".apk", ".whl", ".img", ".iso":
		return true
	}
	return isArchive(name)
}
