package mutate

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
)

// hand is a small world in which everything is known.
//
//	 1 FROM busybox AS one
//	 2 ARG A
//	 3 COPY src /src/
//	 4 RUN echo $A
//	 5 FROM one
//	 6 ENV E=$A
//	 7 WORKDIR /w/$E
//	 8 COPY a.txt rel/
//	 9 COPY --from=one /src /copy/
//	10 RUN --mount=type=bind,source=src,target=/m true
func hand() *World {
	one := &Stage{ID: 1, Name: "one", From: &Instruction{ID: 10, Keyword: "FROM"}, Base: Base{Image: "busybox"}, Steps: []*Instruction{
		{ID: 11, Keyword: "ARG", Name: "A"},
		{ID: 12, Keyword: "COPY", Sources: []string{"src"}, Dest: "/src/"},
		{ID: 13, Keyword: "RUN", Text: "echo $A"},
	}}
	two := &Stage{ID: 2, From: &Instruction{ID: 20, Keyword: "FROM"}, Base: Base{Stage: 1}, Steps: []*Instruction{
		{ID: 21, Keyword: "ENV", Name: "E", Value: "$A"},
		{ID: 22, Keyword: "WORKDIR", Text: "/w/$E"},
		{ID: 23, Keyword: "COPY", Sources: []string{"a.txt"}, Dest: "rel/"},
		{ID: 24, Keyword: "COPY", From: Place{Stage: 1}, Sources: []string{"/src"}, Dest: "/copy/"},
		{ID: 25, Keyword: "RUN", Text: "true", Mounts: []Mount{{Kind: "bind", Source: "src", Target: "/m"}}},
	}}
	file := func(content string) Node { return Node{Type: Regular, Content: content, Mode: 0o644} }
	return &World{Salt: "hand", Args: map[string]string{"A": "1"}, File: Dockerfile{Stages: []*Stage{one, two}},
		Context: Tree{"a.txt": file("a"), "src/x": file("x"), "src/link": {Type: Link, Target: "x"}},
		Ignore:  []string{"Dockerfile"}, random: rand.New(rand.NewPCG(1, 1))}
}

func TestTruth(t *testing.T) {
	const copySrc, runA, workdir, copyA, copyOne, mount = "1/12", "1/13", "2/22", "2/23", "2/24", "2/25"
	files := []explain.Kind{explain.FilesChanged}
	for _, test := range []struct {
		name  string
		apply func(*World)
		want  map[string][]explain.Kind // of each step that differs, the first group of kinds
		files []record.Change
		above []string // steps below something that differs
	}{
		{"nothing", func(*World) {}, nil, nil, nil},
		{"time", func(w *World) { w.edit(w.Context, "a.txt", func(n *Node) { n.Touched++ }) }, nil, nil, nil},
		{"ignored", func(w *World) { w.File.Stages[1].Name = "two" }, nil, nil, nil},
		{"argument not used", func(w *World) { w.Args["B"] = "2" }, nil, nil, nil},
		{"file of one step", func(w *World) { w.edit(w.Context, "a.txt", func(n *Node) { n.Content = "b" }) },
			map[string][]explain.Kind{copyA: files}, []record.Change{{Path: "a.txt", Kind: record.ContentChanged}}, []string{copyOne, mount}},
		{"file of a folder", func(w *World) { w.edit(w.Context, "src/x", func(n *Node) { n.Mode = 0o600 }) },
			map[string][]explain.Kind{copySrc: files, mount: files}, []record.Change{{Path: "src/x", Kind: record.ModeChanged}}, []string{runA, workdir, copyA, copyOne, mount}},
		{"ignore", func(w *World) { w.Ignore = append(w.Ignore, "src/link") },
			map[string][]explain.Kind{copySrc: files, mount: files}, []record.Change{{Path: "src/link", Kind: record.Removed}}, []string{runA, workdir, copyA, copyOne, mount}},
		{"argument", func(w *World) { w.Args["A"] = "2" },
			map[string][]explain.Kind{runA: {explain.BuildArgumentChanged}, workdir: {explain.BuildArgumentChanged}, copyA: {explain.BuildArgumentChanged}, mount: {explain.BuildArgumentChanged}},
			nil, []string{workdir, copyA, copyOne, mount}},
		{"base image", func(w *World) { w.Image.Version++ }, map[string][]explain.Kind{"1/10": {explain.BaseImageChanged}}, nil,
			[]string{copySrc, runA, workdir, copyA, copyOne, mount}},
		{"instruction", func(w *World) { w.File.Stages[0].Steps[2].Text = "echo other" }, map[string][]explain.Kind{runA: {explain.InstructionChanged}}, nil,
			[]string{workdir, copyA, copyOne, mount}},
		{"a new one", func(w *World) {
			w.File.Stages[0].Steps = append(w.File.Stages[0].Steps, &Instruction{ID: 14, Keyword: "RUN", Text: "true"})
		}, map[string][]explain.Kind{"1/14": {explain.NewStep}}, nil, []string{workdir, copyA, copyOne, mount}},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := hand()
			after := before.Clone()
			test.apply(after)
			var above []string
			truth := Truth(before, after, Edit{Blame: blame(before, after)})
			_, order := after.Steps()
			for _, k := range order {
				y := truth[k]
				if y.Above {
					above = append(above, k)
				}
				var first []explain.Kind
				if len(y.Must) > 0 {
					first = y.Must[0]
				}
				if !slices.Equal(first, test.want[k]) {
					t.Errorf("%s: kinds %v, want %v", k, y.Must, test.want[k])
				}
				if slices.Contains(first, explain.FilesChanged) && !slices.Equal(y.Files, test.files) {
					t.Errorf("%s: files %v, want %v", k, y.Files, test.files)
				}
			}
			if !slices.Equal(above, test.above) {
				t.Errorf("below something that differs: %v, want %v", above, test.above)
			}
		})
	}
}
