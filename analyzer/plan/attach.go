package plan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/solver/pb"
)

// attachLocated ties the vertices that BuildKit gave a place in the file.
func (m *mapper) attachLocated() {
	for _, v := range m.build.Vertices {
		for _, line := range m.lines(v) {
			if s := m.stepAt(line, v); s != nil {
				v.Located = true
				attach(s, v)
			}
		}
	}
}

func attach(s *Step, v *Vertex) {
	if slices.Contains(v.Steps, s) {
		return
	}
	v.Steps = append(v.Steps, s)
	s.Vertices = append(s.Vertices, v)
}

// lines returns the first line of each place of a vertex.
func (m *mapper) lines(v *Vertex) []int {
	if m.source == nil {
		return nil
	}
	var lines []int
	for _, l := range m.source.Locations[string(v.Digest)].GetLocations() {
		if l.SourceIndex != 0 || len(l.Ranges) == 0 {
			continue
		}
		first := l.Ranges[0].Start.Line
		for _, r := range l.Ranges {
			first = min(first, r.Start.Line)
		}
		lines = append(lines, int(first))
	}
	return lines
}

// stepAt returns the step on a line that a vertex was made for. Only a FROM
// shares its line with others, the triggers of its base.
func (m *mapper) stepAt(line int, v *Vertex) *Step {
	var on []*Step
	for _, s := range m.build.Steps {
		if s.Line <= line && line <= s.EndLine {
			on = append(on, s)
		}
	}
	if len(on) == 0 {
		return nil
	}
	name, isTrigger := strings.CutPrefix(afterPrefix(v.Name), "ONBUILD ")
	if !isTrigger {
		return on[0]
	}
	linked, isLink := strings.CutPrefix(name, "LINK ")
	for _, s := range on[1:] {
		if isLink && len(s.Vertices) > 0 && strings.HasSuffix(s.Vertices[0].Name, linked) {
			return s // the second operation of a linked copy
		}
		if !isLink && len(s.Vertices) == 0 && strings.HasPrefix(name, s.Instruction.Keyword) {
			return s
		}
	}
	return on[0]
}

var progressPrefix = regexp.MustCompile(`^\[[^\]]*\] `)

// afterPrefix drops "[build 2/4] " from a vertex name.
func afterPrefix(name string) string { return progressPrefix.ReplaceAllString(name, "") }

// attachSources ties vertices without a place to those that consume them: the
// context, inline documents, named contexts.
func (m *mapper) attachSources() {
	consumers := map[*Vertex][]*Vertex{}
	for _, v := range m.build.Vertices {
		for _, in := range v.Inputs {
			consumers[in] = append(consumers[in], v)
		}
	}
	for _, v := range slices.Backward(m.build.Vertices) {
		if v.Located {
			continue
		}
		if m.attachNamedBase(v) {
			continue
		}
		for _, c := range consumers[v] {
			for _, s := range c.Steps {
				if s.Effect != record.EffectBase {
					attach(s, v)
				}
			}
		}
	}
	if last := m.lastUsedFrom(); last != nil {
		for _, v := range m.build.Vertices {
			if len(v.Steps) == 0 { // nothing consumes it: it is the result
				attach(last, v)
			}
		}
	}
	order := map[*Vertex]int{}
	for i, v := range m.build.Vertices {
		order[v] = i
	}
	for _, s := range m.build.Steps {
		slices.SortFunc(s.Vertices, func(a, b *Vertex) int { return order[a] - order[b] })
	}
}

var namedContext = regexp.MustCompile(`^\[context ([^\]]+)\] `)

// attachNamedBase ties an image that is a named context to each FROM that the
// context answers. Any other context is no image: it belongs to its consumers.
func (m *mapper) attachNamedBase(v *Vertex) bool {
	match := namedContext.FindStringSubmatch(v.Name)
	if match == nil || !isImage(v.Op.GetSource()) {
		return false
	}
	name, _, _ := strings.Cut(match[1], "::")
	found := false
	for _, s := range m.build.Steps {
		if s.Instruction.From == nil || s.Unused {
			continue
		}
		base := strings.TrimSuffix(familiar(m.scopes.BaseName(s.Stage)), ":latest")
		if base == name || m.isReplaced(s.Stage) && strings.EqualFold(s.Stage.Name, name) {
			attach(s, v)
			found = true
		}
	}
	return found
}

func isImage(src *pb.SourceOp) bool {
	return strings.HasPrefix(src.GetIdentifier(), imageScheme) || strings.HasPrefix(src.GetIdentifier(), layoutScheme)
}

func (m *mapper) lastUsedFrom() *Step {
	for _, s := range slices.Backward(m.build.Steps) {
		if s.Instruction.From != nil && !s.Unused {
			return s
		}
	}
	return nil
}
