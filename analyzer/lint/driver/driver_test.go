package driver_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/lint/driver"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
)

// project makes files in a new folder, which is a repository, and enters it.
func project(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		place := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(place), 0o755), os.WriteFile(place, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func open(t *testing.T, o driver.Options) *driver.Run {
	t.Helper()
	run, err := driver.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// look returns the findings as PATH:LINE RULE.
func look(t *testing.T, run *driver.Run) []string {
	t.Helper()
	found := []string{}
	err := run.Look(t.Context(), func(r driver.Result) error {
		for _, f := range r.Findings {
			found = append(found, r.Path+":"+strconv.Itoa(f.Line)+" "+f.Rule)
		}
		return r.Err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func texts(files ...string) map[string][]byte {
	all := map[string][]byte{}
	for i := 0; i < len(files); i += 2 {
		all[files[i]] = []byte(files[i+1])
	}
	return all
}

// What is in an editor counts, not what is on the disk: of the file, of its ignore
// file, of its settings' folder.
func TestOverlay(t *testing.T) {
	project(t, map[string]string{
		"Dockerfile": "FROM debian:12\n", "web/Dockerfile": "FROM debian\n", "web/app": "", "web/.dockerignore": "x",
		"web/.layerwise.yaml": "lint:\n  rules:\n    MaintainerDeprecated: off\n",
	})
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		paths   []string
		overlay map[string][]byte
		want    []string
	}{
		{"the disk", []string{"."}, nil, []string{"web/Dockerfile:1 unpinned-base"}},
		{"a file that is saved no more", []string{"web/Dockerfile"}, texts("web/Dockerfile", "FROM debian:12\nFROM debian\n"), []string{"web/Dockerfile:2 unpinned-base"}},
		{"its absolute path", []string{"web/Dockerfile"}, texts(filepath.Join(here, "web", "Dockerfile"), "FROM debian:12\nFROM debian\n"), []string{"web/Dockerfile:2 unpinned-base"}},
		{"a file that does not exist", []string{"web/new"}, texts("web/new", "FROM debian\nMAINTAINER me\n"), []string{"web/new:1 unpinned-base"}},
		{"in a folder", []string{"."}, texts("web/Dockerfile", "FROM debian:12\nFROM debian\n"), []string{"web/Dockerfile:2 unpinned-base"}},
		{"named and in a folder", []string{".", "web/Dockerfile"}, texts("web/Dockerfile", "FROM debian:12\nFROM debian\n"), []string{"web/Dockerfile:2 unpinned-base"}},
		{"the ignore file", []string{"web/Dockerfile"}, texts("web/Dockerfile", "FROM debian:12\nCOPY app /\n", "web/.dockerignore", "app\n"), []string{"web/Dockerfile:2 CopyIgnoredFile"}},
		{"an ignore file of its own", []string{"web/Dockerfile"}, texts("web/Dockerfile", "FROM debian:12\nCOPY app /\n", "web/Dockerfile.dockerignore", "app\n"), []string{"web/Dockerfile:2 CopyIgnoredFile"}},
		{"without a path", []string{driver.Unnamed}, texts(driver.Unnamed, "FROM debian\nCOPY app /\n"), []string{"-:1 unpinned-base"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := open(t, driver.Options{Paths: tt.paths, Overlay: tt.overlay, Disable: []string{driver.AllRules},
				Enable: []string{"unpinned-base", "CopyIgnoredFile"}})
			if diff := cmp.Diff(tt.want, look(t, run)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	run := open(t, driver.Options{Paths: []string{"web/new"}, Overlay: texts("web/new", "FROM debian:12\nMAINTAINER me\n")})
	if got := look(t, run); slices.Contains(got, "web/new:2 MaintainerDeprecated") {
		t.Errorf("the settings of its folder do not count: %v", got)
	}
}

// Fixes are seen by Look before they are written, and an ignore file that one makes
// is seen by the files that share it.
func TestFix(t *testing.T) {
	files := map[string]string{"package.json": "{}", "package-lock.json": "{}", "node_modules/x/index.js": ""}
	for _, name := range []string{"Dockerfile", "web.Dockerfile"} {
		files[name] = "FROM node:24\nWORKDIR /srv\nCOPY . .\nRUN npm ci\n"
	}
	project(t, files)
	o := driver.Options{Paths: []string{"."}, Disable: []string{driver.AllRules}, Enable: []string{"context-noise"}}
	run := open(t, o)
	if got := look(t, run); len(got) != 2 {
		t.Fatalf("found %v", got)
	}
	for _, tt := range []struct {
		options driver.FixOptions
		changes int
	}{{driver.FixOptions{}, 0}, {driver.FixOptions{Review: true, Alone: true}, 0}, {driver.FixOptions{Review: true}, 1}} {
		if _, err := run.Fix(t.Context(), tt.options); err != nil || len(run.Changes()) != tt.changes {
			t.Fatalf("%+v: %v, %v", tt.options, run.Changes(), err)
		}
	}
	if got := look(t, run); len(got) != 0 {
		t.Errorf("found in what the fix made: %v", got)
	}
	c := run.Changes()[0]
	if c.Path != ".dockerignore" || !c.Made || !strings.Contains(string(c.Diff()), "+node_modules\n") {
		t.Errorf("changed %+v", c)
	}
	if _, err := os.Stat(".dockerignore"); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("it is written: %v", err)
	}
	if failed := run.Write(); failed != nil {
		t.Fatal(failed)
	}
	if got := look(t, open(t, o)); len(got) != 0 {
		t.Errorf("found after Write: %v", got)
	}
}

// A fix of unsaved text does not go over what is on the disk.
func TestFixUnsaved(t *testing.T) {
	const saved, unsaved = "FROM debian:12\n", "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\n"
	project(t, map[string]string{"Dockerfile": saved})
	run := open(t, driver.Options{Paths: []string{"Dockerfile"}, Overlay: texts("Dockerfile", unsaved),
		Disable: []string{driver.AllRules}, Enable: []string{"index-refresh-apart"}})
	fixed, err := run.Fix(t.Context(), driver.FixOptions{})
	if err != nil || len(fixed) != 1 || len(fixed[0].Applied) != 1 {
		t.Fatalf("%+v, %v", fixed, err)
	}
	if c := run.Changes(); len(c) != 1 || string(c[0].Old) != unsaved {
		t.Errorf("%+v", c)
	}
	if text, err := run.Text("Dockerfile"); err != nil || !strings.Contains(string(text), "update && ") {
		t.Errorf("%s, %v", text, err)
	}
	if failed := run.Write(); len(failed) != 1 || !strings.Contains(failed[0].Error(), "it was changed since it was read") {
		t.Errorf("written: %v", failed)
	}
	if got, err := os.ReadFile("Dockerfile"); err != nil || string(got) != saved {
		t.Errorf("%q, %v", got, err)
	}
}

// A finding says whether its lines or those of its fix hold a secret, also where
// another rule found that.
func TestSecrets(t *testing.T) {
	project(t, nil)
	run := open(t, driver.Options{Paths: []string{"a"}, Overlay: texts("a", "FROM debian:12\nLABEL a b\nENV PASSWORD hunter2\n# layerwise ignore=copy-link\nENV A=b\n")})
	secret := map[string]bool{}
	err := run.Look(t.Context(), func(r driver.Result) error {
		for _, f := range r.Findings {
			secret[strconv.Itoa(f.Line)+" "+f.Rule] = f.Secret
			if f.SecretFix {
				t.Errorf("%s: the fix is about a secret", f.Rule)
			}
		}
		return r.Err
	})
	want := map[string]bool{"2 LegacyKeyValueFormat": false, "3 LegacyKeyValueFormat": true, "3 SecretsUsedInArgOrEnv": true, "4 unused-ignore": false}
	if err != nil || !cmp.Equal(secret, want) {
		t.Errorf("(-want +got):\n%s%v", cmp.Diff(want, secret), err)
	}
}

// Findings that are in the baseline are no result, and what is gone is counted.
func TestBaseline(t *testing.T) {
	project(t, map[string]string{"Dockerfile": "FROM debian\nMAINTAINER me\n"})
	o := driver.Options{Paths: []string{"."}, Baseline: "base.json"}
	var none *driver.NoBaselineError
	if _, err := driver.Open(t.Context(), o); !errors.As(err, &none) || none.Path != "base.json" {
		t.Errorf("no baseline: %v", err)
	}
	o.UpdateBaseline = true
	run := open(t, o)
	if got := look(t, run); len(got) != 0 {
		t.Errorf("found %v", got)
	}
	if known, gone, err := run.WriteBaseline(); known != 2 || gone != 0 || err != nil {
		t.Errorf("%d, %d, %v", known, gone, err)
	}
	o.UpdateBaseline = false
	o.Overlay = texts("Dockerfile", "FROM debian\nFROM scratch AS Web\n")
	o.Paths = []string{"Dockerfile"}
	run = open(t, o)
	if got, want := look(t, run), []string{"Dockerfile:2 StageNameCasing"}; !slices.Contains(got, want[0]) || slices.Contains(got, "Dockerfile:1 unpinned-base") {
		t.Errorf("found %v", got)
	}
	if gone := run.Stale(); gone != 1 {
		t.Errorf("%d are gone", gone)
	}
}

func TestSelection(t *testing.T) {
	index := rules.NewIndex()
	for _, tt := range []struct {
		enable, disable []string
		disabled        bool
		like            string
		hadolint        []string
	}{
		{enable: []string{"nope"}},
		{disable: []string{"stagenamecasing"}, disabled: true, like: "StageNameCasing"},
		{disable: []string{"DL3006"}, disabled: true, hadolint: index.Hadolint("DL3006")},
	} {
		_, err := driver.Open(t.Context(), driver.Options{Enable: tt.enable, Disable: tt.disable})
		var selection *driver.SelectionError
		var unknown *rules.UnknownError
		if !errors.As(err, &selection) || !errors.As(err, &unknown) || selection.Disabled != tt.disabled || unknown.Like != tt.like ||
			!slices.Equal(unknown.Hadolint, tt.hadolint) {
			t.Errorf("%v %v: %v", tt.enable, tt.disable, err)
		}
	}
	for _, id := range []string{driver.AllRules, "copy-link"} {
		if err := (driver.Options{Enable: []string{id}, Disable: []string{id}}).Check(); !errors.Is(err, driver.ErrContradiction) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestErrors(t *testing.T) {
	project(t, map[string]string{"Dockerfile": "FROM debian\n", "bad.yaml": "lint:\n  rules:\n    nope: off\n"})
	var wrong *driver.SettingsError
	if _, err := driver.Open(t.Context(), driver.Options{Paths: []string{"."}, Config: "bad.yaml"}); !errors.As(err, &wrong) || wrong.Line != 3 {
		t.Errorf("settings: %v", err)
	}
	if _, err := driver.Open(t.Context(), driver.Options{Paths: []string{"nothing"}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a path that does not exist: %v", err)
	}
	run := open(t, driver.Options{Paths: []string{"Dockerfile"}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run.Look(ctx, func(driver.Result) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if _, err := run.Fix(ctx, driver.FixOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if _, err := driver.Open(ctx, driver.Options{Paths: []string{"."}}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
