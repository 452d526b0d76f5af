package lint

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// Subject is one Dockerfile as the rules see it. It is looked at by one
// goroutine at a time.
type Subject struct {
	Path    string // as findings name it
	File    *dockerfile.File
	Context *Context // the build context, nil where none is known

	graph     *Graph
	converted *conversion
	commands  map[*dockerfile.Instruction][]shell.Command
	windows   map[*dockerfile.Stage]bool // nil until it is asked for
}

// NewSubject parses a Dockerfile. Its error is a *dockerfile.SyntaxError.
func NewSubject(path string, src []byte) (*Subject, error) {
	f, err := dockerfile.Parse(path, src)
	if err != nil {
		return nil, err
	}
	return &Subject{Path: path, File: f}, nil
}

// Graph says what depends on what. It is made when it is first asked for.
func (s *Subject) Graph() *Graph {
	if s.graph == nil {
		s.graph = newGraph(s.File, s.conversion)
	}
	return s.graph
}

// conversion is BuildKit's, made when it is first asked for.
func (s *Subject) conversion() *conversion {
	if s.converted == nil {
		s.converted = s.convert()
	}
	return s.converted
}

func (s *Subject) convert() *conversion {
	if g := s.Graph(); g.err != nil { // BuildKit would not come to an end
		return &conversion{file: s.File, refusal: g.err}
	}
	if s.Context == nil {
		return convert(s.File, nil)
	}
	ignore := s.Context.readIgnore()
	if ignore.err != nil {
		c := convert(s.File, nil)
		c.refusal = ignore.err
		return c
	}
	return convert(s.File, ignore.data)
}

// Span is the place of a part of an instruction, as offset and length in bytes
// of its Text.
func (s *Subject) Span(in *dockerfile.Instruction, offset, length int) finding.Span {
	offset = min(max(offset, 0), len(in.Text))
	end := min(max(offset+length, offset), len(in.Text))
	at := finding.Span{}
	at.Line, at.Column = position(in, offset)
	at.EndLine, at.EndColumn = position(in, end)
	return at
}

// position returns the line and column of an offset in an instruction's text.
func position(in *dockerfile.Instruction, offset int) (line, column int) {
	before := in.Text[:offset]
	return in.Line + strings.Count(before, "\n"), offset - strings.LastIndexByte(before, '\n')
}
