package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/record"
)

// TestEdits makes each edit in an experiment of its own.
func TestEdits(t *testing.T) {
	cases := []struct {
		edit, label string
		want        []string
	}{
		{"change: src/app.js", "change src/app.js", []string{`+ 0644 src/app.js "app\n\n"`, `- 0644 src/app.js "app\n"`}},
		{"change: ./src//app.js", "change ./src//app.js", []string{`+ 0644 src/app.js "app\n\n"`, `- 0644 src/app.js "app\n"`}},
		{"change: {path: src/app.js, content: new}", "change src/app.js", []string{`+ 0644 src/app.js "new"`, `- 0644 src/app.js "app\n"`}},
		{`change: {path: src/app.js, content: ""}`, "change src/app.js", []string{`+ 0644 src/app.js ""`, `- 0644 src/app.js "app\n"`}},
		{"change: locked/inside.txt", "change locked/inside.txt", []string{`+ 0644 locked/inside.txt "in\n\n"`, `- 0644 locked/inside.txt "in\n"`}},
		{"add: {path: new.txt}", "add new.txt", []string{`+ 0644 new.txt ""`}},
		{`add: {path: src/x/y/z.sh, content: "z\n", mode: 0755}`, "add src/x/y/z.sh",
			[]string{`+ 0755 src/x/`, `+ 0755 src/x/y/`, `+ 0755 src/x/y/z.sh "z\n"`}},
		{"add: {path: locked/new.txt, content: 5}", "add locked/new.txt", []string{`+ 0644 locked/new.txt "5"`}},
		{"delete: run.sh", "delete run.sh", []string{`- 0644 run.sh "#!/bin/sh\n"`}},
		{"delete: src/lib", "delete src/lib", []string{`- 0644 src/lib/deep.js "deep\n"`, `- 0755 src/lib/`}},
		{"delete: locked", "delete locked", []string{`- 0555 locked/`, `- 0644 locked/inside.txt "in\n"`}},
		{"delete: out", "delete out", []string{`- link out -> ..`}},
		{"rename: {from: run.sh, to: bin/go.sh}", "rename run.sh to bin/go.sh",
			[]string{`+ 0644 bin/go.sh "#!/bin/sh\n"`, `+ 0755 bin/`, `- 0644 run.sh "#!/bin/sh\n"`}},
		{"rename: {from: src/lib, to: lib}", "rename src/lib to lib",
			[]string{`+ 0644 lib/deep.js "deep\n"`, `+ 0755 lib/`, `- 0644 src/lib/deep.js "deep\n"`, `- 0755 src/lib/`}},
		{"rename: {from: link.js, to: other.js}", "rename link.js to other.js", []string{`+ link other.js -> src/app.js`, `- link link.js -> src/app.js`}},
		{`replace: {path: package.json, old: '"a": 1', new: '"a": 2'}`, `replace "\"a\": 1" with "\"a\": 2" in package.json`,
			[]string{`+ 0644 package.json "{\"a\": 2, \"b\": 1}"`, `- 0644 package.json "{\"a\": 1, \"b\": 1}"`}},
		{`chmod: {path: run.sh, mode: "0755"}`, "chmod 755 run.sh", []string{`+ 0755 run.sh "#!/bin/sh\n"`, `- 0644 run.sh "#!/bin/sh\n"`}},
		{`chmod: {path: run.sh, mode: 4755}`, "chmod 4755 run.sh", []string{`+ 4755 run.sh "#!/bin/sh\n"`, `- 0644 run.sh "#!/bin/sh\n"`}},
		{"chmod: {path: src, mode: 700}", "chmod 700 src", []string{`+ 0700 src/`, `- 0755 src/`}},
		{"touch: src/app.js", "touch src/app.js", nil},
		{"dockerfile: {old: echo one, new: echo 1}", `Dockerfile: replace "echo one" with "echo 1"`, dockerfile("FROM a\nRUN echo 1\nCOPY . .\nRUN echo two\n")},
		{"dockerfile: {insert: RUN x, after: COPY . .}", `Dockerfile: insert "RUN x"`, dockerfile("FROM a\nRUN echo one\nCOPY . .\nRUN x\nRUN echo two\n")},
		{"dockerfile: {insert: \"ARG x\\n\", before: 1}", `Dockerfile: insert "ARG x"`, dockerfile("ARG x\nFROM a\nRUN echo one\nCOPY . .\nRUN echo two\n")},
		{"dockerfile: {insert: CMD x, after: 4}", `Dockerfile: insert "CMD x"`, dockerfile("FROM a\nRUN echo one\nCOPY . .\nRUN echo two\nCMD x\n")},
		{"dockerfile: {delete: 2}", "Dockerfile: delete line 2", dockerfile("FROM a\nCOPY . .\nRUN echo two\n")},
		{"dockerfile: {delete: COPY . .}", `Dockerfile: delete "COPY . ."`, dockerfile("FROM a\nRUN echo one\nRUN echo two\n")},
	}
	for _, c := range cases {
		t.Run(c.label, func(t *testing.T) {
			o, b := options(t, load(t, "steps: [{edits: [{"+c.edit+"}]}]"))
			records, err := Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, b.changes(1)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if len(records) != 2 || records[0].Label != ColdLabel || records[1].Label != c.label {
				t.Errorf("records are labelled %q, want %q", labels(records), []string{ColdLabel, c.label})
			}
		})
	}
}

