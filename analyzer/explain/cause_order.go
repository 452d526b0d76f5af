package explain

import (
	"fmt"
	"slices"
	"strings"
)

// orderChange is how the same variables of a RUN's environment follow each other
// in two definitions: those between the first and the last that stand elsewhere.
// BuildKit's key counts their order, though no program sees it.
type orderChange struct{ old, new []string }

// orderDifference compares the order of the variables that both definitions have; nil
// where it is the same, or not known of both.
func orderDifference(old, cur []string) *orderChange {
	if len(old) == 0 || len(cur) == 0 || slices.Equal(old, cur) {
		return nil
	}
	old, cur = common(old, cur), common(cur, old)
	n := len(old)
	if n != len(cur) { // names of odd records repeat
		return nil
	}
	first, last := 0, n
	for first < n && old[first] == cur[first] {
		first++
	}
	for last > first && old[last-1] == cur[last-1] {
		last--
	}
	if first == last {
		return nil
	}
	return &orderChange{old[first:last], cur[first:last]}
}

// common are the names of a list that another one has too, in order.
func common(list, other []string) []string {
	in := map[string]bool{}
	for _, name := range other {
		in[name] = true
	}
	var out []string
	for _, name := range list {
		if in[name] {
			out = append(out, name)
		}
	}
	return out
}

// orderOf is the cause for variables in another order: of build arguments alone,
// or of environment variables with or without them.
func (p *pair) orderOf(arguments bool) []Cause {
	o := p.operation.order
	if o == nil || arguments != !slices.ContainsFunc(o.new, func(name string) bool { return !p.isArgument(name) }) {
		return nil
	}
	what := "environment variables"
	if arguments {
		what = "build arguments"
	}
	old, cur := listNames(o.old), listNames(o.new)
	message := fmt.Sprintf("the order of the %s changed from %s to %s", what, old, cur)
	return []Cause{{Message: message + p.orderedBy(o), Old: strings.Join(o.old, " "), New: strings.Join(o.new, " ")}}
}

// isArgument says that a variable of the environment is there because of an ARG.
func (p *pair) isArgument(name string) bool {
	if _, ok := p.step.Env[name]; ok {
		return false
	}
	_, ok := p.step.Args[name]
	return ok
}

// orderedBy names the lines that set the variables whose order changed, where the
// file sets all of them.
func (p *pair) orderedBy(o *orderChange) string {
	var at []int
	for _, name := range o.new {
		keyword := "ENV"
		if p.isArgument(name) {
			keyword = "ARG"
		}
		by := p.cur.setter(p.i, keyword, name)
		if by < 0 {
			return ""
		}
		if !slices.Contains(at, by) {
			at = append(at, by)
		}
	}
	slices.Sort(at)
	if len(at) == 1 {
		return fmt.Sprintf(" (%s on %s)", p.cur.steps[at[0]].Instruction, p.cur.at(at[0]))
	}
	return fmt.Sprintf(" (%s to %d)", p.cur.at(at[0]), p.cur.steps[at[len(at)-1]].Line)
}

// listNames is a list of names as a message has it.
func listNames(names []string) string {
	var shown []string
	for _, name := range names[:min(maxNamed, len(names))] {
		shown = append(shown, plain(name))
	}
	out := strings.Join(shown, ", ")
	if more := len(names) - maxNamed; more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}
