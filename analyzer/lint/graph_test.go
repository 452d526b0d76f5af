package lint

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the graphs into testdata/graph")

// TestGraph compares all that the graph says of each instruction with
// testdata/graph/*.txtar, and what it says of a file that BuildKit refuses, where
// only the file itself is known, with the same.
func TestGraph(t *testing.T) {
	paths, err := filepath.Glob("testdata/graph/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s, err := NewSubject("Dockerfile", a.Files[0].Data)
			if err != nil {
				t.Fatal(err)
			}
			if refused := s.conversion().refusal != nil; refused != strings.Contains(path, "refused") {
				t.Fatalf("refused: %v", s.conversion().refusal)
			}
			got := describe(s)
			if *update {
				a.Files = append(a.Files[:1], txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(a.Files[1].Data), got); diff != "" {
				t.Errorf("graph (-want +got):\n%s", diff)
			}
		})
	}
}

// describe writes down a graph, an instruction after the other.
func describe(s *Subject) string {
	var b strings.Builder
	g := s.Graph()
	for _, in := range s.File.All() {
		fmt.Fprintf(&b, "%d %s", in.Line, in.Keyword)
		if in.Stage != nil {
			writeIf(&b, !g.Needed(in), "not needed")
			writeIf(&b, !g.NeededByDefault(in.Stage), "not by default")
			writeIf(&b, !g.InImage(in), "not in an image")
		}
		writeLines(&b, "depends on", g.DependsOn(in))
		writeLines(&b, "takes down", g.TakesDown(in))
		writeLines(&b, "by files", g.ViaFiles(in))
		if in.From != nil {
			writeLines(&b, "used by", g.Users(in.Stage))
			fmt.Fprintf(&b, "; image %q", g.Image(in.Stage))
		}
		for _, src := range g.Sources(in) {
			fmt.Fprintf(&b, "; from %s", src.Kind)
			if src.Stage != nil {
				fmt.Fprintf(&b, " %s", src.Stage.Label)
			}
			fmt.Fprintf(&b, " %q %q to %q", src.Name, src.Paths, src.Dest)
		}
		if in.Keyword == "RUN" {
			fmt.Fprintf(&b, "; args %v env %v in %s user %q shell %q", g.Sees(in).Args(), g.Sees(in).Env(), g.Sees(in).Workdir(), g.Sees(in).User(), g.Sees(in).Shell())
		}
		b.WriteString("\n")
	}
	return b.String()
}

func writeIf(b *strings.Builder, is bool, text string) {
	if is {
		b.WriteString("; " + text)
	}
}

func writeLines(b *strings.Builder, what string, all []*dockerfile.Instruction) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(b, "; %s", what)
	for _, in := range all {
		fmt.Fprintf(b, " %d", in.Line)
	}
}
