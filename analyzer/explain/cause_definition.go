package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// instructionChanged: its text changed and with it what it asks for. A comment
// inside it is not enough.
func instructionChanged(p *pair) []Cause {
	if p.oldStep == nil || !p.definitionDiffers() && !p.textIsAllThereIs() {
		return nil
	}
	old, cur := shown(p.oldStep), shown(p.step)
	switch {
	case p.textDiffers:
	case p.step.IsBase() || len(p.variables) > 0 || len(p.settingsThatDiffer()) > 0:
		return nil
	case p.step.Expanded == "" || p.oldStep.Expanded == "" || old == cur:
		return nil
	}
	if slices.Equal(strings.Fields(old), strings.Fields(cur)) {
		return []Cause{{Message: "instruction changed in its white space", Old: old, New: cur}}
	}
	return []Cause{{Message: "instruction changed, " + differingPart(old, cur), Old: old, New: cur}}
}

// textIsAllThereIs says that the records have no operations of the step, and
// its text differs.
func (p *pair) textIsAllThereIs() bool {
	return p.textDiffers && len(p.step.Deciding()) == 0 && len(p.oldStep.Deciding()) == 0
}

// differingPart says what the old text was: of a heredoc the first line that
// differs, of a long one without most of what it shares with the new one.
func differingPart(old, cur string) string {
	if strings.Contains(old, "\n") || strings.Contains(cur, "\n") {
		return differingLine(strings.Split(old, "\n"), strings.Split(cur, "\n"))
	}
	const context = 20
	a, b := []rune(old), []rune(cur)
	k := 0
	for k < len(a) && k < len(b) && a[k] == b[k] {
		k++
	}
	if len(a) <= maxQuoted || k <= context {
		return "was " + quote(old)
	}
	return "was " + quote("…"+string(a[k-context:]))
}

func differingLine(old, cur []string) string {
	d := lineDiff{}
	d.news, d.olds = numbered(cur, old)
	d.match(span{0, len(cur), 0, len(old)})
	kept := map[int]bool{}
	next := 0 // the first new line that is not an old one
	for _, p := range d.pairs {
		kept[p.old] = true
		if p.cur == next {
			next++
		}
	}
	for j := range old {
		if !kept[j] {
			return "was " + quote(old[j])
		}
	}
	if next < len(cur) {
		return "now with " + quote(cur[next])
	}
	return "was " + quote(old[0])
}

// buildArgumentChanged names each build argument behind a difference of the key.
func buildArgumentChanged(p *pair) []Cause {
	var out []Cause
	for _, v := range p.variables {
		if !v.isArg {
			continue
		}
		message := fmt.Sprintf("build argument %s %s", plain(v.name), became(v.old, v.new, v.wasSet, v.set))
		out = append(out, Cause{Message: message + p.wayIn(v), Old: v.old, New: v.new})
	}
	if p.j >= 0 {
		out = append(out, p.orderOf(true)...)
	}
	for _, c := range slices.Concat(p.frontendArgumentsChanged(), p.argumentsAbove()) {
		if !slices.ContainsFunc(out, func(o Cause) bool { return o.Message == c.Message }) {
			out = append(out, c)
		}
	}
	return out
}

// wayIn says how an argument enters a step that does not mention it.
func (p *pair) wayIn(v variable) string {
	if slices.Contains(p.step.Read().Names, v.name) {
		return ""
	}
	_, direct := p.operation.env[v.name]
	switch {
	case v.via >= 0 && !direct:
		return fmt.Sprintf("; %s on %s takes it in", p.cur.steps[v.via].Instruction, p.cur.at(v.via))
	case p.step.Instruction != "RUN":
		return ""
	case v.by >= 0:
		return "; it is part of every RUN's environment below " + p.cur.at(v.by)
	}
	return "; it is part of every RUN's environment below its ARG"
}

// environmentChanged names the variables that differ, by what sets them.
func environmentChanged(p *pair) []Cause {
	type origin struct{ by, removedBy, because int }
	groups := map[origin][]variable{}
	var order []origin
	for _, v := range p.variables {
		if v.isArg {
			continue
		}
		o := origin{v.by, v.removedBy, v.because}
		if _, ok := groups[o]; !ok {
			order = append(order, o)
		}
		groups[o] = append(groups[o], v)
	}
	var out []Cause
	for _, o := range order {
		c := p.describeVariables(groups[o])
		c.Message += p.setBy(o.by, o.removedBy)
		if o.because >= 0 {
			c.Because = p.cur.steps[o.because].ID
		}
		out = append(out, c)
	}
	if p.j >= 0 {
		out = append(out, p.orderOf(false)...)
	}
	return out
}

