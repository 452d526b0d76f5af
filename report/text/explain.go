package text

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/report"
)

// explain prints what each cache key depends on. Nothing is built for it.
func (p *page) explain(v *view) {
	p.header(v, "nothing was built")
	p.warnings(v.build.Warnings)
	p.blank()
	if len(v.shown) == 0 {
		p.print(plain, margin, "no instructions")
	} else {
		p.table(v.explainTable())
	}
	v.failure()
}

func (v *view) explainTable() table {
	t := table{columns: []column{
		{head: "LINE", right: true},
		{head: "INSTRUCTION", mode: cutting, least: 26},
		{head: "EFFECT"},
		{head: "KEY DEPENDS ON", mode: wrapping, least: 26, label: "key: "},
		{head: "TAKES DOWN", mode: wrapping, least: 16, label: "takes down "},
	}}
	for _, platform := range v.platforms {
		if len(v.platforms) > 1 {
			t.rows = append(t.rows, row{heading: v.platform(platform)})
		}
		for _, s := range v.shown {
			if s.Platform != platform {
				continue
			}
			t.rows = append(t.rows, row{cells: []cell{
				v.number(s), v.instruction(s), v.effect(s), v.key(s), one(plain, v.takesDown(s)),
			}})
		}
	}
	return t
}

// takesDown names the steps that miss when this one does, and those that depend on
// what comes out.
func (v *view) takesDown(s *report.Step) string {
	sure, perhaps := v.lines(s.TakesDown), v.lines(s.MayTakeDown)
	switch {
	case perhaps == "":
		return sure
	case sure == "":
		return "perhaps " + perhaps
	}
	return sure + ", perhaps " + perhaps
}

func (v *view) effect(s *report.Step) cell {
	switch {
	case s.Outcome == record.Unused:
		return one(quiet, "unused")
	case s.Effect == record.EffectNone || s.Effect == "":
		return one(quiet, v.glyph.none)
	case s.Effect == record.EffectLayer:
		return one(plain, "layer")
	}
	return one(quiet, v.word(string(s.Effect)))
}

// key has one paragraph for each thing in a cache key, but for what goes without
// saying.
func (v *view) key(s *report.Step) cell {
	var c cell
	for _, k := range s.KeyParts {
		if (k.Usual || k.Kind == "text") && !v.opts.Verbose {
			continue
		}
		text := v.says(k.Message)
		if text == "" {
			text = v.clean(k.Kind)
		}
		if k.Files > 0 {
			text += " (" + count(k.Files, "file") + ", " + size(k.Size) + ")"
		}
		c = append(c, paragraph{text: strings.TrimSpace(text)})
	}
	return append(c, v.note(s)...)
}
