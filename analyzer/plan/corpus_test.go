package plan_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/tonistiigi/fsutil"
)

var corpus = flag.String("corpus", "testdata/corpus", "folder of Dockerfiles to map")

// TestCorpus maps every Dockerfile of a folder without an engine: each one is
// either mapped, with every vertex tied to an instruction, or refused with the
// place of the error.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(*corpus, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Dockerfiles in %s: %v", *corpus, err)
	}
	mapped, refused := 0, 0
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := mapOffline(t, src, nil)
		if err != nil {
			refused++
			if !located(err) {
				t.Errorf("%s: refused without a place: %v", filepath.Base(name), err)
			}
			t.Logf("%s: refused: %v", filepath.Base(name), err)
			continue
		}
		mapped++
		checkMapping(t, filepath.Base(name), p)
	}
	t.Logf("%d mapped, %d refused", mapped, refused)
}

// mapOffline runs the frontend over a Dockerfile with an empty context.
func mapOffline(t *testing.T, src []byte, opts map[string]string) (*plan.Plan, error) {
	t.Helper()
	file, err := dockerfile.Parse("Dockerfile", src)
	if err != nil {
		return nil, err
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), src, 0o644); err != nil {
		t.Fatal(err)
	}
	fs, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := &plan.Frontend{File: file}
	_, err = f.Build(context.Background(), &plan.Offline{Opts: opts, Locals: map[string]fsutil.FS{"context": fs, "dockerfile": fs}})
	if err != nil {
		return nil, err
	}
	return f.Plan()
}

func located(err error) bool {
	var syntax *dockerfile.SyntaxError
	return errors.As(err, &syntax) || len(errdefs.Sources(err)) > 0
}

func checkMapping(t *testing.T, name string, p *plan.Plan) {
	t.Helper()
	for _, b := range p.Builds {
		for _, v := range b.Vertices {
			if len(v.Steps) == 0 {
				t.Errorf("%s: vertex %q has no instruction", name, v.Name)
			}
		}
		ids := map[string]bool{}
		for _, s := range b.Steps {
			if ids[s.ID] {
				t.Errorf("%s: two steps are called %s", name, s.ID)
			}
			ids[s.ID] = true
			if len(s.Vertices) == 0 && s.Why == "" {
				t.Errorf("%s: %s has neither a vertex nor a reason", name, s.ID)
			}
			if s.Effect == record.EffectLayer && !s.Unused && len(s.Primary()) == 0 && !strings.Contains(s.Why, "replaces") {
				t.Errorf("%s: %s %q makes a layer by no vertex: %s", name, s.ID, s.Instruction.Summary(), s.Why)
			}
			if s.Unused && len(s.Vertices) > 0 {
				t.Errorf("%s: %s is unused and has vertices", name, s.ID)
			}
		}
	}
}
