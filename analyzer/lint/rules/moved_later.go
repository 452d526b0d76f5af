package rules

import (
	"fmt"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// movedFiles reports what mv takes from an earlier layer: the old place is hidden
// there, and the new one is a copy.
func movedFiles(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, said map[*dockerfile.Instruction]bool) {
	sources := c.Operands("-t", "--target-directory", "-S", "--suffix")
	if !c.Has("-t", "--target-directory") {
		sources = sources[:max(0, len(sources)-1)]
	}
	for _, o := range sources {
		pattern, ok := place(p, in, c, o)
		if !ok || makes(p, in, c, pattern) {
			continue
		}
		layers := addedAt(p, in, c, o)
		if len(layers) == 0 && isUntouched(p, in, c) {
			if layer := unpackedAbove(p, in, pattern); layer != nil {
				layers = []heavy{{in: layer}}
			}
		}
		if len(layers) == 0 || said[layers[0].in] {
			continue
		}
		said[layers[0].in] = true
		cure := "put it to its place in that RUN"
		if layers[0].in.Keyword != "RUN" {
			cure = "copy it to its place right away"
		} else if len(layers) > 1 {
			cure = "put it to its place there"
		}
		p.ReportAt(wordSpan(p, in, c, o), fmt.Sprintf("mv stores %s a second time, which %s put into a layer: the image carries both; %s",
			cut(pattern, 60), listLayers(layers), cure), nil)
	}
}

// isUntouched reports whether the commands of a RUN above one make no folders.
func isUntouched(p *lint.Pass, in *dockerfile.Instruction, before *shell.Command) bool {
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		if c.Start >= before.Start {
			break
		}
		if !c.Is("cd", "chmod", "chown", "echo", "mv", "rm", "set") {
			return false
		}
	}
	return true
}

// unpackedAbove is the last RUN above one that unpacked an archive which a folder is
// named after, in the folder's own place; nil where there is none.
func unpackedAbove(p *lint.Pass, in *dockerfile.Instruction, folder string) *dockerfile.Instruction {
	var layer *dockerfile.Instruction
	for _, o := range lineage(p, in.Stage) {
		if o == in {
			break
		}
		commands := p.Commands(o)
		for i := range commands {
			c := &commands[i]
			archive, ok := unpacks(c)
			if ok && !c.Conditional && isNamedAfter(p, o, c, archive, folder) {
				layer = o
			}
		}
		if layer != nil && layer != o && removes(p, o, folder) {
			layer = nil
		}
	}
	return layer
}

// isNamedAfter reports whether the archive that a command unpacks is called as a
// folder, and unpacked beside it.
func isNamedAfter(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, archive shell.Word, folder string) bool {
	name, ok := value(p, in, archive)
	if !ok || c.Has("--strip-components", "--strip", "--transform", "--one-top-level") || c.HasLetter("j") && c.Name == "unzip" {
		return false
	}
	rest, ok := strings.CutPrefix(path.Base(name), path.Base(folder))
	if !ok || rest == "" || !strings.ContainsAny(rest[:1], ".-_") {
		return false
	}
	to, found := c.Value("-C", "--directory", "-d")
	if !found {
		to = shell.Word{Text: "."}
	}
	dir, ok := place(p, in, c, to)
	return ok && dir == path.Dir(folder) && !isMounted(p, in, dir)
}
