package lint

import (
	"slices"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// FuzzLint wants no panic, no place outside of the file, and from the graph an
// answer to every question.
func FuzzLint(f *testing.F) {
	for _, src := range sources(f) {
		f.Add(src)
	}
	f.Add([]byte("FROM a\nRUN --mount=from=0,type=$T,target=/x true \\"))
	f.Add([]byte("FROM a\nONBUILD RUN --mount=type=bind,from=a x\nFROM a\nCOPY --from=9 . .\n"))
	rules := slices.Concat(Driver(), BuildKit(), []*Rule{curious})
	f.Fuzz(func(t *testing.T, src []byte) {
		s, err := NewSubject("Dockerfile", src)
		if err != nil {
			return
		}
		found, err := Run(t.Context(), s, rules)
		if err != nil {
			t.Fatal(err)
		}
		last := len(s.File.Lines())
		for _, f := range found {
			if f.Line < 0 || f.EndLine < f.Line || f.EndLine > last {
				t.Errorf("%s: lines %d to %d of %d", f.Rule, f.Line, f.EndLine, last)
			}
		}
	})
}

// curious asks the graph all that it can be asked.
var curious = &Rule{ID: "curious", Severity: finding.Info, Check: func(p *Pass) {
	g := p.Graph()
	for _, stage := range p.File.Stages {
		g.NeededByDefault(stage)
		g.Users(stage)
		g.Image(stage)
	}
	for _, in := range p.File.All() {
		g.TakesDown(in)
		g.ViaFiles(in)
		g.DependsOn(in)
		g.Sees(in).Args()
		g.Sees(in).Env()
		g.Sources(in)
		g.Expanded(in)
		g.Mounts(in)
		g.Needed(in)
		g.InImage(in)
		p.Commands(in)
		p.Span(in, 0, len(in.Text))
	}
}}