func (p *pair) describeVariables(list []variable) Cause {
	if len(list) == 1 {
		v := list[0]
		return Cause{Message: fmt.Sprintf("environment variable %s %s", plain(v.name), became(v.old, v.new, v.wasSet, v.set)), Old: v.old, New: v.new}
	}
	var names, old, cur []string
	for _, v := range list {
		names = append(names, v.name)
		if v.wasSet {
			old = append(old, v.name+"="+v.old)
		}
		if v.set {
			cur = append(cur, v.name+"="+v.new)
		}
	}
	listed := listNames(names)
	return Cause{Message: "environment variables " + listed + " changed", Old: strings.Join(old, " "), New: strings.Join(cur, " ")}
}

// setBy names the line that makes a setting, in parentheses.
func (p *pair) setBy(by, removedBy int) string {
	switch {
	case by >= 0:
		return fmt.Sprintf(" (%s on %s)", p.cur.steps[by].Instruction, p.cur.at(by))
	case removedBy >= 0 && p.heir[removedBy] >= 0: // it is there, and sets something else
		return fmt.Sprintf(" (%s on %s)", p.old.steps[removedBy].Instruction, p.cur.at(p.heir[removedBy]))
	case removedBy >= 0:
		return fmt.Sprintf(" (%s on %s is gone)", p.old.steps[removedBy].Instruction, p.old.at(removedBy))
	}
	if from := p.cur.base(p.i); from >= 0 && from != p.i && p.changed(from) {
		return " (by the base image)"
	}
	return ""
}

// stateChanged names inherited settings that differ. One that only follows a
// variable is left to the causes that name the variable.
func stateChanged(p *pair) []Cause {
	var out []Cause
	for _, s := range p.settingsThatDiffer() {
		if len(s.variables) > 0 {
			continue
		}
		c := Cause{Old: s.old, New: s.new}
		c.Message = s.name + " " + became(s.old, s.new, s.old != "", s.new != "")
		if s.keyword != "" {
			c.Message += p.setBy(s.by, s.removedBy)
		}
		if s.because >= 0 && s.by < 0 {
			c.Because = p.cur.steps[s.because].ID
		}
		out = append(out, c)
	}
	out = append(out, p.contextsChanged()...)
	if len(out) == 0 {
		out = p.unexplainedFields()
	}
	return out
}

// unexplainedFields are properties that differ though the text, the variables
// and the settings that are known do not: by elimination they are inherited.
func (p *pair) unexplainedFields() []Cause {
	if p.oldStep == nil || p.textDiffers || p.step.IsBase() || len(p.variables) > 0 ||
		len(instructionChanged(p)) > 0 || len(p.frontendArgumentsChanged()) > 0 {
		return nil
	}
	var out []Cause
	for _, field := range p.ownFields() {
		f := p.operation.fields[field]
		if field == "actions" { // not in the words of anybody who has read the file
			continue
		}
		name := cmp.Or(fieldNames[field], field)
		if field == "mounts" {
			name, f = differingMounts(f)
		}
		out = append(out, Cause{Message: fmt.Sprintf("its %s changed from %s to %s", name, quote(f.old), quote(f.new)), Old: f.old, New: f.new})
	}
	return out
}

// differingMounts leaves out the mounts that are as they were.
func differingMounts(c change) (name string, differing change) {
	old, cur := strings.Fields(c.old), strings.Fields(c.new)
	without := func(list, other []string) string {
		return strings.Join(slices.DeleteFunc(slices.Clone(list), func(m string) bool { return slices.Contains(other, m) }), " ")
	}
	differing = change{without(old, cur), without(cur, old)}
	if differing.old+differing.new == "" {
		return "order of mounts", c
	}
	return "mounts", differing
}

// fieldNames are what messages call the properties of an operation that go by
// other names in a record.
var fieldNames = map[string]string{"args": "command", "actions": "work on files", "cwd": "working directory"}
