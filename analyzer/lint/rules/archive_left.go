package rules

import (
	"fmt"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

var archiveLeft = &lint.Rule{
	ID:       "archive-left",
	Title:    "an archive is unpacked and stays in the image",
	Severity: finding.Warning,
	Hadolint: []string{"DL3010"},
	Doc: lint.Doc{
		Why: "The archive is stored, pushed and pulled beside the files that came out of it. Let the download run into tar, remove " +
			"the file in the RUN that fetched it, or let ADD unpack a local archive, which leaves no copy behind.",
		Bad: `FROM debian:12
RUN curl -fsSLO https://example.com/tool-1.2.tar.gz && tar -xzf tool-1.2.tar.gz -C /opt
`,
		Good: `FROM debian:12
RUN curl -fsSLO https://example.com/tool-1.2.tar.gz && tar -xzf tool-1.2.tar.gz -C /opt && rm tool-1.2.tar.gz
`,
	},
	Check: checkArchiveLeft,
}

func checkArchiveLeft(p *lint.Pass) {
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if in.Keyword == "RUN" && (strings.Contains(in.Text, "tar") || strings.Contains(in.Text, "unzip")) && isShipped(p, s) {
				checkUnpacked(p, in)
			}
		}
	}
}

func checkUnpacked(p *lint.Pass, in *dockerfile.Instruction) {
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		archive, ok := unpacks(c)
		if !ok {
			continue
		}
		name, ok := place(p, in, c, archive)
		if !ok || isMounted(p, in, name) {
			continue
		}
		if layer, in2 := leftBy(p, in, name); layer != nil {
			p.ReportAt(commandSpan(p, in, c), archiveMessage(p, in, layer, name, in2), nil)
		}
	}
}

// leftBy is the instruction that put a file where this one finds it, nil where
// none is known to have or it is removed again, here or below.
func leftBy(p *lint.Pass, in *dockerfile.Instruction, name string) (layer *dockerfile.Instruction, file *lint.File) {
	for _, i := range lineage(p, in.Stage) {
		if i.Keyword == "RUN" && i.Stage == in.Stage && i.Line > in.Line && removes(p, i, name) {
			return nil, nil // and said so there
		}
		if i.Stage == in.Stage && i.Line > in.Line {
			continue
		}
		for _, a := range addedBy(p, i) {
			if a.path == name && !a.tree {
				layer, file = i, a.file
			}
		}
		if i.Keyword == "RUN" && layer != i && removes(p, i, name) {
			layer = nil
		}
	}
	if layer != nil && layer != in && removes(p, in, name) {
		return nil, nil
	}
	return layer, file
}

// removes reports whether a RUN takes a file away.
func removes(p *lint.Pass, in *dockerfile.Instruction, name string) bool {
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		if !c.Is("rm", "mv", "unlink", "find") {
			continue
		}
		for _, o := range c.Operands() {
			if pattern, ok := place(p, in, c, o); !ok || covers(pattern, name) {
				return true
			}
		}
	}
	return false
}

func archiveMessage(p *lint.Pass, in, layer *dockerfile.Instruction, name string, file *lint.File) string {
	size := ""
	if file != nil {
		size = weight(p.Context.Size(*file))
	}
	short := path.Base(name)
	if layer == in {
		return fmt.Sprintf("%s stays in the layer beside what was unpacked from it: remove it in the same RUN, or let the download run into tar", cut(short, 60))
	}
	if layer.Keyword == "COPY" && isArchive(name) {
		return fmt.Sprintf("%s%s stays in the layer of %s beside what is unpacked from it: use ADD, which unpacks it, or mount it for this RUN (--mount=type=bind)",
			cut(short, 60), size, namely(layer))
	}
	return fmt.Sprintf("%s%s stays in the layer of %s beside what is unpacked from it: fetch, unpack and remove it in one RUN, or mount it for this RUN",
		cut(short, 60), size, namely(layer))
}

// unpacks returns the archive that a command unpacks.
func unpacks(c *shell.Command) (shell.Word, bool) {
	switch c.Name {
	case "tar", "bsdtar":
		return tarFile(c)
	case "unzip":
		if o := c.Operands("-d", "-x"); len(o) > 0 && !c.HasLetter("ltp") {
			return o[0], true
		}
	}
	return shell.Word{}, false
}

// tarFile is the archive of "tar -xf FILE", "tar xzf FILE" and their like.
func tarFile(c *shell.Command) (shell.Word, bool) {
	if w, ok := c.Value("--file"); ok && (c.HasLetter("x") || c.Has("--extract", "--get")) {
		return w, true
	}
	extract := c.Has("--extract", "--get")
	for i, a := range c.Args {
		letters := strings.TrimPrefix(a.Text, "-")
		if strings.HasPrefix(letters, "-") || i > 0 && a.Text == letters {
			continue // a long flag, or no first word
		}
		extract = extract || strings.Contains(letters, "x") && !strings.ContainsAny(letters, "/.")
		if j := strings.IndexByte(letters, 'f'); j >= 0 && isLower(letters) && extract {
			if j == len(letters)-1 || i == 0 && a.Text == letters {
				if i+1 < len(c.Args) {
					w := c.Args[i+1]
					return w, w.Text != "-"
				}
			}
		}
	}
	return shell.Word{}, false
}

func isLower(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzJZC") == ""
}
