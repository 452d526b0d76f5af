package lint

import (
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// Commands are the simple commands of a RUN in order, those of its heredocs
// too; nil for another instruction, and for one that no shell can read.
func (s *Subject) Commands(in *dockerfile.Instruction) []shell.Command {
	if in.Keyword != "RUN" {
		return nil
	}
	if cs, ok := s.commands[in]; ok {
		return cs
	}
	var cs []shell.Command
	if sh := s.Graph().Sees(in).Shell(); in.JSON || sh != nil || !s.forWindows(in.Stage) {
		var err error
		if cs, err = shell.Run(in, s.File.Escape, sh); err != nil {
			cs = nil // not the shell's text, or broken: nothing is known of it
		}
	}
	if s.commands == nil {
		s.commands = map[*dockerfile.Instruction][]shell.Command{}
	}
	s.commands[in] = cs
	return cs
}
