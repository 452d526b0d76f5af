package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestReadyMade runs the lint commands of the ready-made CI files as CI would, on
// a folder with one clean Dockerfile and on one with a finding.
func TestReadyMade(t *testing.T) {
	commands := regexp.MustCompile(`(?m)go run "github\.com/layerwise/layerwise/cmd/layerwise@[^"]+" (lint .+)$`)
	for file, written := range map[string]string{
		"../../.github/workflows/lint.yml": "layerwise.sarif",
		"../../.gitlab/lint.yml":           "gl-code-quality-report.json",
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var document map[string]any
		if err := yaml.Unmarshal(text, &document); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		found := commands.FindSubmatch(text)
		if found == nil {
			t.Fatalf("%s runs no lint", file)
		}
		for dockerfile, want := range map[string]int{"FROM scratch\nCOPY a /\n": 0, "FROM scratch AS Upper\nCOPY a /\n": 3} {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
				t.Fatal(err)
			}
			// the words of the job, with its variables at their defaults
			cmd := exec.Command("bash", "-c", `paths=(.); FAIL_ON=warning LAYERWISE_FAIL_ON=warning; "$0" `+string(found[1]), binary(t))
			cmd.Dir = dir
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != want {
				t.Errorf("%s: exit code %d, want %d\n%s", file, got, want, out)
			}
			if _, err := os.Stat(filepath.Join(dir, written)); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// TestPreCommit wants the hook to see the files that lint looks for.
func TestPreCommit(t *testing.T) {
	text, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct{ ID, Entry, Language, Files, Exclude string }
	if err := yaml.Unmarshal(text, &hooks); err != nil || len(hooks) != 1 {
		t.Fatalf("%d hooks: %v", len(hooks), err)
	}
	files, exclude := regexp.MustCompile(hooks[0].Files), regexp.MustCompile(hooks[0].Exclude)
	for name, want := range map[string]bool{
		"Dockerfile": true, "a/Dockerfile": true, "Dockerfile.dev": true, "a/web.Dockerfile": true, "web.dockerfile": true, "Containerfile": true, "Containerfile.dev": true,
		"Dockerfile.dockerignore": false, ".dockerignore": false, "MyDockerfile": false, "Dockerfile/x": false, "docker.go": false,
	} {
		if got := files.MatchString(name) && !exclude.MatchString(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	cmd := exec.Command(binary(t), append(strings.Fields(hooks[0].Entry)[1:], "Dockerfile")...)
	cmd.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(cmd.Dir, "Dockerfile"), []byte("FROM scratch\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", hooks[0].Entry, err, out)
	}
}
