package rules

import (
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var changingArgEarly = &lint.Rule{
	ID:       "changing-arg-early",
	Title:    "an argument that changes with every build stands above steps that do not use it",
	Severity: finding.Warning,
	Fix:      finding.Review,
	Doc: lint.Doc{
		Why: "A build argument is part of the environment of every RUN below its ARG, and so of their cache keys, " +
			"whether their text mentions it or not. A commit, a date, a build number or a version of one's own " +
			"differs in every build: what stands below its ARG (or the ENV that keeps it) is never reused. Declared below the " +
			"steps that do not need it, it costs nothing. LABEL enters no key and can go along.",
		Bad: `FROM alpine:3.22
ARG GIT_COMMIT
LABEL org.opencontainers.image.revision=$GIT_COMMIT
RUN apk add --no-cache nginx
COPY site /srv/site
`,
		Good: `FROM alpine:3.22
RUN apk add --no-cache nginx
COPY site /srv/site
ARG GIT_COMMIT
LABEL org.opencontainers.image.revision=$GIT_COMMIT
`,
	},
	Check: checkChangingArg,
}

func checkChangingArg(p *lint.Pass) {
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if arg := changingArgument(p, in); arg != "" {
				newJourney(in, arg).report(p)
			}
		}
	}
}

// journey is how far down an ARG could stand.
type journey struct {
	arg     *dockerfile.Instruction
	name    string
	names   map[string]bool           // the argument, and what is made of it
	labels  map[string]bool           // the keys of labels that go along
	group   []*dockerfile.Instruction // the ARG and what has to go along with it
	past    []*dockerfile.Instruction // the operations that need not stand below it
	slow    []*dockerfile.Instruction // those of them that take long
	scripts bool                      // one of them may run code that packages bring
}

func newJourney(arg *dockerfile.Instruction, name string) *journey {
	return &journey{arg: arg, name: name, names: map[string]bool{name: true}, labels: map[string]bool{}, group: []*dockerfile.Instruction{arg}}
}

func (j *journey) report(p *lint.Pass) {
	last := j.travel(p)
	if len(j.slow) == 0 || j.pins(p) {
		return
	}
	slow := j.slow[0]
	also := ""
	if n := len(j.past) - 1; n > 0 {
		also = fmt.Sprintf(" and %s after it", count(n, "step"))
	}
	message := fmt.Sprintf("ARG %s changes with every build: a new value re-runs %s on line %d%s, which %s not use it; declare it below line %d",
		cut(j.name, 60), brief(slow), slow.Line, also, plural(len(j.past), "does", "do"), last.EndLine)
	p.Report(j.arg, message, j.fix(p, last))
}

// travel goes down the stage until something needs the argument, and returns the
// last operation above that.
func (j *journey) travel(p *lint.Pass) *dockerfile.Instruction {
	var last *dockerfile.Instruction
	for _, in := range below(j.arg) {
		if j.mentions(in) {
			if !j.takeAlong(in) {
				return last
			}
			continue
		}
		switch in.Keyword {
		case "LABEL":
			if j.relabels(in) {
				return last
			}
		case "RUN":
			passive, slow, scripts := j.look(p, in)
			if !passive {
				return last
			}
			j.scripts = j.scripts || scripts
			if slow {
				j.slow = append(j.slow, in)
			}
			if len(j.slow) > 0 {
				j.past, last = append(j.past, in), in
			}
		case "COPY", "ADD", "WORKDIR":
			if len(j.slow) > 0 {
				j.past, last = append(j.past, in), in
			}
		}
	}
	return last
}

// look reports whether all commands of a RUN are known not to read the argument
// from their environment.
func (j *journey) look(p *lint.Pass, in *dockerfile.Instruction) (passive, slow, scripts bool) {
	commands := p.Commands(in)
	for i := range commands {
		ok, s, r := isPassive(&commands[i])
		if !ok {
			return false, false, false
		}
		slow, scripts = slow || s, scripts || r
	}
	return len(commands) > 0, slow, scripts
}

// pins reports whether the argument is a version of something that the build
// fetches, rather than of what it makes.
func (j *journey) pins(p *lint.Pass) bool {
	if !versionName().MatchString(strings.ToUpper(j.name)) {
		return false
	}
	for _, in := range p.File.All() {
		if !j.mentions(in) {
			continue
		}
		switch in.Keyword {
		case "FROM":
			return true
		case "COPY", "ADD":
			if strings.Contains(in.Text, "--from=") || strings.Contains(in.Text, "://") {
				return true
			}
		case "RUN":
			if fetchesIn(p, in) {
				return true
			}
		}
	}
	return false
}

// fetchesIn reports whether a RUN downloads something.
func fetchesIn(p *lint.Pass, in *dockerfile.Instruction) bool {
	commands := p.Commands(in)
	for i := range commands {
		if _, slow, _ := isPassive(&commands[i]); slow {
			return true
		}
	}
	return false
}

// takeAlong adds to the group what only hands the argument on. It reports false
// for a real use.
func (j *journey) takeAlong(in *dockerfile.Instruction) bool {
	switch c := in.Command.(type) {
	case *instructions.LabelCommand:
		for _, l := range c.Labels {
			j.labels[l.Key] = true
		}
	case *instructions.EnvCommand:
		for _, e := range c.Env {
			if j.names[e.Key] && e.Key != j.name || !j.named(e.Value) {
				return false
			}
		}
		for _, e := range c.Env {
			j.names[e.Key] = true
		}
	case *instructions.ArgCommand:
		for _, a := range c.Args {
			if j.names[a.Key] || a.Value == nil || !j.named(*a.Value) {
				return false
			}
		}
		for _, a := range c.Args {
			j.names[a.Key] = true
		}
	default:
		return false
	}
	j.group = append(j.group, in)
	return true
}

// relabels reports whether a LABEL sets one of the labels that go along, of which
// the last one counts.
func (j *journey) relabels(in *dockerfile.Instruction) bool {
	c, ok := in.Command.(*instructions.LabelCommand)
	if !ok {
		return true
	}
	for _, l := range c.Labels {
		if j.labels[l.Key] {
			return true
		}
	}
	return false
}

func (j *journey) mentions(in *dockerfile.Instruction) bool {
	switch in.Keyword {
	case "CMD", "ENTRYPOINT", "HEALTHCHECK", "MAINTAINER":
		return false // read when a container runs
	}
	return j.named(in.Text)
}

// named reports whether one of the names stands in a text as a word of its own.
func (j *journey) named(text string) bool {
	for name := range j.names {
		if hasWord(text, name) {
			return true
		}
	}
	return false
}

// fix moves the group below the last operation that need not stand below it.
// Only labels can move without a trace in the image's configuration, and only
// programs that bring no code of their own are sure not to see the difference.
func (j *journey) fix(p *lint.Pass, last *dockerfile.Instruction) *finding.Fix {
	safety := finding.Safe
	if j.scripts || j.name == "SOURCE_DATE_EPOCH" {
		safety = finding.Review
	}
	var group []*dockerfile.Instruction
	for _, in := range j.group {
		if in.Line > last.Line {
			continue
		}
		group = append(group, in)
		if in.Keyword == "ENV" {
			safety = finding.Review
		}
	}
	return &finding.Fix{
		Message: fmt.Sprintf("declare %s below the steps that do not use it", j.name),
		Safety:  safety,
		Edits:   moveBelow(p, last, group...),
	}
}
