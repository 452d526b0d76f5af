package history

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/analyzer/record"
)

var start = time.Date(2021, 11, 23, 9, 0, 0, 0, time.UTC)

func project(context string) record.Project {
	return record.Project{Context: context, Dockerfile: "Dockerfile", Platforms: []string{"linux/amd64"}}
}

// build returns the n-th record of a project.
func build(context string, n int) *record.Record {
	at := start.Add(time.Duration(n) * time.Minute)
	return &record.Record{
		ID: record.NewID(at), Project: project(context), Label: fmt.Sprint("build ", n),
		Result: record.Succeeded, Basis: record.Observed, Started: at, Seconds: 1.5,
		Steps: []record.Step{{Outcome: record.Hit}, {Outcome: record.Hit}, {Outcome: record.Miss}, {Outcome: record.None}},
	}
}

// open returns a store in a new folder and the warnings that it gave.
func open(t testing.TB) (*Store, *[]string) {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "state", "records"))
	if err != nil {
		t.Fatal(err)
	}
	warnings := []string{}
	s.Warn = func(m string) { warnings = append(warnings, m) }
	return s, &warnings
}

func save(t testing.TB, s *Store, records ...*record.Record) {
	t.Helper()
	for _, r := range records {
		if err := s.Save(r); err != nil {
			t.Fatal(err)
		}
	}
}

func labels(entries []Entry) string {
	var all []string
	for _, e := range entries {
		all = append(all, strings.TrimPrefix(e.Label, "build "))
	}
	return strings.Join(all, " ")
}

