package rules

import (
	"strings"

	"github.com/distribution/reference"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
)

// base is the image that a stage starts from.
type base struct {
	name   string // as people write it, without tag and digest
	tag    string // "" without one
	digest bool   // it has one
}

// baseOf is the image that a stage itself names, with the global arguments'
// defaults in place. Ok is false for scratch, for another stage, and for a name that
// depends on what a build is given.
func baseOf(p *lint.Pass, s *dockerfile.Stage) (b base, ok bool) {
	if strings.EqualFold(s.Base, "scratch") || p.Graph().Base(s) != nil {
		return base{}, false
	}
	image := p.Graph().Image(s)
	if image == "" || strings.EqualFold(image, "scratch") || strings.Contains(image, "$") {
		return base{}, false
	}
	ref, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return base{}, false
	}
	b.name = reference.FamiliarName(ref)
	if t, ok := ref.(reference.Tagged); ok {
		b.tag = t.Tag()
	}
	_, b.digest = ref.(reference.Digested)
	return b, true
}
