package text

import (
	"strings"

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
				v.number(s), v.instruction(s), v.effect(s), v.key(s), one(plain, v.lines(s.TakesDown)),
			}})
		}
	}
	return t
}

func (v *view) effect(s *report.Step) cell {
	switch {
	case s.Outcome == "unused":
		return one(quiet, "unused")
	case s.Effect == "none" || s.Effect == "":
		return one(quiet, v.glyph.none)
	case s.Effect == "layer":
		return one(plain, "layer")
	}
	return one(quiet, v.word(s.Effect))
}

// key has one paragraph for each thing in a cache key. That a key depends on
// the instruction's own text goes without saying.
func (v *view) key(s *report.Step) cell {
	var c cell
	for _, k := range s.KeyParts {
		if k.Kind == "text" && !v.opts.Verbose {
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
