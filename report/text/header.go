package text

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/report"
)

// header prints what was built, where, and what it was compared with.
func (p *page) header(v *view, extra ...string) {
	b := v.build
	parts := []string{"layerwise " + p.word(string(v.kind)), p.subject(b)}
	if b.Engine.Kind != "" && b.Engine.Kind != "none" {
		parts = append(parts, "engine: "+p.engine(b.Engine))
		if b.Engine.Network == "host" {
			parts = append(parts, "network: host")
		}
	}
	for _, e := range extra {
		if e != "" {
			parts = append(parts, e)
		}
	}
	p.parts(parts)
	p.standIns(b.StandIns)
}

// parts prints the parts of a header, the first one loud, in as few lines as
// the page allows.
func (p *page) parts(parts []string) {
	const between = 3
	var l line
	l.put(p, bold, 0, parts[0])
	for i, part := range parts[1:] {
		start := l.end + between
		switch {
		case l.end == 0: // the one before took lines of its own
			start = margin
		case i == 0:
			start = l.end + gap
		}
		if p.opts.Width > 0 && start+width(part) > p.opts.Width {
			p.end(l)
			l, start = line{}, margin
		}
		if p.opts.Width > 0 && margin+width(part) > p.opts.Width {
			p.wrapped(plain, margin, part)
			l = line{}
			continue
		}
		l.put(p, plain, start, part)
	}
	if l.end > 0 {
		p.end(l)
	}
}

// subject names Dockerfile, target and platforms.
func (p *page) subject(b *report.BuildReport) string {
	s := p.clean(dockerfile(b.Context, b.Dockerfile))
	if b.Target != "" {
		s += " " + p.glyph.arrow + " " + p.clean(b.Target)
	}
	if len(b.Platforms) > 0 {
		s += "  " + p.clean(strings.Join(b.Platforms, ", "))
	}
	return s
}

// dockerfile is the path that a reader would type.
func dockerfile(context, file string) string {
	switch {
	case file == "-":
		return "Dockerfile from standard input"
	case file == "":
		file = "Dockerfile"
	}
	switch {
	case strings.Contains(context, "://") || strings.HasPrefix(context, "git@"):
		return file + " of " + context
	case path.IsAbs(file) || strings.Contains(file, `:\`):
		return file
	case context == "" || context == ".":
		return "./" + strings.TrimPrefix(file, "./")
	}
	return strings.TrimSuffix(context, "/") + "/" + file
}

func (p *page) engine(e report.Engine) string {
	name := e.Address
	if e.Kind == "embedded" || name == "" {
		name = e.Kind
	}
	switch e.Isolation {
	case "":
	case "builtin":
		name += " (built-in runtime)"
	default:
		name += " (" + e.Isolation + ")"
	}
	return p.clean(name)
}

// standIns says which base images are not what they are called.
func (p *page) standIns(all []report.StandIn) {
	var by []string
	refs := map[string][]string{}
	for _, s := range all {
		if !slices.Contains(by, s.By) {
			by = append(by, s.By)
		}
		if ref := p.clean(s.Ref); !slices.Contains(refs[s.By], ref) {
			refs[s.By] = append(refs[s.By], ref)
		}
	}
	for _, b := range by {
		names := refs[b]
		verb := "is"
		if len(names) > 1 {
			verb = "are"
		}
		const most = 4
		if more := len(names) - most; more > 1 && !p.opts.Verbose {
			names = append(names[:most:most], fmt.Sprintf("%d more", more))
		}
		what := p.clean(b)
		if b == "playground" {
			what = "the playground image"
		}
		p.wrapped(yellow, margin, fmt.Sprintf("offline: %s %s %s", listed(names), verb, what))
	}
}

// baseline says what a build is compared with.
func (v *view) baseline() string {
	b := v.build
	switch {
	case v.kind == report.Predict && b.Engine.Kind == "none" && b.Baseline != "":
		return "compared with a build at " + v.clean(b.Baseline)
	case b.BaselineStarted != nil:
		return "compared with the build " + ago(*b.BaselineStarted, v.opts.Now)
	case b.Baseline != "":
		return "compared with the build " + v.clean(b.Baseline)
	}
	return "nothing to compare with"
}

// warnings prints what a reader should know before believing the table.
func (p *page) warnings(all []string) {
	for _, w := range all {
		p.wrapped(yellow, margin, "warning: "+p.says(w))
	}
}