// dockerfile is the change of the example's Dockerfile.
func dockerfile(to string) []string {
	return []string{fmt.Sprintf("+ 0644 Dockerfile %q", to), `- 0644 Dockerfile "FROM a\nRUN echo one\nCOPY . .\nRUN echo two\n"`}
}

func labels(records []*record.Record) []string {
	var all []string
	for _, r := range records {
		all = append(all, r.Label)
	}
	return all
}

// TestImpossibleEdits: nothing is built, and the error says where and why.
func TestImpossibleEdits(t *testing.T) {
	cases := []struct{ edit, want string }{
		{"change: none.js", "change none.js: no such file in the context"},
		{"change: none/none.js", "change none/none.js: no such file in the context"},
		{"change: src", "change src: it is a folder: name a file in it"},
		{"change: linked", "change linked: it is a folder: name a file in it"},
		{"change: linked/none.js", "change linked/none.js: no such file in the context"},
		{"change: link.js/x", "src/app.js is no folder"},
		{"change: out/secret", "change out/secret: it leads out of the context, to /"},
		{"change: abs/passwd", "change abs/passwd: it leads out of the context, to /etc/passwd"},
		{"change: run.sh/x", "run.sh is no folder"},
		{`change: {path: src/app.js, content: "app\n"}`, "the file has this content already"},
		{"add: {path: run.sh}", "add run.sh: run.sh is there already"},
		{"add: {path: out/x}", "it leads out of the context"},
		{"add: {path: abs/x}", "it leads out of the context, to /etc/x"},
		{"add: {path: link.js}", "link.js is there already"},
		{"add: {path: linked/app.js}", "src/app.js is there already"},
		{"delete: none", "no such file in the context"},
		{"delete: abs/passwd", "it leads out of the context, to /etc/passwd"},
		{"touch: abs", "it leads out of the context, to /etc"},
		{"chmod: {path: abs, mode: 700}", "it leads out of the context, to /etc"},
		{"replace: {path: abs/passwd, old: root, new: toor}", "it leads out of the context, to /etc/passwd"},
		{"chmod: {path: run.sh, mode: 644}", "chmod 644 run.sh: it has this mode already"},
		{"rename: {from: run.sh, to: src/app.js}", "src/app.js is there already"},
		{"rename: {from: src, to: src/lib/src}", "a folder cannot move into itself"},
		{"rename: {from: run.sh, to: out/run.sh}", "it leads out of the context"},
		{"rename: {from: out/run.sh, to: run2.sh}", "it leads out of the context"},
		{"replace: {path: package.json, old: c, new: d}", `"c" does not occur in it`},
		{"replace: {path: package.json, old: 1, new: 2}", `"1" occurs 2 times`},
		{"dockerfile: {old: RUN, new: ADD}", `"RUN" occurs 2 times`},
		{"dockerfile: {delete: 5}", "the Dockerfile has no line 5, only 4"},
		{"dockerfile: {delete: RUN echo}", `the Dockerfile has no line "RUN echo"`},
	}
	for _, c := range cases {
		t.Run(c.edit, func(t *testing.T) {
			o, b := options(t, load(t, "steps:\n- label: fine\n- edits:\n  - {"+c.edit+"}"))
			_, err := Run(t.Context(), o)
			var located *Error
			if !errors.As(err, &located) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "scenario.yaml:4: ") {
				t.Errorf("error %v, want scenario.yaml:4: … %s", err, c.want)
			}
			if len(b.builds) > 0 {
				t.Error("something was built")
			}
		})
	}
}

