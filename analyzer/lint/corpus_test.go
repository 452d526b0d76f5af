package lint

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	lintpb "github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/tonistiigi/fsutil"
)

var corpus = flag.String("corpus", "testdata/corpus", "folder of Dockerfiles to look at")

// sources reads the corpus, and adds the examples of the rules to it.
func sources(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(*corpus, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("no Dockerfiles in %s: %v", *corpus, err)
	}
	for _, r := range BuildKit() {
		all["bad example of "+r.ID] = []byte(r.Doc.Bad)
		all["good example of "+r.ID] = []byte(r.Doc.Good)
	}
	return all
}

// bare is a call of BuildKit's linter as others make it.
func bare(t testing.TB, src []byte) *lintpb.LintResults {
	t.Helper()
	sourceMap := llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", src)
	sourceMap.Definition = &llb.Definition{}
	results, err := dockerfile2llb.DockerfileLint(context.Background(), src, dockerfile2llb.ConvertOpt{
		LLBCaps: capabilities(), MetaResolver: &plan.Offline{}, SourceMap: sourceMap,
	})
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// TestAsBuildKit wants exactly what BuildKit's linter says, in its order.
func TestAsBuildKit(t *testing.T) {
	known := map[string]bool{}
	for _, r := range BuildKit() {
		known[r.ID] = true
	}
	files, warnings := 0, 0
	for name, src := range sources(t) {
		f, err := dockerfile.Parse("Dockerfile", src)
		if err != nil {
			continue
		}
		files++
		want := bare(t, src)
		got := convert(f, nil)
		if !slices.Equal(got.warnings, fromBuildKit(want)) {
			t.Errorf("%s: got %+v, BuildKit says %+v", name, got.warnings, want.Warnings)
		}
		for _, w := range got.warnings {
			warnings++
			if !known[w.rule] {
				t.Errorf("%s: %s is not among the rules", name, w.rule)
			}
		}
		if want.Error == nil && got.refusal != nil {
			t.Errorf("%s: refused: %v", name, got.refusal)
		}
		if want.Error != nil && got.refusal == nil && got.args == nil && !checkOptions(f).ReturnAsError {
			t.Errorf("%s: BuildKit refuses it: %s", name, want.Error.Message)
		}
	}
	t.Logf("%d files, %d findings", files, warnings)
}

func fromBuildKit(results *lintpb.LintResults) []warning {
	var all []warning
	for _, w := range results.Warnings {
		one := warning{rule: w.RuleName, message: w.Detail}
		for _, r := range w.Location.Ranges {
			if one.span.Line == 0 || int(r.Start.Line) < one.span.Line {
				one.span.Line = int(r.Start.Line)
			}
			one.span.EndLine = max(one.span.EndLine, int(r.Start.Line), int(r.End.Line))
		}
		all = append(all, one)
	}
	return all
}

// TestCorpus wants every file to be looked at without an internal error, with a
// build graph wherever BuildKit accepts the file.
func TestCorpus(t *testing.T) {
	planned, refused := 0, 0
	for name, src := range sources(t) {
		s, err := NewSubject("Dockerfile", src)
		if err != nil {
			refused++
			continue
		}
		if _, err := Run(t.Context(), s, slices.Concat(Driver(), BuildKit())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s.conversion().refusal != nil {
			refused++
			continue
		}
		planned++
		checkGraph(t, name, s)
	}
	t.Logf("%d with a graph, %d refused", planned, refused)
}

// checkGraph wants a graph from BuildKit's operations, with one for every RUN, COPY
// and ADD, whether a target needs it or not.
func checkGraph(t *testing.T, name string, s *Subject) {
	t.Helper()
	g := s.Graph()
	if def, _ := g.conversion().definition(g.leaves()); def == nil {
		t.Errorf("%s: no definition", name)
	}
	for _, in := range s.File.All() {
		switch in.Keyword {
		case "RUN", "COPY", "ADD":
			if !g.HasOperation(in) {
				t.Errorf("%s: line %d has no operation: %s", name, in.Line, in.Summary())
			}
		}
	}
}

// TestAsPlanned wants the graph to say of the stages that the last one needs what
// a build's plan says of them.
func TestAsPlanned(t *testing.T) {
	steps := 0
	for name, src := range sources(t) {
		s, err := NewSubject("Dockerfile", src)
		if err != nil {
			continue
		}
		files := map[string]fsutil.FS{"context": memory{"Dockerfile": src}, "dockerfile": memory{"Dockerfile": src}}
		frontend := &plan.Frontend{File: s.File}
		if _, err := frontend.Build(t.Context(), &plan.Offline{Locals: files}); err != nil {
			continue // a build refuses it: for want of arguments, or for errors that were asked for
		}
		p, err := frontend.Plan()
		if err != nil {
			t.Fatal(err)
		}
		all := s.File.All()
		for i, step := range untriggered(p.Builds[0].Steps) {
			in := all[i]
			if in.Stage != nil && s.Graph().NeededByDefault(in.Stage) == step.Unused {
				t.Errorf("%s: line %d: the plan says unused: %v", name, in.Line, step.Unused)
			}
			if step.Unused || in.From != nil {
				continue
			}
			steps++
			if got, want := lineNumbers(s.Graph().DependsOn(in)), planLines(step.DependsOn); !slices.Equal(got, want) {
				t.Errorf("%s: line %d depends on %d, in the plan on %d", name, in.Line, got, want)
			}
			if step.Expanded != "" && s.Graph().Expanded(in) != strings.Join(strings.Fields(step.Expanded), " ") {
				t.Errorf("%s: line %d is %q, in the plan %q", name, in.Line, s.Graph().Expanded(in), step.Expanded)
			}
		}
	}
	t.Logf("%d instructions", steps)
}

func untriggered(steps []*plan.Step) []*plan.Step {
	return slices.DeleteFunc(slices.Clone(steps), func(s *plan.Step) bool { return s.Trigger })
}

func lineNumbers(all []*dockerfile.Instruction) []int {
	var lines []int
	for _, in := range all {
		lines = append(lines, in.Line)
	}
	return lines
}

func planLines(all []*plan.Step) []int {
	var lines []int
	for _, s := range all {
		lines = append(lines, s.Line)
	}
	return lines
}
