package mutate

import (
	"maps"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
)

// Why is what the difference between two worlds means for one step.
type Why struct {
	// Must has groups of kinds: of each group, one has to be among the causes of
	// the step, should it run.
	Must [][]explain.Kind
	// May are kinds that can be there besides.
	May []explain.Kind
	// Files are the files that a cause of kind FilesChanged can name. Where Exact is
	// true it names all of them, else those in Named at least.
	Files, Named []record.Change
	Exact        bool
	// Moved says that the image it takes files from is another one, be the files
	// the same or not.
	Moved bool
	// Above says that something that the step stands on, or takes files from,
	// differs too.
	Above bool
}

// Truth returns, by key, why each step of a world may have to run again after an
// edit of the world before.
func Truth(before, after *World, e Edit) map[string]Why {
	olds, _ := before.Steps()
	news, _ := after.Steps()
	out := map[string]Why{}
	for k, s := range news {
		y := Why{Must: [][]explain.Kind{{explain.NewStep}}}
		if o, ok := olds[k]; ok {
			y = e.why(o, s, olds, news)
		}
		if e.Name == Split { // which half is the new one is a matter of taste
			for n := range y.Must {
				y.Must[n] = append(y.Must[n], explain.NewStep, explain.InstructionChanged)
			}
		}
		out[k] = y
	}
	return out
}

func (e Edit) why(o, s *Step, olds, news map[string]*Step) Why {
	y := Why{Exact: true}
	must := func(kinds ...explain.Kind) { y.Must = append(y.Must, kinds) }
	if o.Own != s.Own {
		must(explain.InstructionChanged)
	}
	if o.Doc != s.Doc {
		must(explain.FilesChanged)
		y.Files = append(y.Files, record.Change{Path: "doc", Kind: record.ContentChanged})
	}
	if o.Script != s.Script { // a text and a file in one
		must(explain.InstructionChanged, explain.FilesChanged)
		y.Files = append(y.Files, record.Change{Path: "doc", Kind: record.ContentChanged})
	}
	if !maps.Equal(o.Vars, s.Vars) || !maps.Equal(o.State, s.State) {
		must(e.Blame...)
	}
	if !slices.Equal(common(o.Order, s.Order), common(s.Order, o.Order)) {
		must(explain.EnvironmentChanged, explain.BuildArgumentChanged)
	}
	if files := diff(o.Files, s.Files); len(files) > 0 {
		y.Files = append(y.Files, files...)
		for _, f := range files { // a link itself, whatever it now leads to
			if f.Kind == record.TargetChanged || f.Kind == record.TypeChanged {
				y.Named, y.Exact = append(y.Named, f), false
			}
		}
		if o.Own == s.Own && maps.Equal(o.Vars, s.Vars) {
			must(explain.FilesChanged)
		} else { // it takes others because it asks for others
			y.May, y.Exact = append(y.May, explain.FilesChanged), false
		}
	}
	if o.Image != s.Image {
		if s.Keyword == "FROM" {
			must(explain.BaseImageChanged)
		} else {
			must(explain.BaseImageChanged, explain.StageOutputChanged, explain.ParentRebuilt)
		}
	}
	y.Moved = o.Digest != s.Digest
	y.Above = o.On != s.On || !slices.Equal(o.Reads, s.Reads)
	for _, k := range append([]string{s.On}, s.Reads...) {
		a, b := olds[k], news[k]
		y.Above = y.Above || (a == nil) != (b == nil) || a != nil && a.deep != b.deep
	}
	if s.BaseArgument && y.Above {
		y.May = append(y.May, e.Blame...)
	}
	return y
}

// common are the names of a list that the other one has too.
func common(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return !slices.Contains(other, name) })
}

// diff lists what differs, sorted by path. A file of the named context goes by
// its path there.
func diff(old, cur map[string]Node) []record.Change {
	var out []record.Change
	all := maps.Clone(old)
	maps.Copy(all, cur)
	for _, name := range sortedKeys(all) {
		a, was := old[name]
		b, is := cur[name]
		c := record.Change{Path: strings.TrimPrefix(name, "extra:")}
		switch {
		case a == b && was == is:
			continue
		case !was:
			c.Kind = record.Added
		case !is:
			c.Kind = record.Removed
		case a.Type != b.Type:
			c.Kind = record.TypeChanged
		case a.Target != b.Target:
			c.Kind = record.TargetChanged
		case a.Content != b.Content:
			c.Kind = record.ContentChanged
		default:
			c.Kind = record.ModeChanged
		}
		out = append(out, c)
	}
	return out
}
