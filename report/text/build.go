package text

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/report"
)

// comfortableWidth is that of a page that has room for more than it must say.
const comfortableWidth = 72

// build prints a build, a prediction or a comparison.
func (p *page) build(v *view) {
	if v.kind == report.Compare {
		p.header(v)
		p.compared(v)
	} else {
		p.header(v, p.clean(v.build.Label), v.baseline())
	}
	p.warnings(v.build.Warnings)
	p.blank()
	if len(v.shown) == 0 {
		p.print(plain, margin, "no instructions")
	} else {
		p.table(v.buildTable())
		p.blank()
		v.summary()
	}
	v.failure()
}

// compared names the two builds of a comparison.
func (p *page) compared(v *view) {
	b := v.build
	t := table{columns: []column{{}, {mode: wrapping, least: 12}, {mode: wrapping, least: 12}}}
	add := func(role, id, when string) {
		t.rows = append(t.rows, row{cells: []cell{one(quiet, role), one(plain, p.clean(id)), one(plain, when)}})
	}
	before := ""
	if b.BaselineStarted != nil {
		before = "the build " + ago(*b.BaselineStarted, p.opts.Now)
	}
	after := ""
	if !b.Started.IsZero() {
		after = "the build " + ago(b.Started, p.opts.Now)
	}
	add("from", b.Baseline, before)
	add("to", b.ID, after)
	p.table(t)
}

// buildTable has one row an instruction. A prediction has no layers to show, and
// calls its verdicts what they are; what layers weigh is shown where there is an
// image, and room.
func (v *view) buildTable() table {
	predicted := v.kind == report.Predict
	t := table{columns: []column{
		{head: "LINE", right: true},
		{head: "INSTRUCTION", mode: cutting, least: 20},
		{head: "LAYER"},
		{head: "STORED"},
		{head: "CACHE"},
		{head: "TIME", right: true},
		{head: "WHY", mode: wrapping, least: 30},
	}}
	if predicted {
		t.columns = []column{t.columns[0], t.columns[1], {head: "PREDICTED"}, t.columns[5], t.columns[6]}
	}
	image := slices.ContainsFunc(v.shown, func(s *report.Step) bool { return v.stored(s) != nil }) &&
		(v.opts.Width == 0 || v.opts.Width >= comfortableWidth)
	if !predicted && !image {
		t.columns = slices.Delete(t.columns, 3, 4)
	}
	for _, platform := range v.platforms {
		if len(v.platforms) > 1 {
			t.rows = append(t.rows, row{heading: v.platform(platform)})
		}
		before := ""
		for _, s := range v.shown {
			if s.Platform != platform {
				continue
			}
			why := v.why(s)
			// A whole stage has one reason not to be there: it is said once.
			if s.Outcome == record.Unused && before == s.Stage+"\x00"+s.Note {
				why = nil
			}
			before = s.Stage + "\x00" + s.Note
			m := v.mark(s.Outcome, v.standsOut(s))
			cells := []cell{v.number(s), v.instruction(s), v.layer(s), v.stored(s), one(m.style, m.word), v.time(s), why}
			switch {
			case predicted:
				cells = slices.Delete(cells, 2, 4)
			case !image:
				cells = slices.Delete(cells, 3, 4)
			}
			t.rows = append(t.rows, row{cells: cells})
		}
	}
	return t
}

func (v *view) number(s *report.Step) cell {
	if s.Line <= 0 {
		return nil
	}
	return one(quiet, strconv.Itoa(s.Line))
}

func (v *view) instruction(s *report.Step) cell {
	style := plain
	if s.Effect == record.EffectMetadata || s.Effect == record.EffectNone || s.Outcome == record.Unused || s.Outcome == record.NotRun {
		style = quiet
	}
	return one(style, v.oneLine(s))
}

// oneLine is a step's instruction; reports of older versions have its text alone.
func (v *view) oneLine(s *report.Step) string { return v.clean(cmp.Or(s.Summary, fold(s.Text))) }

// layer says what the files of the layer have, or why there is none. It is empty
// for a layer that was not read, as one that is not part of an image.
func (v *view) layer(s *report.Step) cell {
	switch {
	case s.Effect == record.EffectMetadata && len(s.Layers) == 0:
		return one(quiet, "metadata")
	case s.Effect == record.EffectBase && s.Outcome != record.None && s.Outcome != record.Unused:
		return one(quiet, "base")
	case len(s.Layers) == 0:
		return one(quiet, v.glyph.none)
	}
	var sum int64
	for _, l := range s.Layers {
		if l.ContentSize == nil {
			return nil
		}
		sum += *l.ContentSize
	}
	return one(plain, size(sum))
}

// stored says what a layer weighs in the image, compressed as it is there.
func (v *view) stored(s *report.Step) cell {
	if len(s.Layers) == 0 || s.Effect == record.EffectBase {
		return nil
	}
	var sum int64
	for _, l := range s.Layers {
		sum += l.Size
	}
	return one(plain, size(sum))
}

// time is empty for what did not run. That of a step that would run is what it
// took the last time, where that is known.
func (v *view) time(s *report.Step) cell {
	if first := v.steps[s.SharedWith]; first != nil && s.Effect == record.EffectBase {
		return nil // an image is pulled once
	}
	switch s.Outcome {
	case record.Run:
		return one(quiet, timed("~", s.Seconds, measurable))
	case record.Miss, record.StepFailed, record.StepCanceled:
		if v.kind == report.Predict {
			return nil
		}
		return one(plain, duration(s.Seconds))
	}
	return nil
}
