package rules

import (
	"fmt"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

var packageCacheLeft = &lint.Rule{
	ID:       "package-cache-left",
	Title:    "the layer keeps what a package manager downloaded",
	Severity: finding.Info,
	Fix:      finding.Review,
	Hadolint: []string{"DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060"},
	Doc: lint.Doc{
		Why: `Package managers keep what they download: an index, archives, wheels. In an image nobody needs them again, but
they are part of the layer, and pushed, pulled and stored with it; a later RUN that removes them makes the image no
smaller. What has to go must go in the RUN that fetched it. A cache mount is better where the step runs often: the
downloads survive a rebuild there, and never enter a layer.

Stages whose files are only copied from are left alone: their layers are never part of an image that is shipped. So are
those that no other stage uses and whose names say that they are for development or tests, unless they stand last.

The fix is left to a person since programs in the image could read the cache; the packages stay the same.`,
		Bad: `FROM python:3.13-slim
RUN pip install flask
`,
		Good: `FROM python:3.13-slim
RUN pip install --no-cache-dir flask
`,
	},
	Check: checkPackageCache,
}

func checkPackageCache(p *lint.Pass) {
	released := released(p)
	for _, s := range p.File.Stages {
		if !released[s] {
			continue
		}
		for _, in := range s.Instructions {
			if in.Keyword == "RUN" {
				checkCachesOf(p, in)
			}
		}
	}
}

func checkCachesOf(p *lint.Pass, in *dockerfile.Instruction) {
	seen := map[string]bool{}
	for _, u := range usesOf(p, in) {
		name := u.Manager.Name
		how, ok := spares[name]
		if !ok || seen[name] || !leavesCache(p, in, u, how) {
			continue
		}
		late, said := cleanedLater(p, in, u)
		if said {
			continue
		}
		seen[name] = true
		if last := lastRefresh(p, in); last != nil && last.Manager == u.Manager {
			if needsIndexLater(p, in, u.Manager) {
				continue // that the install belongs here comes first, and is said by index-refresh-apart
			}
			u = *last
		}
		hint := strings.ReplaceAll(how.hint, "%s", u.Command.Program.Text)
		message := fmt.Sprintf("%s leaves %s: %s", call(u), left(p, in, u.Manager, how), hint)
		if late != nil {
			message += fmt.Sprintf("; what line %d removes stays in this layer", late.Line)
		}
		p.ReportAt(commandSpan(p, in, u.Command), message, sparing(p, in, u.Manager, how))
	}
}

// leavesCache reports whether a command leaves downloads that nothing keeps out
// of the layer.
func leavesCache(p *lint.Pass, in *dockerfile.Instruction, u packages.Use, how spare) bool {
	if !how.triggeredBy(u) || u.Command.Has(how.flags...) {
		return false
	}
	if cachesElsewhere(p, in, u.Manager.Name) {
		return false
	}
	for _, name := range how.env {
		if _, ok := p.Graph().Sees(in).Get(name); ok || strings.Contains(in.Text, name) {
			return false
		}
	}
	for _, c := range u.Manager.Caches {
		if c.Left && keepsInMount(p, in, c) {
			return false
		}
	}
	return !cleansUp(p, in, u) && !configuredAway(p, in, u)
}

// cachesElsewhere reports whether settings or the image say, or may say, that a
// manager keeps its downloads in another folder.
func cachesElsewhere(p *lint.Pass, in *dockerfile.Instruction, manager string) bool {
	switch manager {
	case "yarn":
		if p.Context == nil {
			return false
		}
		_, berry := p.Context.Lookup(".yarnrc.yml")
		return berry
	case "composer":
		return imageBelow(p, in.Stage).name == "composer"
	case "bundler":
		return imageBelow(p, in.Stage).name != "ruby" || mentions(p, "bundle config", "BUNDLE_", "GEM_HOME", "bundle/cache", ".gem")
	}
	return false
}

// cleansUp reports whether something in a RUN removes the downloads of a manager
// behind a use of it. A program or function with a telling name counts.
func cleansUp(p *lint.Pass, in *dockerfile.Instruction, u packages.Use) bool {
	commands := p.Commands(in)
	behind := false
	for i := range commands {
		c := &commands[i]
		behind = behind || c.Start >= u.Command.Start
		other, ok := packages.Classify(c)
		switch {
		case !behind:
		case ok && other.Action == packages.Clean && other.Manager == u.Manager && u.Manager.Name != "apt":
			return true
		case ok && other.Manager == u.Manager && strings.HasPrefix(strings.ReplaceAll(other.Verb, "-", ""), "distclean"):
			return true
		case removesDownloads(c, u.Manager):
			return true
		case !ok && strings.Contains(c.Name+c.Program.Text, "clean"):
			return true
		}
	}
	return false
}

func removesDownloads(c *shell.Command, m *packages.Manager) bool {
	for _, cache := range m.Caches {
		if cache.Left && (removesFolder(c, path.Join(cache.Path, cache.Inner)) || cache.UserPath != "" && removesFolder(c, path.Join(cache.UserPath, cache.Inner))) {
			return true
		}
	}
	return false
}

// left is what a manager leaves, in the folder of the user who runs it.
func left(p *lint.Pass, in *dockerfile.Instruction, m *packages.Manager, how spare) string {
	what := how.what
	for _, c := range m.Caches {
		if c.UserPath != "" && isOrdinary(p.Graph().Sees(in).User()) {
			what = strings.ReplaceAll(what, c.Path, c.UserPath)
		}
	}
	return what
}

// cleanedLater is the step below that removes the downloads, too late; nil where
// none does. Said says that removed-in-later-layer tells of it there.
func cleanedLater(p *lint.Pass, in *dockerfile.Instruction, u packages.Use) (late *dockerfile.Instruction, said bool) {
	for _, later := range below(in) {
		if !strings.Contains(later.Text, "rm ") && !strings.Contains(later.Text, "find ") && !strings.Contains(later.Text, "clean") {
			continue
		}
		commands := p.Commands(later)
		for i := range commands {
			c := &commands[i]
			other, ok := packages.Classify(c)
			cleans := ok && other.Action == packages.Clean && other.Manager == u.Manager && u.Manager.Name != "apt"
			if !cleans && !removesDownloads(c, u.Manager) {
				continue
			}
			if late == nil {
				late = later
			}
			if saysRemoval(p, later, c, in) {
				return later, true
			}
		}
	}
	return late, false
}

// saysRemoval reports whether removed-in-later-layer finds that a command removes
// what an instruction has added.
func saysRemoval(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, added *dockerfile.Instruction) bool {
	if !c.Is("rm") || c.Conditional || !isShipped(p, in.Stage) {
		return false
	}
	for _, o := range c.Operands() {
		if layer, _, _ := hidden(p, in, c, o); layer == added {
			return true
		}
	}
	return false
}

// configuredAway reports whether an earlier command has told a manager to keep
// nothing.
func configuredAway(p *lint.Pass, in *dockerfile.Instruction, u packages.Use) bool {
	manager := u.Manager.Name
	if manager != "pip" && manager != "npm" && manager != "yarn" || !mentions(p, " config ") {
		return false
	}
	for _, o := range lineage(p, in.Stage) {
		commands := p.Commands(o)
		for i := range commands {
			if o == in && commands[i].Start >= u.Command.Start {
				break
			}
			if configures(&commands[i], manager) && strings.Contains(o.Text, "cache") {
				return true
			}
		}
		if o == in {
			break
		}
	}
	return false
}

// configures reports whether a command is "pip config …", also as a module.
func configures(c *shell.Command, manager string) bool {
	args := c.Args
	if c.Is("python", "python3") && len(args) > 2 && args[0].Text == "-m" && args[1].Text == manager {
		args = args[2:]
	} else if !c.Is(manager, manager+"3") {
		return false
	}
	return len(args) > 1 && args[0].Text == "config"
}

// sparing is the fix: a flag on every command that needs it, or a clean-up at the
// end of the RUN. It is nil where nothing can be written behind the RUN.
func sparing(p *lint.Pass, in *dockerfile.Instruction, m *packages.Manager, how spare) *finding.Fix {
	fix := &finding.Fix{Message: strings.ReplaceAll(how.hint, ", or a cache mount", ""), Safety: finding.Review}
	if how.insert != "" {
		for _, u := range usesOf(p, in) {
			if u.Manager != m || !how.triggeredBy(u) || u.Command.Has(how.flags...) {
				continue
			}
			e, ok := sparingFlag(p, in, u, how.insert)
			if !ok {
				return nil
			}
			fix.Edits = append(fix.Edits, e)
		}
		return fix
	}
	if how.clean == "" || !canBeContinued(p, in) || !isChain(p.Commands(in)) {
		return nil
	}
	program := ""
	for _, u := range usesOf(p, in) {
		if u.Manager == m {
			program = u.Command.Program.Text
			if len(in.Flags) > 0 && strings.Contains(strings.Join(in.Flags, " "), "type=cache") {
				return nil
			}
		}
	}
	fix.Message = "clean up in the same RUN"
	text := " && \\" + lineEnding(p.File) + "    " + strings.ReplaceAll(how.clean, "%s", program)
	fix.Edits = []finding.Edit{insert(p, in, len(strings.TrimRight(in.Text, " \t\r\n")), text)}
	return fix
}

// sparingFlag puts a flag behind a use's verb. A refresh of the index, which the
// flag makes needless, is taken out.
func sparingFlag(p *lint.Pass, in *dockerfile.Instruction, u packages.Use, flag string) (finding.Edit, bool) {
	if u.Action != packages.Refresh {
		at, ok := behindVerb(u)
		return insert(p, in, at, " "+flag), ok
	}
	commands := p.Commands(in)
	for i := range commands[:len(commands)-1] {
		next := &commands[i+1]
		if &commands[i] == u.Command && u.Command.Exact && next.Exact && next.Op == "&&" && !u.Command.Conditional {
			return finding.Edit{File: p.Path, Span: p.Span(in, u.Command.Start, next.Start-u.Command.Start)}, true
		}
	}
	return finding.Edit{}, false
}

// behindVerb is the offset behind the last word of a use's verb.
func behindVerb(u packages.Use) (int, bool) {
	fields := strings.Fields(u.Verb)
	if !u.Command.Exact || len(fields) == 0 {
		return 0, false
	}
	for _, a := range u.Command.Args {
		if a.Text == fields[len(fields)-1] {
			return a.End, true
		}
	}
	return 0, false
}

// needsIndexLater reports whether a step further down installs from the index.
func needsIndexLater(p *lint.Pass, in *dockerfile.Instruction, m *packages.Manager) bool {
	return len(installsFrom(p, in.Stage, below(in), m)) > 0
}
