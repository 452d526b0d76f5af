package text_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/report"
)

// FuzzRender renders random reports, with the strings of the input in random
// places, in random options.
func FuzzRender(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, "\x1b[2J\u202e\r\nRUN a \\\n b")
	}
	f.Fuzz(func(t *testing.T, seed uint64, s string) {
		g := generator{rand.New(rand.NewPCG(seed, 1)), append(hostiles, s, strings.Repeat(s+" ", 20))}
		r, o := g.report(), g.options()
		before := marshal(t, r)
		got := render(t, r, o)
		if after := marshal(t, r); !bytes.Equal(before, after) {
			t.Error("rendering changed the report")
		}
		bare := got
		if o.Color {
			bare = sgr.ReplaceAllString(got, "")
			o.Color = false
			if without := render(t, r, o); without != bare {
				t.Errorf("colour changes the text:\n%s\n%s", bare, without)
			}
		}
		checkSafe(t, bare, o)
		for i := range r.Builds {
			r.Builds[i].Error = "" // printed as it is, to be copied
		}
		if o.Width >= 60 {
			o.Verbose = false // prints addresses as they are
			checkWidth(t, render(t, r, o), o.Width)
		}
	})
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

func checkSafe(t *testing.T, s string, o report.Options) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Error("not UTF-8")
	}
	if !strings.HasSuffix(s, "\n") {
		t.Error("does not end in a newline")
	}
	for _, r := range s {
		if r == '\n' {
			continue
		}
		if !unicode.IsPrint(r) || o.ASCII && r > '~' {
			t.Errorf("holds %U:\n%s", r, s)
			return
		}
	}
	for l := range strings.Lines(s) {
		if strings.HasSuffix(l, " \n") {
			t.Errorf("white space at the end of %q", l)
		}
	}
}

func checkWidth(t *testing.T, s string, most int) {
	t.Helper()
	c := runewidth.Condition{StrictEmojiNeutral: true}
	for l := range strings.Lines(sgr.ReplaceAllString(s, "")) {
		if w := c.StringWidth(strings.TrimSuffix(l, "\n")); w > most {
			t.Errorf("%d columns on a page of %d: %s", w, most, l)
		}
	}
}

func marshal(t *testing.T, r *report.Report) []byte {
	t.Helper()
	data, err := json.Marshal(r.Normalized())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var hostiles = []string{
	"", "a", "main.go", "日本語/ファイル.txt", "\x1b]8;;http://x\x1b\\y", "a\nb", "\u202egnp.exe", "\xc3\x28", "e\u0301\u0301\u0301", "👩‍👩‍👧 🇫🇷",
	"\u009b31m", strings.Repeat("x", 300), strings.Repeat("wide 宽 ", 30), "\x00\x07\x08\x7f", "…→–", "  ", "\u1100\u1161\u11a8", "\ufe0f\u20e3",
}

// generator makes reports that no command would.
type generator struct {
	*rand.Rand
	strings []string
}

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func many[T any](g generator, most int, f func() T) []T {
	var out []T
	for range g.IntN(most + 1) {
		out = append(out, f())
	}
	return out
}

func (g generator) text() string { return pick(g, g.strings...) }

func (g generator) seconds() float64 {
	return pick(g, 0, 0.04, 3.2, 71, 4e4, -1, math.NaN(), math.Inf(1), math.MaxFloat64)
}

func (g generator) id() string { return pick(g, "a", "b", "c", "d", g.text()) }

func (g generator) time() time.Time {
	return pick(g, time.Time{}, now.Add(-time.Hour), now.Add(time.Hour), time.Unix(1<<40, 0))
}

func (g generator) options() report.Options {
	return report.Options{
		Color: g.IntN(2) == 0, ASCII: g.IntN(3) == 0, Verbose: g.IntN(3) == 0,
		Width: pick(g, 0, 1, 39, 60, 80, 100, 140, 1<<40), Now: pick(g, now, time.Time{}),
	}
}

func (g generator) report() *report.Report {
	kinds := append(report.Kinds(), report.Kind(g.text()))
	return &report.Report{
		Kind:   pick(g, kinds...),
		Builds: many(g, 5, g.build),
		Findings: many(g, 3, func() report.Finding {
			return report.Finding{
				Rule: g.text(), Severity: pick(g, "error", "warning", "info", g.text()), File: g.text(), Line: g.IntN(3), Column: g.IntN(3),
				EndLine: g.IntN(9), EndColumn: g.IntN(99), Source: many(g, 6, g.text),
				Message: g.text(), Basis: g.text(), URL: g.text(), Fix: pick(g, nil, &report.Fix{Message: g.text(), Safety: g.text()}),
			}
		}),
	}
}

func (g generator) build() report.BuildReport {
	started := g.time()
	return report.BuildReport{
		ID: g.text(), Label: g.text(), Dockerfile: g.text(), Context: g.text(), Target: g.text(), Platforms: many(g, 2, g.text),
		Engine:   report.Engine{Kind: pick(g, "embedded", "remote", "none", g.text()), Address: g.text(), Isolation: pick(g, "runc", "builtin", g.text())},
		StandIns: many(g, 6, func() report.StandIn { return report.StandIn{Ref: g.text(), By: pick(g, "playground", g.text())} }),
		Baseline: g.text(), BaselineStarted: pick(g, nil, &started), Started: g.time(), Seconds: g.seconds(),
		Result: record.Result(pick(g, "succeeded", "failed", "canceled", "none", g.text())), Error: g.text(),
		Steps: many(g, 12, g.step),
		Roots: many(g, 12, func() report.Root {
			return report.Root{Step: g.id(), Steps: many(g, 9, g.id), Seconds: g.seconds()}
		}),
		Summary:  report.Summary{Hits: g.IntN(3), Misses: g.IntN(3), NotRun: g.IntN(3), SecondsRun: g.seconds(), SecondsSaved: g.seconds()},
		Warnings: many(g, 2, g.text),
	}
}

func (g generator) step() report.Step {
	return report.Step{
		ID: g.id(), Stage: g.text(), Platform: pick(g, "linux/amd64", "linux/amd64", g.text()), Instruction: pick(g, "RUN", "ARG", g.text()),
		Text: g.text(), Line: pick(g, -1, 0, 1, 2, 3, 4, 5, 99_999), Effect: record.Effect(pick(g, "base", "layer", "metadata", "none", g.text())),
		Outcome: record.Outcome(pick(g, "hit", "miss", "miss", "failed", "canceled", "not-run", "unused", "none", "run", "undecided", g.text())),
		Seconds: g.seconds(), SavedSeconds: g.seconds(), Causes: many(g, 7, g.cause), Note: g.text(), TakesDown: many(g, 9, g.id),
		Layers: many(g, 2, func() report.Layer { return report.Layer{Size: g.Int64() >> g.IntN(64)} }),
		KeyParts: many(g, 4, func() report.KeyPart {
			return report.KeyPart{Kind: g.text(), Message: g.text(), Files: g.IntN(3), Size: 9}
		}),
	}
}

func (g generator) cause() report.Cause {
	return report.Cause{
		Kind: explain.Kind(pick(g, "first-build", "files-changed", "instruction-changed", "parent-rebuilt", g.text())), Root: g.IntN(2) == 0, Because: g.id(),
		Message: g.text(), Old: g.text(), New: g.text(), MoreFiles: g.IntN(3),
		Files: many(g, 5, func() report.FileChange {
			return report.FileChange{Path: g.text(), Change: record.ChangeKind(pick(g, "added", "content", "mode", g.text()))}
		}),
	}
}
