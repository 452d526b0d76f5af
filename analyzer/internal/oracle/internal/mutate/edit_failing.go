package mutate

import (
	"fmt"
	"slices"
)

// Break puts instructions into the file that fail: a source that is not there, or
// a command that ends with an error, anywhere in any stage, sometimes several at
// once.
func (w *World) Break() Edit {
	before := w.Clone()
	for again := true; again; again = w.chance(30) {
		s := pick(w, w.File.Stages...)
		n := w.firstFree(s)
		n += w.random.IntN(len(s.Steps) - n + 1)
		s.Steps = slices.Insert(slices.Clone(s.Steps), n, w.newFailing(s))
	}
	return Edit{"broken", blame(before, w)}
}

// Broken says that the file has instructions that Break has put there.
func (w *World) Broken() bool {
	return slices.ContainsFunc(w.File.Stages, func(s *Stage) bool { return slices.ContainsFunc(s.Steps, fails) })
}

// Mend takes away what Break has put into the file, all of it or the first that
// is met.
func (w *World) Mend() Edit {
	before := w.Clone()
	all := w.chance(70)
	for _, s := range w.File.Stages {
		n := slices.IndexFunc(s.Steps, fails)
		for ; n >= 0; n = slices.IndexFunc(s.Steps, fails) {
			s.Steps = slices.Delete(slices.Clone(s.Steps), n, n+1)
			if !all {
				return Edit{"mended in part", blame(before, w)}
			}
		}
	}
	return Edit{"mended", blame(before, w)}
}

func fails(i *Instruction) bool { return i.Fails }

// newFailing returns an instruction that fails. Nothing that it makes is there.
func (w *World) newFailing(s *Stage) *Instruction {
	i := &Instruction{}
	switch n := w.random.IntN(10); {
	case n < 3 || w.isScratch(s) && n >= 6:
		i = w.copyTo(s, pick(w, "missing.txt", "src/missing.c", "missing/"))
	case n == 3:
		i = w.copyTo(s, "a.txt", "missing.txt")
	case n < 6:
		i = w.copyTo(s, "/missing")
		i.From = w.failingPlace(s)
		if i.From.IsContext() {
			i.Sources = []string{"missing.tar"}
			i.Keyword = "ADD"
		}
	case n == 6:
		i = &Instruction{ID: w.next(), Keyword: "RUN", Text: "echo " + w.token(), Mounts: []Mount{{Kind: "bind", Source: "missing", Target: "/missing"}}}
	case n == 7:
		i = &Instruction{ID: w.next(), Keyword: "RUN", Text: fmt.Sprintf("sleep 0.%d; exit 1", 1+w.random.IntN(3))}
	case n == 8:
		i = &Instruction{ID: w.next(), Keyword: "RUN", Text: "exit 1"}
	default:
		i = &Instruction{ID: w.next(), Keyword: "RUN", Text: "echo " + w.token() + "; exit 7"}
	}
	i.Fails, i.Makes = true, nil
	return i
}

// failingPlace is where a file is looked for: an earlier stage, an image, the named
// context, or the build context.
func (w *World) failingPlace(s *Stage) Place {
	n := slices.Index(w.File.Stages, s)
	switch k := w.random.IntN(4); {
	case k < 2 && n > 0:
		return Place{Stage: w.File.Stages[w.random.IntN(n)].ID}
	case k == 2:
		return Place{Image: pick(w, images...)}
	case k == 3:
		return Place{Extra: true}
	}
	return Place{}
}
