package history

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
)

// prediction returns what was predicted a minute after the n-th build.
func prediction(context string, n int) *record.Record {
	r := build(context, n+1)
	r.Basis, r.Result = record.Predicted, record.NotBuilt
	return r
}

func TestPrediction(t *testing.T) {
	s, warnings := open(t)
	last := func() string {
		t.Helper()
		r, err := s.LastPrediction(project("/a"))
		if err != nil {
			t.Fatal(err)
		}
		if r == nil {
			return ""
		}
		return r.Label
	}
	predicted := func(r *record.Record) {
		t.Helper()
		if err := s.SavePrediction(r); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when, want string) {
		t.Helper()
		if got := last(); got != want {
			t.Errorf("%s: the last prediction is %q, want %q", when, got, want)
		}
	}
	check("nothing saved", "")
	save(t, s, build("/a", 1), build("/b", 1))
	predicted(prediction("/a", 1))
	check("saved", "build 2")
	if entries, err := s.List(Filter{}); err != nil || len(entries) != 2 {
		t.Errorf("a prediction is no record: %v, %v", entries, err)
	}
	predicted(prediction("/a", 2))
	check("a newer one", "build 3")
	save(t, s, build("/b", 9))
	check("another project was built since", "")
	save(t, s, build("/a", 10))
	if _, err := os.Stat(filepath.Join(s.Dir(), projectFolder(project("/a")), predictionName)); !os.IsNotExist(err) {
		t.Errorf("a build leaves the prediction: %v", err)
	}
	predicted(prediction("/a", 10))
	check("again", "build 11")
	if _, _, err := s.Prune(PruneOptions{Keep: 1}); err != nil {
		t.Fatal(err)
	}
	check("pruned to one record", "build 11")
	if _, _, err := s.Prune(PruneOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	check("all pruned", "")
	if names, _ := os.ReadDir(s.Dir()); len(names) != 0 {
		t.Errorf("%v is left", names)
	}
	if len(*warnings) > 0 {
		t.Errorf("warnings: %q", *warnings)
	}
}

func TestPredictionDamaged(t *testing.T) {
	s, warnings := open(t)
	if err := s.SavePrediction(prediction("/a", 1)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Dir(), projectFolder(project("/a")), predictionName)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v", info.Mode())
	}
	if err := os.Truncate(path, info.Size()-10); err != nil {
		t.Fatal(err)
	}
	r, err := s.LastPrediction(project("/a"))
	if r != nil || err != nil || len(*warnings) != 1 || !strings.Contains((*warnings)[0], "is removed") {
		t.Errorf("got %v, %v, warnings %q", r, err, *warnings)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("it is left: %v", err)
	}
}

func TestOthers(t *testing.T) {
	s, _ := open(t)
	on := func(context string, n int, engine string) *record.Record {
		r := build(context, n)
		r.Engine.CacheID = engine
		r.Trees = map[string]record.Tree{"context": {{Path: "a"}}}
		return r
	}
	save(t, s, on("/a", 1, "x"), on("/b", 2, "x"), on("/b", 3, "y"), on("/c", 4, "x"), on("/a", 5, "y"))
	names := func(records []*record.Record) string {
		var all []string
		for _, r := range records {
			all = append(all, strings.TrimPrefix(r.Label, "build "))
		}
		return strings.Join(all, " ")
	}
	all, err := s.All(project("/a"))
	if err != nil || names(all) != "5 1" {
		t.Errorf("all of a project: %s, %v", names(all), err)
	}
	for limit, want := range map[int]string{0: "", 1: "4", 9: "4 2"} {
		others, err := s.Others(project("/a"), "x", limit)
		if err != nil || names(others) != want {
			t.Errorf("others, at most %d: %s, want %s; %v", limit, names(others), want, err)
		}
		for _, r := range others {
			if r.Trees != nil {
				t.Error("their files are kept")
			}
		}
	}
}

// TestAllKeepsFewTrees: the files of a large context are read once for each engine,
// not with every record.
func TestAllKeepsFewTrees(t *testing.T) {
	s, _ := open(t)
	for n, c := range []struct {
		engine string
		files  bool
	}{{"x", true}, {"x", true}, {"y", true}, {"", true}, {"", true}, {"x", true}, {"x", false}} {
		r := build("/a", n)
		r.Engine.CacheID = c.engine
		if c.files {
			r.Trees = map[string]record.Tree{"context": {{Path: "a", Raw: nil}}}
		}
		save(t, s, r)
	}
	all, err := s.All(project("/a"))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range all {
		got += fmt.Sprintf("%s:%d ", strings.TrimPrefix(r.Label, "build "), len(r.Trees["context"]))
	}
	// That no engine is named may mean that the record is of an older version.
	if want := "6:0 5:1 4:1 3:1 2:1 1:0 0:0 "; got != want {
		t.Errorf("files by record: %s, want %s", got, want)
	}
}
