package scenario

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/internal/strictyaml"
)

func TestLoad(t *testing.T) {
	got := load(t, `
steps:
  - label: nothing  changed
  - edits:
      - change: src/app.js
      - change: {path: a, content: ""}
      - add: {path: vendor/x.txt, content: "x\n", mode: 0644}
      - replace: {path: package.json, old: '"a": 1', new: ''}
      - {delete: old.txt}
      - chmod: {path: run.sh, mode: "4755"}
      - rename: {from: a.txt, to: b.txt}
      - {touch: 5}
      - dockerfile: {old: "echo one", new: "echo two"}
      - dockerfile: {insert: RUN true, before: "7"}
      - dockerfile: {insert: "RUN a\nRUN b\n", after: 7}
      - dockerfile: {delete: COPY . .}
    build-args: {VERSION: 2.0, DEBUG: yes}
    prune: true
`)
	empty := ""
	at := func(line int) Position { return Position{"scenario.yaml", line} }
	want := &Scenario{Steps: []Step{
		{Label: "nothing changed", At: at(3)},
		{
			At: at(4), BuildArgs: map[string]string{"VERSION": "2.0", "DEBUG": "yes"}, Prune: true,
			Edits: []Edit{
				{Change{Path: "src/app.js"}, at(5)},
				{Change{Path: "a", Content: &empty}, at(6)},
				{Add{Path: "vendor/x.txt", Content: "x\n", Mode: 0o644}, at(7)},
				{Replace{Path: "package.json", Old: `"a": 1`}, at(8)},
				{Delete{Path: "old.txt"}, at(9)},
				{Chmod{Path: "run.sh", Mode: 0o755 | specialBits[0].mode}, at(10)},
				{Rename{From: "a.txt", To: "b.txt"}, at(11)},
				{Touch{Path: "5"}, at(12)},
				{ReplaceText{Old: "echo one", New: "echo two"}, at(13)},
				{InsertLine{Text: "RUN true", At: Line{Text: "7"}}, at(14)},
				{InsertLine{Text: "RUN a\nRUN b", At: Line{Number: 7}, After: true}, at(15)},
				{DeleteLine{At: Line{Text: "COPY . ."}}, at(16)},
			},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestLoadErrors(t *testing.T) {
	const inEdit = "steps:\n- edits:\n  - "
	cases := []struct{ text, want string }{
		{"", "s:1: the scenario is empty: expected steps"},
		{"# nothing\n", "s:1: the scenario is empty: expected steps"},
		{"steps", "s:1: expected a mapping with steps, found a text"},
		{"steps:\n", "s:1: expected a list, found nothing"},
		{"steps: []", "s:1: the scenario has no steps: each is a build after the cold one"},
		{"steps: {}", "s:1: expected a list, found a mapping"},
		{"label: x", `s:1: unknown key "label": allowed here: steps`},
		{"steps:\n- {}\nsteps:\n- {}", "s:3: steps is given twice"},
		{"steps:\n- {}\n---\nsteps:\n- {}", "s:3: a second document: a scenario is one"},
		{"steps:\n-\n", "s:2: expected a mapping with label, edits, build-args, prune, found nothing"},
		{"steps:\n- a: 1\n", `s:2: unknown key "a": allowed here: label, edits, build-args, prune`},
		{"steps:\n- label: [a]\n", "s:2: expected a text, found a list"},
		{"steps:\n- prune: 1\n", "s:2: expected true or false"},
		{"steps:\n- prune: maybe\n", "s:2: expected true or false"},
		{"steps:\n- build-args: [A=1]\n", "s:2: expected a mapping from build arguments to their values, found a list"},
		{"steps:\n- build-args:\n    A:\n", "s:3: expected a text, found nothing"},
		{"steps:\n- build-args:\n    A: [1]\n", "s:3: expected a text, found a list"},
		{"steps:\n- build-args: {A: 1, A: 2}\n", `s:2: "A" is given twice`},
		{"steps:\n- build-args: {A=B: 1}\n", `s:2: "A=B" cannot be the name of a build argument`},
		{"steps:\n- {label: &x a}\n- {label: *x}\n", "s:3: expected a text, found an alias, which scenarios cannot have"},
		{"steps:\n- <<: {label: x}\n", `s:2: unknown key "<<": allowed here: label, edits, build-args, prune`},
		{"steps:\n- {label: a\n", "not YAML"},
		{"steps:\n\t- a", "s:2: not YAML: found character that cannot start any token"},
		{"\x00\x01", "s:1: not YAML: control characters are not allowed"},
		{inEdit + "src/app.js", "s:3: expected a mapping with change, add, delete, rename, replace, chmod, touch, dockerfile, found a text"},
		{inEdit + "{}", "s:3: an edit is missing: one of change, add, delete, rename, replace, chmod, touch, dockerfile"},
		{inEdit + "chnage: a", `s:3: unknown key "chnage": allowed here: change, add, delete, rename, replace, chmod, touch, dockerfile`},
		{inEdit + "change: a\n    touch: b", "s:4: a second edit in one item of the list: put - before each"},
		{inEdit + "change:", "s:3: expected a mapping with path, content, found nothing"},
		{inEdit + "change: {content: a}", "s:3: path is missing"},
		{inEdit + "change: {path: a, content: }", "s:3: expected a text, found nothing"},
		{inEdit + "change: ../a", `s:3: change ../a: this path leads out of the context: use one that is relative to it, without ".."`},
		{inEdit + "change: a/../../b", "this path leads out of the context"},
		{inEdit + "delete: /etc", "this path leads out of the context"},
		{inEdit + "delete: .", "s:3: delete .: this is the whole context: name a file in it"},
		{inEdit + "delete: a/..", "this is the whole context"},
		{inEdit + `delete: ""`, "s:3: delete : the path is empty"},
		{inEdit + `touch: "a\0b"`, "this cannot be a path"},
		{inEdit + "rename: {from: a, to: ../b}", "this path leads out of the context"},
		{inEdit + "rename: {from: a}", "s:3: to is missing"},
		{inEdit + "replace: {path: a, old: b, new: b}", "old and new are the same"},
		{inEdit + `replace: {path: a, old: "", new: b}`, "the text to replace is empty"},
		{inEdit + "chmod: {path: a, mode: u+x}", `s:3: "u+x" is no file mode: use octal digits as with chmod, such as "0755"`},
		{inEdit + "chmod: {path: a, mode: 0888}", `s:3: "0888" is no file mode`},
		{inEdit + "chmod: {path: a, mode: 17777}", `s:3: "17777" is no file mode`},
		{inEdit + "add: {path: a, mode: -1}", `s:3: "-1" is no file mode`},
		{inEdit + "dockerfile: a", "s:3: an edit of the Dockerfile is one of {old: TEXT, new: TEXT}"},
		{inEdit + "dockerfile: {old: a}", "s:3: new is missing"},
		{inEdit + "dockerfile: {insert: a}", "s:3: before is missing"},
		{inEdit + "dockerfile: {insert: a, before: 1, after: 1}", `s:3: unknown key "before": allowed here: insert, after`},
		{inEdit + "dockerfile: {delete: 0}", `s:3: "0" is no number of a line: they count from 1`},
		{inEdit + `dockerfile: {delete: " "}`, "the line is not said"},
		{strings.Repeat(" ", strictyaml.MaxSize+1), "more than 1048576 bytes"},
		{strings.Repeat("[", 20000), "not YAML: exceeded max depth"},
	}
	for _, c := range cases {
		_, err := Load("s", strings.NewReader(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: error %v, want %s", c.text, err, c.want)
		}
		var located *Error
		if len(c.text) < strictyaml.MaxSize && !errors.As(err, &located) {
			t.Errorf("%.60q: the error is a %T", c.text, err)
		}
	}
}

// TestActionReaders: each key once, and none without a form that loads.
func TestActionReaders(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range actionReaders {
		if seen[a.key] || a.key == "" || a.read == nil {
			t.Errorf("%q is there twice, or has no reader", a.key)
		}
		seen[a.key] = true
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("steps:\n- edits: [{change: a}, {dockerfile: {delete: 1}}, {chmod: {path: a, mode: 7}}]\n  build-args: {A: 1}\n")
	f.Add("steps: [{edits: [&a {touch: b}, *a]}]")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Load("s", strings.NewReader(text))
		if err != nil {
			return
		}
		for _, step := range s.Steps {
			if strings.ContainsAny(step.Title(), "\n") && step.Label != "" {
				t.Errorf("the label %q has several lines", step.Title())
			}
			for _, e := range step.Edits {
				for _, p := range e.paths() {
					if err := checkPath(p); err != nil {
						t.Errorf("%q passed: %v", p, err)
					}
				}
			}
		}
	})
}