// TestSteps: edits and build arguments add up, and a prune comes before its build.
func TestSteps(t *testing.T) {
	o, b := options(t, load(t, `
steps:
  - label: unchanged
  - edits: [{change: src/app.js}, {delete: run.sh}]
    build-args: {VERSION: 2, NPM_TOKEN: abcdef}
  - edits: [{change: src/app.js}, {add: {path: run.sh}}, {rename: {from: run.sh, to: a}}, {delete: a}]
    build-args: {VERSION: 03}
  - label: after a prune
    prune: true
`))
	var events []string
	o.Progress = func(index, total int, label string) {
		events = append(events, fmt.Sprintf("%d/%d %s", index, total, label))
	}
	o.Prune = func(context.Context) error { events = append(events, "prune"); return nil }
	b.then = func(one Build) (*record.Record, error) {
		events = append(events, fmt.Sprintf("build %v", one.BuildArgs))
		return &record.Record{}, nil
	}
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"0/5 cold", "build map[]",
		"1/5 unchanged", "build map[]",
		"2/5 change src/app.js, delete run.sh, NPM_TOKEN=…, 1 more", "build map[NPM_TOKEN:abcdef VERSION:2]",
		"3/5 change src/app.js, add run.sh, rename run.sh to a, 2 more", "build map[NPM_TOKEN:abcdef VERSION:03]",
		"4/5 after a prune", "prune", "build map[NPM_TOKEN:abcdef VERSION:03]",
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !slices.Contains(b.snapshots[3], `0644 src/app.js "app\n\n\n"`) {
		t.Errorf("edits do not add up: %q", b.snapshots[3])
	}
	o.Prune = nil
	if _, err := Run(t.Context(), o); err == nil || err.Error() != "scenario.yaml:8: this engine cannot be pruned" {
		t.Errorf("error %v for a prune that is not possible", err)
	}
}

func TestDefault(t *testing.T) {
	o, b := options(t, nil)
	records, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cold", "unchanged"}, labels(records)); diff != "" {
		t.Error(diff)
	}
	if c := b.changes(1); c != nil {
		t.Errorf("changed: %q", c)
	}
}

func TestFromEdits(t *testing.T) {
	o, b := options(t, FromEdits([]string{"src/app.js", "run.sh"}))
	records, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cold", "unchanged", "change src/app.js", "change run.sh"}, labels(records)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{`+ 0644 run.sh "#!/bin/sh\n\n"`, `- 0644 run.sh "#!/bin/sh\n"`}, b.changes(3)); diff != "" {
		t.Error(diff)
	}
	for _, path := range []string{"../x", "/etc/passwd", "", ".", "src/../../x", "a\x00b"} {
		o, b := options(t, FromEdits([]string{path}))
		if _, err := Run(t.Context(), o); err == nil || len(b.builds) > 0 {
			t.Errorf("--edit %q: error %v after %d builds", path, err, len(b.builds))
		}
	}
}

// TestTouch: the time changes, also of a file that is new.
func TestTouch(t *testing.T) {
	o, b := options(t, load(t, "steps: [{edits: [touch: src/app.js]}, {edits: [touch: src/app.js]}]"))
	var times []time.Time
	b.then = func(one Build) (*record.Record, error) {
		info, err := os.Stat(filepath.Join(one.Context, "src", "app.js"))
		times = append(times, info.ModTime())
		return &record.Record{}, err
	}
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if times[0].Equal(times[1]) || times[1].Equal(times[2]) {
		t.Errorf("times are %v", times)
	}
}