func TestSaveAndRead(t *testing.T) {
	s, warnings := open(t)
	if r, err := s.Latest(project("/a")); r != nil || err != nil {
		t.Fatalf("empty store: %v, %v", r, err)
	}
	first, second, other := build("/a", 1), build("/a", 2), build("/b", 3)
	save(t, s, second, first, other)

	latest, err := s.Latest(project("/a"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(second, latest); diff != "" {
		t.Errorf("(-saved +latest)\n%s", diff)
	}
	entries, err := s.List(Filter{})
	if err != nil || labels(entries) != "3 2 1" {
		t.Errorf("List: %s, %v", labels(entries), err)
	}
	want := Entry{
		ID: second.ID, Project: second.Project, Label: "build 2", Result: record.Succeeded,
		Started: second.Started, Seconds: 1.5, Hits: 2, Misses: 1, Size: entries[1].Size, Path: entries[1].Path,
	}
	if diff := cmp.Diff(want, entries[1]); diff != "" || want.Size == 0 {
		t.Errorf("(-want +got)\n%s", diff)
	}
	p := project("/a")
	if entries, err := s.List(Filter{Project: &p, Limit: 1}); err != nil || labels(entries) != "2" {
		t.Errorf("List of /a: %s, %v", labels(entries), err)
	}
	if len(*warnings) != 0 {
		t.Errorf("warnings: %q", *warnings)
	}
}

func TestGet(t *testing.T) {
	s, _ := open(t)
	first, second := build("/a", 1), build("/b", 2)
	first.ID, second.ID = "20261123-090100-000000", "20261123-090200-000000"
	longer := build("/b", 3)
	longer.ID = second.ID + "0"
	save(t, s, first, second, longer)
	for _, name := range []string{first.ID, "20261123-0901", second.ID} {
		r, err := s.Get(name)
		if err != nil || !strings.HasPrefix(r.ID, name) || r.ID == longer.ID {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	var ambiguous *AmbiguousError
	if _, err := s.Get("2026"); !errors.As(err, &ambiguous) || len(ambiguous.IDs) != 3 || !strings.Contains(err.Error(), first.ID) {
		t.Errorf("got %v", err)
	}
	var missing *NotFoundError
	for _, name := range []string{"", "2027", "..", "../a", "a/b", strings.Repeat("2", 5000)} {
		if _, err := s.Get(name); !errors.As(err, &missing) || len(err.Error()) > 300 {
			t.Errorf("%.20q: got %v", name, err)
		}
	}
	damage(t, s, first.ID)
	var damaged *record.DamagedError
	if _, err := s.Get(first.ID); !errors.As(err, &damaged) {
		t.Errorf("got %v", err)
	}
}

// damage cuts the file of a record short, behind its header.
func damage(t *testing.T, s *Store, id string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(s.Dir(), "*", id+suffix))
	if err != nil || len(paths) != 1 {
		t.Fatalf("%s: %v, %v", id, paths, err)
	}
	info, err := os.Stat(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(paths[0], info.Size()-10); err != nil {
		t.Fatal(err)
	}
	return paths[0]
}

func TestLatestSetsDamagedAside(t *testing.T) {
	s, warnings := open(t)
	first, second, third := build("/a", 1), build("/a", 2), build("/a", 3)
	save(t, s, first, second, third)
	path := damage(t, s, third.ID)
	r, err := s.Latest(project("/a"))
	if err != nil || r == nil || r.ID != second.ID {
		t.Fatalf("got %v, %v", r, err)
	}
	if _, err := os.Stat(path + damagedSuffix); err != nil {
		t.Error(err)
	}
	if len(*warnings) != 1 || !strings.Contains((*warnings)[0], third.ID) {
		t.Errorf("warnings: %q", *warnings)
	}
	// It is not met again, and goes with the rest.
	if r, err := s.Latest(project("/a")); err != nil || r.ID != second.ID || len(*warnings) != 1 {
		t.Errorf("got %v, %v, %q", r, err, *warnings)
	}
	if _, _, err := s.Prune(PruneOptions{All: true}); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(s.Dir()); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestForeignFilesStopNothing(t *testing.T) {
	s, warnings := open(t)
	r := build("/a", 1)
	save(t, s, r)
	folder := filepath.Join(s.Dir(), projectFolder(r.Project))
	newer := build("/a", 2)
	newer.Label = strings.Repeat("long ", maxHeader) // no room in a header
	save(t, s, newer)
	for name, content := range map[string]string{
		"note.txt": "x", "empty" + suffix: "", "zero" + suffix: "\x00\x00\x00\x00", ".hidden" + suffix: "x",
		"huge" + suffix:   "\x5A\x2A\x4D\x18\xFF\xFF\xFF\xFFrest",
		"cut" + suffix:    "\x5A\x2A\x4D\x18\xFF\x0F\x00\x00rest",
		"future" + suffix: `{"schema":"layerwise/record/v9","id":"x"}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "folder"+suffix), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Dir(), "stray"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	entries, err := s.List(Filter{})
	if err != nil || len(entries) != 2 || entries[0].ID != newer.ID || entries[1].ID != r.ID {
		t.Errorf("List: %v, %v", entries, err)
	}
	if latest, err := s.Latest(r.Project); err != nil || latest.ID != newer.ID {
		t.Errorf("Latest: %v, %v", latest, err)
	}
	if len(*warnings) == 0 {
		t.Error("nothing was said about records that cannot be read")
	}
	if removed, _, err := s.Prune(PruneOptions{All: true}); err != nil || len(removed) != 2 {
		t.Errorf("Prune: %v, %v", removed, err)
	}
	if _, err := os.Stat(filepath.Join(folder, "note.txt")); err != nil {
		t.Error("a foreign file was removed")
	}
}

func TestPrune(t *testing.T) {
	s, _ := open(t)
	s.Keep = 3
	for n := range 6 {
		save(t, s, build("/a", n), build("/b", 10+n))
	}
	if entries, _ := s.List(Filter{}); labels(entries) != "15 14 13 5 4 3" {
		t.Errorf("after saving: %s", labels(entries))
	}
	stale := filepath.Join(s.Dir(), projectFolder(project("/a")), ".tmp-123")
	if err := os.WriteFile(stale, make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * staleAfter)
	if err := os.Chtimes(stale, old, old); err != nil {
		t.Fatal(err)
	}
	p := project("/a")
	removed, freed, err := s.Prune(PruneOptions{Project: &p, Keep: 2})
	if err != nil || labels(removed) != "3" || freed != removed[0].Size+1000 {
		t.Errorf("Keep: %s, %d bytes, %v", labels(removed), freed, err)
	}
	recent := build("/a", 7)
	recent.Started = time.Now().Add(-time.Minute)
	save(t, s, recent)
	removed, _, err = s.Prune(PruneOptions{OlderThan: time.Hour})
	if err != nil || len(removed) != 5 {
		t.Errorf("OlderThan: %s, %v", labels(removed), err)
	}
	if entries, _ := s.List(Filter{}); labels(entries) != "7" {
		t.Errorf("left: %s", labels(entries))
	}
	if removed, _, err := s.Prune(PruneOptions{}); err != nil || len(removed) != 0 {
		t.Errorf("no option: %v, %v", removed, err)
	}
}

func TestSaveRefusesBadIDs(t *testing.T) {
	s, _ := open(t)
	for _, id := range []string{"", ".", "..", "../x", "a/b", `a\b`, ".tmp-1", "a\x00", "a\nb"} {
		r := build("/a", 1)
		r.ID = id
		if err := s.Save(r); err == nil {
			t.Errorf("%q was saved", id)
		}
	}
}

func TestPrivate(t *testing.T) {
	s, _ := open(t)
	save(t, s, build("/a", 1))
	if _, err := s.Salt(); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(filepath.Dir(s.Dir()), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
			t.Errorf("%s: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestConcurrentSaves(t *testing.T) {
	s, _ := open(t)
	var group sync.WaitGroup
	for worker := range 4 {
		other, err := Open(s.Dir())
		if err != nil {
			t.Fatal(err)
		}
		other.Keep = 5
		group.Go(func() {
			for n := range 10 {
				if err := other.Save(build("/a", worker*10+n)); err != nil {
					t.Error(err)
				}
				if r, err := other.Latest(project("/a")); err != nil || r == nil {
					t.Errorf("Latest: %v, %v", r, err)
				}
				if _, _, err := other.Prune(PruneOptions{Keep: 3}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if entries, _ := s.List(Filter{}); len(entries) != 3 || entries[0].Label != "build 39" {
		t.Errorf("left: %s", labels(entries))
	}
}

func TestSalt(t *testing.T) {
	s, _ := open(t)
	var group sync.WaitGroup
	salts := make([][]byte, 8)
	for i := range salts {
		group.Go(func() {
			other, err := Open(s.Dir())
			if err == nil {
				salts[i], err = other.Salt()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, salt := range salts {
		if len(salt) != saltSize || !bytes.Equal(salt, salts[0]) {
			t.Fatalf("salts differ: %x", salts)
		}
	}
	if bytes.Equal(salts[0], make([]byte, saltSize)) {
		t.Error("the salt is zero")
	}
	if err := os.WriteFile(filepath.Join(s.Dir(), "salt"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if salt, err := s.Salt(); err != nil || len(salt) != saltSize {
		t.Errorf("after damage: %x, %v", salt, err)
	}
}

func TestDefaultDir(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	state := t.TempDir()
	for value, want := range map[string]string{
		state: state, "": filepath.Join(home, ".local", "state"), "relative": filepath.Join(home, ".local", "state"),
	} {
		t.Setenv("XDG_STATE_HOME", value)
		if dir, err := DefaultDir(); err != nil || dir != filepath.Join(want, "layerwise", "records") {
			t.Errorf("%q: %s, %v", value, dir, err)
		}
	}
}

func TestProjectFolder(t *testing.T) {
	seen := map[string]string{}
	for _, context := range []string{
		"/src/app", "/other/app", "/", "", "/a/..", "/a/b c", "/a/ü", "/a/" + strings.Repeat("x", 300), `C:\src\app`,
		"https://github.com/moby/buildkit.git#master", "/a/\n", "/a/.git",
	} {
		name := projectFolder(project(context))
		if !validID.MatchString(name) {
			t.Errorf("%q: %q is no safe name", context, name)
		}
		if twin, ok := seen[name]; ok {
			t.Errorf("%q and %q share a folder", context, twin)
		}
		seen[name] = context
	}
	if name := projectFolder(project("/src/app")); !strings.HasPrefix(name, "app-") {
		t.Errorf("%s does not show its context", name)
	}
	a, b := project("/a"), project("/a")
	b.Target = "test"
	if projectFolder(a) == projectFolder(b) {
		t.Error("the target does not count")
	}
}

// BenchmarkList lists 500 records, each with a tree of 5,000 files.
func BenchmarkList(b *testing.B) {
	s, _ := open(b)
	s.Keep = -1
	r := build("/a", 0)
	for i := range 5000 {
		r.Trees = map[string]record.Tree{"context": append(r.Trees["context"], record.File{
			Path: fmt.Sprintf("src/folder%d/file%d.go", i%50, i), Type: "file", Mode: 0o644, Size: int64(i),
		})}
	}
	for n := range 500 {
		r.ID, r.Project = record.NewID(start.Add(time.Duration(n)*time.Second)), project(fmt.Sprint("/", n%10))
		save(b, s, r)
	}
	for b.Loop() {
		if entries, err := s.List(Filter{}); err != nil || len(entries) != 500 {
			b.Fatal(len(entries), err)
		}
	}
}

// TestFuture lets records that are dated in the future count as the oldest, says so,
// and never removes for them what was just saved.
func TestFuture(t *testing.T) {
	s, warnings := open(t)
	s.Keep = 5
	future := func(n int) *record.Record {
		r := build("/a", n)
		r.Started = time.Now().AddDate(4, 0, n)
		r.ID = record.NewID(r.Started)
		return r
	}
	save(t, s, build("/a", 1), future(2))
	latest, err := s.Latest(project("/a"))
	if err != nil || latest.Label != "build 1" {
		t.Errorf("latest is %v, %v", latest, err)
	}
	if len(*warnings) != 1 || !strings.Contains((*warnings)[0], "1 of this project's 2 records are dated in the future") {
		t.Errorf("warnings: %q", *warnings)
	}
	for n := 3; n < 10; n++ {
		save(t, s, future(n))
	}
	last := build("/a", 10)
	save(t, s, last)
	entries, err := s.List(Filter{Project: &latest.Project})
	if err != nil || !strings.HasPrefix(labels(entries), "10 1 ") || len(entries) > s.Keep+1 {
		t.Errorf("left: %s, %v", labels(entries), err)
	}
	if before, err := s.Before(last); err != nil || before == nil || before.Label != "build 1" {
		t.Errorf("before build 10: %v, %v", before, err)
	}
	// Another clock that is ahead by a little is no reason to warn.
	other, quiet := open(t)
	r := build("/a", 1)
	r.Started = time.Now().Add(20 * time.Second)
	save(t, other, build("/a", 0), r)
	if latest, err := other.Latest(project("/a")); err != nil || latest.Label != "build 1" || len(*quiet) > 0 {
		t.Errorf("latest is %v, %v, warnings %q", latest, err, *quiet)
	}
}
