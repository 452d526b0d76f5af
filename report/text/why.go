package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/report"
)

// How much of a reason is shown before the rest is only counted.
const (
	mostCauses = 4
	mostFiles  = 3
	mostValue  = 40 // columns of an old or new value
)

// why returns the reasons of a step's outcome, most telling first.
func (v *view) why(s *report.Step) cell {
	var c cell
	switch first := v.repeated[s]; {
	case first != nil && !v.opts.Verbose:
		c = one(plain, "as "+v.place(first, s.Platform))
	case !v.first || v.opts.Verbose:
		c = v.causes(s)
	}
	if s.Outcome == record.Hit {
		verb := "saved "
		if v.kind == report.Predict {
			verb = "saves "
		}
		c = append(c, one(quiet, timed(verb, s.SavedSeconds, noticeable))...)
	}
	c = append(c, v.ownError(s)...)
	c = append(c, one(plain, v.hangsOn(s))...)
	return append(c, v.note(s)...)
}

// ownError is the error of a step that failed beside the one that failed the
// build, whose error stands below the table.
func (v *view) ownError(s *report.Step) cell {
	if s.Outcome != record.StepFailed || s.Error == "" || s == v.culprit() {
		return nil
	}
	first, _, _ := strings.Cut(s.Error, "\n")
	return one(plain, v.errorLine(first))
}

// hangsOn says what an undecided step waits for.
func (v *view) hangsOn(s *report.Step) string {
	var steps, sources []string
	for _, id := range s.HangsOn {
		if v.steps[id] != nil {
			steps = append(steps, id)
		} else {
			sources = append(sources, v.source(id))
		}
	}
	const most = 2
	if more := len(sources) - most; more > 0 && !v.opts.Verbose {
		sources = append(sources[:most:most], fmt.Sprintf("%d more", more))
	}
	var on []string
	if lines := v.lines(steps); lines != "" {
		verb := "makes"
		if strings.HasPrefix(lines, "lines ") {
			verb = "make"
		}
		on = append(on, "what "+lines+" "+verb)
	}
	if len(sources) > 0 {
		on = append(on, listed(sources))
	}
	if len(on) == 0 {
		return ""
	}
	return "hangs on " + strings.Join(on, " and on ")
}

// source names a source as people write it: an image without scheme and digest.
func (v *view) source(name string) string {
	for _, scheme := range []string{"docker-image://", "oci-layout://"} {
		if ref, ok := strings.CutPrefix(name, scheme); ok {
			name, _, _ = strings.Cut(ref, "@")
			name = strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "library/")
		}
	}
	return v.clean(name)
}

// note returns a step's note. That metadata is metadata has been said.
func (v *view) note(s *report.Step) cell {
	if s.Note == string(s.Effect) || s.Effect == record.EffectMetadata && !v.opts.Verbose {
		return nil
	}
	return one(quiet, v.says(s.Note))
}

// causes has every cause of an outcome. What a step follows is one cause, however
// many steps that are.
func (v *view) causes(s *report.Step) cell {
	var all []cell
	var follows []string
	for i := range s.Causes {
		if cause := &s.Causes[i]; cause.Because != "" && !cause.Root {
			follows = append(follows, cause.Because)
		}
	}
	for i := range s.Causes {
		cause := &s.Causes[i]
		if v.wasUnreached(s, cause) && len(s.Causes) > 1 { // one sentence says so of all steps
			continue
		}
		if cause.Because == "" || cause.Root {
			all = append(all, v.cause(cause))
		} else if follows != nil {
			all = append(all, one(plain, v.because(s, follows)))
			follows = nil
		}
	}
	if more := len(all) - mostCauses; more > 1 && !v.opts.Verbose {
		all = append(all[:mostCauses], one(plain, fmt.Sprintf("and %d more causes", more)))
	}
	return slices.Concat(all...)
}

// wasUnreached says that a cause of a step is that the build before did not come
// to it.
func (v *view) wasUnreached(s *report.Step, c *report.Cause) bool {
	return c.Kind == explain.PreviousIncomplete && v.unreached[s.ID]
}

// because names the steps that s follows.
func (v *view) because(s *report.Step, ids []string) string {
	if len(ids) > 1 {
		if lines := v.lines(ids); lines != "" {
			return "because of " + lines
		}
	}
	from := v.steps[ids[0]]
	switch {
	case from == nil:
		return "because of " + v.clean(ids[0])
	case from.Line == s.Line && from.Platform == s.Platform: // a trigger of the base image
		return "because of " + cut(v.oneLine(from), mostValue, v.glyph.cut)
	}
	return "because of " + v.place(from, s.Platform)
}

// cause puts one cause into words, never none: what happened, and perhaps more
// about it.
func (v *view) cause(c *report.Cause) cell {
	if c.Kind == explain.FilesChanged && len(c.Files) > 0 {
		return one(plain, v.files(c.Files, c.MoreFiles))
	}
	message := cmp.Or(v.says(c.Message), v.clean(strings.ReplaceAll(string(c.Kind), "-", " ")), "unknown")
	out := one(plain, message)
	if len(c.Files) > 0 && !(v.names(message, c.Files) && (len(c.Files) <= mostFiles || !v.opts.Verbose)) {
		out = append(out, paragraph{text: v.files(c.Files, c.MoreFiles), style: quiet, indent: hang})
	}
	if c.Old == "" || c.New == "" && c.Kind != explain.InstructionChanged {
		return out
	}
	before, after := v.value(c.Old), v.value(c.New)
	switch {
	case strings.Contains(message, before), strings.Contains(message, v.value(start(c.Old))):
	case c.Kind == explain.InstructionChanged:
		// The row itself shows the new text.
		out = append(out, paragraph{text: "was " + before, style: quiet, indent: hang})
	default:
		out[0].text = fmt.Sprintf("%s: %s %s %s", message, before, v.glyph.arrow, after)
	}
	return out
}

// names says that a message names the files that would be listed below it.
func (v *view) names(message string, files []report.FileChange) bool {
	return !slices.ContainsFunc(files[:min(mostFiles, len(files))], func(f report.FileChange) bool {
		return !strings.Contains(message, v.clean(f.Path))
	})
}

// start is what messages keep of a value that is long, a commit say.
func start(s string) string {
	const enough = 12
	if runes := []rune(s); len(runes) > enough {
		return string(runes[:enough])
	}
	return s
}

// value shortens an old or a new value.
func (v *view) value(s string) string {
	s = v.says(fold(s))
	if v.opts.Verbose {
		return s
	}
	return cut(s, mostValue, v.glyph.cut)
}

// files writes "a.go and b.go changed, c.go added, and 12 more files".
func (v *view) files(files []report.FileChange, more int) string {
	if len(files) > mostFiles && !v.opts.Verbose {
		more += len(files) - mostFiles
		files = files[:mostFiles]
	}
	var parts []string
	var verbs []string
	names := map[string][]string{}
	for _, f := range files {
		verb := f.Change.Verb()
		if !slices.Contains(verbs, verb) {
			verbs = append(verbs, verb)
		}
		names[verb] = append(names[verb], v.clean(f.Path))
	}
	for _, verb := range verbs {
		parts = append(parts, listed(names[verb])+" "+verb)
	}
	if more > 0 {
		parts = append(parts, "and "+count(more, "more file"))
	}
	return strings.Join(parts, ", ")
}
