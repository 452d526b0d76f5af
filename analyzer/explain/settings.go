package explain

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// stateDiff is an inherited setting that differs.
type stateDiff struct {
	name     string // as a message has it
	keyword  string // of the instruction that sets it, "" if none does
	old, new string
	// by is the step that sets it, -1 for none; removedBy the older record's
	// step that set it, where none does now.
	by, removedBy int
	because       int // the FROM that ran and brought it, -1 for none
	// variables are what makes it differ, where its text is the same.
	variables []variable
}

// settingsThatDiffer lists the settings from above that differ and enter the
// step's key, sorted by field.
func (p *pair) settingsThatDiffer() []stateDiff {
	var out []stateDiff
	for _, field := range slices.Sorted(maps.Keys(p.operation.fields)) {
		c := p.operation.fields[field]
		switch {
		case field == "cwd":
			out = append(out, p.setting("WORKDIR", "working directory", c))
		case field == "user":
			out = append(out, p.setting("USER", "user", c))
		case field == "args":
			if s, ok := p.shell(c); ok {
				out = append(out, s)
			}
		case field == "actions":
			if s, ok := p.relativePath(); ok {
				out = append(out, s)
			} else if s, ok := p.owner(); ok {
				out = append(out, s)
			} else {
				out = append(out, p.inheritedProperties()...)
			}
		case !p.isOwn(field) && len(p.givenChanged(frontendArguments[field])) == 0:
			out = append(out, p.option(field, c))
		}
	}
	return out
}

// option describes a change of what no keyword sets: it is an option of the build,
// or of the FROM.
func (p *pair) option(field string, c change) stateDiff {
	s := stateDiff{name: field, old: c.old, new: c.new, by: -1, removedBy: -1, because: -1}
	switch field {
	case "network", "security":
		s.old, s.new = modeName(c.old), modeName(c.new)
	case "extra hosts":
		s.name = "list of added hosts"
	case "platform":
		from, before := p.cur.base(p.i), p.old.base(p.j)
		if from >= 0 && before >= 0 && from != p.i && normalized(&p.cur.steps[from]) != normalized(&p.old.steps[before]) {
			s.keyword, s.by = "FROM", from
		}
	}
	return s
}

// modeName is a network or security mode as flags have it.
func modeName(mode string) string {
	if mode == "UNSET" {
		return "default"
	}
	return strings.ToLower(mode)
}

// setting describes a change of what a keyword sets.
func (p *pair) setting(keyword, name string, c change) stateDiff {
	s := stateDiff{name: name, keyword: keyword, old: c.old, new: c.new, by: -1, removedBy: -1, because: -1}
	i, j := p.i, p.j
	for range p.cur.steps {
		by, before := p.cur.setter(i, keyword, ""), p.old.setter(j, keyword, "")
		if from, args, ok := p.switchedBase(i, j, by, before); ok {
			s.by, s.variables = from, args
			return s
		}
		switch {
		case by < 0 && before < 0:
			s.because = p.changedBase(p.i)
			return s
		case by < 0:
			s.removedBy = before
			return s
		case s.by < 0:
			s.by = by
		}
		if before < 0 || normalized(&p.cur.steps[by]) != normalized(&p.old.steps[before]) {
			s.by = by
			return s
		}
		for _, v := range p.cur.steps[by].Mentions {
			s.variables = add(s.variables, p.blame(by, before, v, 0)...)
		}
		if len(s.variables) > 0 || !p.cur.steps[by].Read().Relative {
			return s
		}
		i, j = by, before // a relative path: the one above it may differ
	}
	return s
}

// shell finds a change of SHELL behind a change of a RUN's arguments. Of a RUN
// whose text changed too, only the SHELL lines can tell.
func (p *pair) shell(c change) (stateDiff, bool) {
	old, cur := shellOf(c.old), shellOf(c.new)
	if old == cur || old == "" || cur == "" || p.step.Read().ExecForm || p.oldStep.Read().ExecForm {
		return stateDiff{}, false
	}
	return p.setting("SHELL", "shell", change{old, cur}), true
}

// shellOf is the arguments without the command, which is the last one.
func shellOf(args string) string {
	var list []string
	if json.Unmarshal([]byte(args), &list) != nil || len(list) < 2 {
		return ""
	}
	return strings.Join(list[:len(list)-1], " ")
}

// relativePath finds a change of the working directory behind a change of an
// operation on files.
func (p *pair) relativePath() (stateDiff, bool) {
	old, cur := workdir(p.oldStep), workdir(p.step)
	if old == cur || !p.step.Read().Relative || !p.oldStep.Read().Relative {
		return stateDiff{}, false
	}
	return p.setting("WORKDIR", "working directory", change{old, cur}), true
}

// owner finds a change of the user, to whom a folder made by WORKDIR belongs.
func (p *pair) owner() (stateDiff, bool) {
	old, cur := p.oldStep.Read().User, p.step.Read().User
	if p.step.Instruction != "WORKDIR" || old == cur || p.oldStep.Parsed == nil {
		return stateDiff{}, false
	}
	return p.setting("USER", "user", change{old, cur}), true
}

// inheritedProperties are those of an operation on files that differ though the
// instruction is written as before and no variable in it differs: the base image
// brings them, or another version of BuildKit's frontend.
func (p *pair) inheritedProperties() []stateDiff {
	if p.textDiffers || len(p.mentioned) > 0 || p.inlineDiffers() {
		return nil
	}
	var out []stateDiff
	properties := p.actionProperties()
	for _, name := range sortedNames(properties) {
		if name == timeProperty {
			continue
		}
		c := properties[name]
		out = append(out, stateDiff{name: name, keyword: "FROM", old: c.old, new: c.new, by: -1, removedBy: -1, because: p.changedBase(p.i)})
	}
	return out
}
