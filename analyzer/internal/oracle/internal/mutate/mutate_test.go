package mutate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
)

// TestWorldsParse makes many worlds, edits them, and lets BuildKit's parser read
// every Dockerfile.
func TestWorldsParse(t *testing.T) {
	var all strings.Builder
	edits := map[string]int{}
	for n := range uint64(600) {
		w := New(1, n)
		for range 8 {
			text := w.File.Text()
			all.WriteString(text)
			if _, err := dockerfile.Parse("Dockerfile", []byte(text)); err != nil {
				t.Fatalf("case %d: %v\n%s", n, err, text)
			}
			w.Settle()
			edits[w.Mutate().Name]++
		}
	}
	for _, form := range []string{"COPY --from=", "ADD ", "--link", "--chown", "--chmod", "--parents", "--exclude", "<<doc", "type=bind", "type=cache",
		"type=secret", "type=tmpfs", "rw ", "from=extra", "--network=none", "FROM scratch", "FROM ${BASE}", "FROM ${PICK", "FROM --platform=linux/arm64",
		"ONBUILD ", "USER", "SHELL", "WORKDIR", "LABEL", "date +", "grep -q bad", `RUN ["`, "COPY --from=0", ":-src}", "ADD pkg.tar", "#!/bin/sh", "TARGETARCH"} {
		if !strings.Contains(all.String(), form) {
			t.Errorf("no Dockerfile has %q", form)
		}
	}
	for _, name := range Names() {
		if edits[name] == 0 {
			t.Errorf("no world had the edit %q", name)
		}
	}
}

// TestBreak breaks and mends files, in every way and in every position.
func TestBreak(t *testing.T) {
	var all strings.Builder
	first, last, several, stages := false, false, false, map[int]bool{}
	for n := range uint64(300) {
		w := New(1, n)
		w.Break()
		text := w.File.Text()
		all.WriteString(text)
		if _, err := dockerfile.Parse("Dockerfile", []byte(text)); err != nil {
			t.Fatalf("case %d: %v\n%s", n, err, text)
		}
		broken := 0
		for k, s := range w.File.Stages {
			for at, i := range s.Steps {
				if i.Fails {
					broken++
					stages[k] = true
					first, last = first || at == 0, last || at == len(s.Steps)-1
				}
			}
		}
		several = several || broken > 1
		for w.Broken() {
			w.Mend()
		}
		if broken == 0 {
			t.Errorf("case %d has nothing that fails", n)
		}
	}
	for _, form := range []string{" missing.txt ", " a.txt missing.txt ", " /missing ", "--from=s", "--from=extra", "ADD missing.tar", "source=missing", "exit 1", "sleep", "exit 7"} {
		if !strings.Contains(all.String(), form) {
			t.Errorf("no Dockerfile has %q", form)
		}
	}
	if !first || !last || !several || len(stages) < 4 {
		t.Errorf("first %v, last %v, several %v, stages %v", first, last, several, stages)
	}
}

// TestSameSeed makes the same world twice.
func TestSameSeed(t *testing.T) {
	run := func() string {
		w, out := New(3, 4), ""
		for range 10 {
			out += fmt.Sprint(w.File.Text(), w.Context, w.Args, w.Mutate())
		}
		return out
	}
	if run() != run() {
		t.Error("the same seed gave two worlds")
	}
}
