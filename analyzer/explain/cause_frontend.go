package explain

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// The build arguments that BuildKit's frontend reads itself: they enter operations
// whether a file declares them or not.
const (
	argEpoch      = "SOURCE_DATE_EPOCH"
	argHostname   = "BUILDKIT_SANDBOX_HOSTNAME"
	argMountSpace = "BUILDKIT_CACHE_MOUNT_NS"
	argKeepGitDir = "BUILDKIT_CONTEXT_KEEP_GIT_DIR"
)

// frontendArguments are the properties of operations that such an argument makes,
// by the property's name.
var frontendArguments = map[string]string{"hostname": argHostname, "mounts": argMountSpace}

// frontendArgumentsChanged are the causes for those that differ.
func (p *pair) frontendArgumentsChanged() []Cause {
	if p.j < 0 {
		return nil
	}
	var out []Cause
	for _, field := range sortedNames(p.operation.fields) {
		switch name, ok := frontendArguments[field]; {
		case field == "actions":
			out = append(out, p.epochChanged()...)
		case ok && !p.textDiffers && len(p.mentioned) == 0:
			out = append(out, p.givenChanged(name)...)
		}
	}
	for k := range p.inputs {
		in := &p.inputs[k]
		if in.old == nil || in.verdict != differs {
			continue
		}
		attrs := p.attributesThatDiffer(in)
		if _, ok := attrs["git.mtime"]; ok {
			out = append(out, p.givenChanged(argEpoch)...)
		}
		if _, ok := attrs["git.keepgitdir"]; ok {
			out = append(out, p.givenChanged(argKeepGitDir)...)
		}
	}
	return out
}

// givenChanged compares a build argument of the command line.
func (p *pair) givenChanged(name string) []Cause {
	old, wasSet := p.old.rec.BuildArgs[name]
	cur, set := p.cur.rec.BuildArgs[name]
	if old == cur && wasSet == set {
		return nil
	}
	return []Cause{{Message: fmt.Sprintf("build argument %s %s", name, became(old, cur, wasSet, set)), Old: old, New: cur}}
}

// epochChanged names SOURCE_DATE_EPOCH, which an operation has as the time of the
// folder that it makes, be it given or the default of an ARG above the first FROM.
func (p *pair) epochChanged() []Cause {
	c, ok := p.actionProperties()[timeProperty]
	if !ok {
		return nil
	}
	old, before, wasSet := p.old.epoch(p.j)
	cur, by, set := p.cur.epoch(p.i)
	what := "build argument " + argEpoch
	switch {
	case old == cur && wasSet == set && !set: // a record without the argument's value
		return []Cause{{Message: "the time of what it makes " + became(c.old, c.new, c.old != "", c.new != ""), Old: c.old, New: c.new}}
	case old == cur && wasSet == set: // it names something that has a time
		message := fmt.Sprintf("what %s=%s stands for %s", argEpoch, value(cur, set), became(c.old, c.new, c.old != "", c.new != ""))
		return []Cause{{Message: message, Old: c.old, New: c.new}}
	}
	removedBy := -1
	if by < 0 && !set {
		removedBy = before
	}
	message := fmt.Sprintf("%s %s%s; it is the time of the folder that this makes", what, became(old, cur, wasSet, set), p.setBy(by, removedBy))
	return []Cause{{Message: message, Old: old, New: cur}}
}

// epoch is SOURCE_DATE_EPOCH as step i's build has it, and the ARG that sets it, -1
// where the command line does.
func (s *side) epoch(i int) (text string, by int, set bool) {
	if text, set = s.rec.BuildArgs[argEpoch]; set {
		return text, -1, true
	}
	platform := s.steps[i].Platform
	text, set = s.scope.args[platform][argEpoch]
	by = -1
	if n, ok := s.scope.globals[platform]; ok && set {
		if at := s.scope.settings[setting{n, "ARG", argEpoch}]; len(at) > 0 {
			by = at[len(at)-1]
		}
	}
	return text, by, set
}

// actionProperties are the properties by which the step's operation on files
// differs.
func (p *pair) actionProperties() map[string]change {
	c, ok := p.operation.fields["actions"]
	if !ok {
		return nil
	}
	return diffActions(c.old, c.new)
}

// attributesThatDiffer are those of the source that an input comes from.
func (p *pair) attributesThatDiffer(in *inputPair) map[string]change {
	v, w := p.step.Download(in.cur), p.oldStep.Download(in.old)
	if v == nil || w == nil {
		return nil
	}
	return sourceChanges(v, w)
}

// takenFromFrontend are those of the frontend's own arguments whose values the
// frontend has put into an operation of the build.
func (s *side) takenFromFrontend(v *record.Vertex) []string {
	var names []string
	if host := s.rec.BuildArgs[argHostname]; host != "" && v.Op.Fields["hostname"] == host {
		names = append(names, argHostname)
	}
	if space := s.rec.BuildArgs[argMountSpace]; space != "" && strings.Contains(v.Op.Fields["mounts"], ",id="+space+"/") {
		names = append(names, argMountSpace)
	}
	return names
}
