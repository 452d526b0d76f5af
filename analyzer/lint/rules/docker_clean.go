package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// debianImages are official images that are made of debian's or ubuntu's, unless
// their tag names another.
var debianImages = words("debian ubuntu python node golang rust ruby php openjdk eclipse-temurin buildpack-deps perl gcc postgres mysql nginx httpd redis mongo")

// hookFile holds apt's hook docker-clean in those images. A setting beside it, such
// as Binary::apt::APT::Keep-Downloaded-Packages, leaves the hook in force.
const hookFile = "/etc/apt/apt.conf.d/docker-clean"

// dockerClean looks for the hook in the images of one file.
type dockerClean struct {
	// gone are the instructions that may take the hook away, nil before they are
	// looked for.
	gone map[*dockerfile.Instruction]bool
	// said are the stages, those that name an image, whose hook has been reported:
	// one line would remove it for all that is made of them.
	said map[*dockerfile.Stage]bool
}

// check reports the hook where it empties a mount.
func (d *dockerClean) check(p *lint.Pass, in *dockerfile.Instruction, m mount) {
	s := in.Stage
	for p.Graph().Base(s) != nil {
		s = p.Graph().Base(s)
	}
	if d.gone == nil {
		d.gone, d.said = unhookers(p), map[*dockerfile.Stage]bool{}
	}
	if d.said[s] || !d.hooks(p, in) {
		return
	}
	d.said[s] = true
	p.Report(in, fmt.Sprintf("the hook docker-clean of this image deletes what apt downloads, so that the cache mount at %s keeps nothing: "+
		"remove %s first", m.target, hookFile), nil)
}

// hooks reports whether the image is known to have the hook, and no step to have
// removed it.
func (d *dockerClean) hooks(p *lint.Pass, in *dockerfile.Instruction) bool {
	image := imageBelow(p, in.Stage)
	if !debianImages[image.name] || hasAny(image.tag, "alpine", "ubi", "oracle", "windows", "nanoserver", "wolfi") {
		return false
	}
	if len(d.gone) == 0 {
		return true
	}
	for _, o := range lineage(p, in.Stage) {
		if d.gone[o] {
			return false
		}
		if o == in {
			break
		}
	}
	return true
}

// unhookers are the instructions that may take the hook away or replace it.
func unhookers(p *lint.Pass) map[*dockerfile.Instruction]bool {
	out := map[*dockerfile.Instruction]bool{}
	for _, in := range p.File.All() {
		switch {
		case in.Stage == nil:
		case hasAny(in.Text, "docker-clean", "#clear"):
			out[in] = true
		case in.Keyword == "COPY" || in.Keyword == "ADD":
			if slices.ContainsFunc(p.Graph().Sources(in), func(s lint.Source) bool { return mayReplaceHook(p, in, s) }) {
				out[in] = true
			}
		case in.Keyword == "RUN" && strings.Contains(in.Text, "/etc/apt"):
			if slices.ContainsFunc(p.Commands(in), func(c shell.Command) bool { return removesFolder(&c, hookFile) }) {
				out[in] = true
			}
		}
	}
	return out
}

// mayReplaceHook reports whether what a COPY takes from a source may have a file of
// the hook's name. One that goes to the root has it only in an overlay of the
// project's own.
func mayReplaceHook(p *lint.Pass, in *dockerfile.Instruction, s lint.Source) bool {
	to := absolute(p, in, s.Dest)
	if _, over := within(to, hookFile); !over && !strings.Contains(s.Dest, "$") {
		return false
	}
	if s.Kind != lint.SourceContext {
		return to != "/"
	}
	return p.Context == nil || slices.ContainsFunc(p.Context.Matches(s), func(f lint.File) bool { return path.Base(f.Path) == path.Base(hookFile) })
}