// TestOutsideDockerfile: a Dockerfile elsewhere is copied with its own
// .dockerignore, and so is what a symbolic link leads to.
func TestOutsideDockerfile(t *testing.T) {
	for _, linked := range []bool{false, true} {
		o, b := options(t, load(t, "steps: [{edits: [dockerfile: {old: echo one, new: echo 1}]}]"))
		elsewhere := t.TempDir()
		path := filepath.Join(elsewhere, "app.Dockerfile")
		must(t, os.WriteFile(path, []byte("FROM a\nRUN echo one\n"), 0o644))
		if linked {
			path = filepath.Join(t.TempDir(), "app.Dockerfile")
			must(t, os.Symlink(filepath.Join(elsewhere, "app.Dockerfile"), path))
		}
		must(t, os.WriteFile(path+".dockerignore", []byte("docs\n"), 0o644))
		o.Dockerfile = path
		var got []string
		b.then = func(one Build) (*record.Record, error) {
			content, err := os.ReadFile(one.Dockerfile)
			if err != nil {
				return nil, err
			}
			ignore, err := os.ReadFile(one.Dockerfile + ".dockerignore")
			got = append(got, filepath.Base(one.Dockerfile), string(content), string(ignore))
			return &record.Record{}, err
		}
		if _, err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		want := []string{"app.Dockerfile", "FROM a\nRUN echo one\n", "docs\n", "app.Dockerfile", "FROM a\nRUN echo 1\n", "docs\n"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFailingBuild: the experiment goes on, and reports the failure at its end.
func TestFailingBuild(t *testing.T) {
	o, b := options(t, load(t, "steps: [{label: breaks}, {label: no plan, build-args: {API_TOKEN: hunter22}}, {label: works}]"))
	b.then = func(one Build) (*record.Record, error) {
		switch one.Index {
		case 1:
			return &record.Record{Result: record.Failed}, errors.New("exit code 1")
		case 2:
			return nil, errors.New("Dockerfile:1: no hunter22")
		}
		return &record.Record{Result: record.Succeeded, Tool: "v1"}, nil
	}
	records, err := Run(t.Context(), o)
	want := "build 2 (breaks) failed: exit code 1\nbuild 3 (no plan) failed: Dockerfile:1: no hunter22"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if len(records) != 4 || records[2].Result != record.Failed || records[2].Tool != "v1" || records[3].Result != record.Succeeded {
		t.Fatalf("records: %+v", records)
	}
	if e := records[2].Error; !strings.HasPrefix(e, "Dockerfile:1: no redacted:") {
		t.Errorf("the record's error is %q", e)
	}
	var failed *BuildError
	if !errors.As(err, &failed) || failed.Index != 1 {
		t.Errorf("the error has no BuildError: %v", err)
	}
}

// TestNothingToRecord: a cold build without a plan ends the experiment.
func TestNothingToRecord(t *testing.T) {
	o, b := options(t, Default())
	b.then = func(Build) (*record.Record, error) { return nil, errors.New("no such registry") }
	records, err := Run(t.Context(), o)
	if err == nil || len(records) != 0 || len(b.builds) != 1 {
		t.Errorf("%d records, error %v after %d builds", len(records), err, len(b.builds))
	}
}

// TestCancel ends the experiment in each of its phases; the copy is gone (see
// options), and the records so far are there.
func TestCancel(t *testing.T) {
	stop := errors.New("stopped")
	for phase, want := range map[string]int{"before": 0, "progress": 0, "cold": 1, "edit": 1, "prune": 2, "last": 3} {
		t.Run(phase, func(t *testing.T) {
			o, b := options(t, load(t, "steps: [{edits: [change: run.sh]}, {prune: true}]"))
			ctx, cancel := context.WithCancelCause(t.Context())
			at := func(now string) error {
				if now == phase {
					cancel(stop)
				}
				return context.Cause(ctx)
			}
			at("before")
			o.Progress = func(index, _ int, _ string) { at([]string{"progress", "edit", ""}[index]) }
			o.Prune = func(context.Context) error { return at("prune") }
			b.then = func(one Build) (*record.Record, error) {
				return &record.Record{}, at([]string{"cold", "", "last"}[one.Index])
			}
			records, err := Run(ctx, o)
			if !errors.Is(err, stop) || len(records) != want {
				t.Errorf("%d records and error %v, want %d records and the cause", len(records), err, want)
			}
		})
	}
}

// TestPanic: the copy goes when the build function panics, too.
func TestPanic(t *testing.T) {
	o, b := options(t, Default())
	b.then = func(Build) (*record.Record, error) { panic("oh") }
	defer func() { recover() }()
	Run(t.Context(), o)
	t.Error("no panic")
}

func TestNoContext(t *testing.T) {
	o, _ := options(t, Default())
	for name, change := range map[string]func(*Options){
		"find the context":    func(o *Options) { o.Context += "/none" },
		"is no folder":        func(o *Options) { o.Context = o.Dockerfile },
		"find the Dockerfile": func(o *Options) { o.Dockerfile += ".none" },
	} {
		changed := o
		change(&changed)
		if _, err := Run(t.Context(), changed); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %s", err, name)
		}
	}
}
