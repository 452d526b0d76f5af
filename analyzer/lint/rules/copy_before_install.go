package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

var copyBeforeInstall = &lint.Rule{
	ID:       "copy-before-install",
	Title:    "a broad COPY stands above an install that needs only a few of its files",
	Severity: finding.Warning,
	Fix:      finding.Review,
	Doc: lint.Doc{
		Why: `The cache key of a COPY holds the content of all files that it copies, and every step below it misses when the
COPY does. With all of the context copied above an install, a changed comment in a source file downloads and installs
every dependency again. An install reads manifests alone, and those seldom change: copy them first, install, and copy
the rest below. Packages of the distribution need no file of the context at all: install them above every COPY.

Where the context is known, the manifests are named as they are found there, with what they refer to. Nothing is said
where the install may need more: the project's own source, folders that a manifest refers to, files that a step in
between could have made.

The fix moves the COPY below the install, and copies the manifests in its place. It is left to a person since packages may run scripts that read the source.`,
		Bad: `FROM node:22
WORKDIR /app
COPY . .
RUN npm ci
RUN npm run build
`,
		Good: `FROM node:22
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build
`,
	},
	Check: checkCopyBeforeInstall,
}

func checkCopyBeforeInstall(p *lint.Pass) {
	for _, s := range p.File.Stages {
		if slices.ContainsFunc(s.Instructions, func(in *dockerfile.Instruction) bool { _, ok := broadCopyOf(p, in); return ok }) {
			checkStageInstalls(p, s)
		}
	}
}

// checkStageInstalls goes down a stage until a step is met that may make what an
// install needs. Copies of the stages that it starts from are not its own to move.
func checkStageInstalls(p *lint.Pass, s *dockerfile.Stage) {
	var copies []broadCopy
	installed := map[string]bool{}
	found := &misplaced{}
	defer found.report(p)
	for _, in := range lineage(p, s) {
		if b, ok := broadCopyOf(p, in); ok && in.Stage == s {
			copies = append(copies, b)
			continue
		}
		if in.Keyword != "RUN" {
			continue
		}
		if len(copies) == 0 {
			for _, u := range usesOf(p, in) {
				installed[installedIn(p, in, u)] = true
			}
			continue
		}
		install, clear := installOf(p, in)
		if install != nil && !installed[installedIn(p, in, *install)] {
			found.add(p, copies, in, *install)
		}
		if !clear {
			return
		}
	}
}

// misplaced are the installs that stand below copies for no reason.
type misplaced struct{ found []install }

type install struct {
	copied *broadCopy
	in     *dockerfile.Instruction
	use    packages.Use
	need   need
}

// report makes one finding for each copy, about the first install below it.
func (m *misplaced) report(p *lint.Pass) {
	seen := map[*dockerfile.Instruction]bool{}
	for i, f := range m.found {
		if seen[f.copied.in] {
			continue
		}
		seen[f.copied.in] = true
		var others []install
		for _, o := range m.found[i+1:] {
			if o.copied.in == f.copied.in {
				others = append(others, o)
			}
		}
		p.Report(f.copied.in, f.message(p, others), moveInstall(p, f.copied, f.in, f.need))
	}
}

func (f *install) message(p *lint.Pass, others []install) string {
	needs := ""
	if f.need.nothing {
		needs = ", which needs none of its files"
	}
	return fmt.Sprintf("%s stands above %s (line %d)%s: any changed file re-runs it%s; %s%s",
		brief(f.copied.in), call(f.use), f.in.Line, needs, andAfter(p, f.in), f.need.advice(f.use, f.copied.in), likewise(others))
}

// likewise names the other installs below a copy.
func likewise(others []install) string {
	switch len(others) {
	case 0:
		return ""
	case 1:
		o := others[0]
		if !o.need.nothing {
			return fmt.Sprintf("; the same goes for %s (line %d), which needs %s", call(o.use), o.in.Line, o.need.names(o.use))
		}
	}
	lines := make([]string, len(others))
	for i, o := range others {
		lines[i] = fmt.Sprint(o.in.Line)
	}
	return fmt.Sprintf("; the same goes for the %s on %s", plural(len(others), "install", "installs"), lineList(lines))
}

// installedIn names what a use installs: the manager, with the project or files.
func installedIn(p *lint.Pass, in *dockerfile.Instruction, u packages.Use) string {
	if readsNothing(&u) {
		return call(u) + fmt.Sprint(in.Line) // always something of its own
	}
	return u.Manager.Name + " " + absolute(p, in, u.Dir)
}

// installOf is the use in a RUN that downloads packages, nil where there is none,
// or where commands above it may make what it reads. Clear says that
// nothing in the RUN makes files that another install could read.
func installOf(p *lint.Pass, in *dockerfile.Instruction) (install *packages.Use, clear bool) {
	for _, src := range p.Graph().Sources(in) {
		if src.Mount && src.Kind == lint.SourceContext {
			return nil, true // it has its files from there
		}
	}
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		u, ok := packages.Classify(c)
		switch {
		case readsInput(c) || !ok && !isInert(c):
			return install, false
		case !ok || u.Action == packages.Clean:
		case u.Action == packages.Build:
			if install == nil {
				install = &u
			}
			return install, false
		case u.Action == packages.Add && (!u.Global || u.NeedsSource), u.NeedsSource && u.ManifestsWith == "":
			return install, false
		case u.Action != packages.Refresh:
			install = moreTelling(install, &u)
		}
	}
	return install, len(commands) > 0
}

// moreTelling is the one of two uses in a RUN that reads more of the project. The
// files of two that the same manager reads are put together.
func moreTelling(a, b *packages.Use) *packages.Use {
	switch {
	case a == nil || readsNothing(a) && !readsNothing(b):
		return b
	case a.Manager == b.Manager && a.Dir == b.Dir && len(a.Files) > 0:
		both := *a
		both.Files = slices.Concat(a.Files, b.Files)
		return &both
	}
	return a
}

// readsNothing reports whether a use installs what its words name.
func readsNothing(u *packages.Use) bool { return u.Global && len(u.Files) == 0 }

// readsInput reports whether a command reads a file that the shell opens.
func readsInput(c *shell.Command) bool {
	for _, r := range c.Redirects {
		if r.Op == "<" && !strings.HasPrefix(r.Target.Text, "/dev/") {
			return true
		}
	}
	return false
}

// inertPrograms make no files that an install reads.
var inertPrograms = words(`: [ [[ addgroup adduser chmod chown corepack cd curl echo export false gpg groupadd id
	ldconfig locale-gen ls mkdir nproc printf pwd rm set sleep test true tzdata update-ca-certificates useradd usermod
	virtualenv wget which whoami`)

func isInert(c *shell.Command) bool {
	switch {
	case c.Name == "":
		return c.Program.Text == "" && !c.Program.Dynamic // assignments
	case inertPrograms[c.Name], packages.Informs(c):
		return true
	case c.Is("npm", "yarn", "pnpm", "pip", "pip3", "poetry", "bundle", "composer"):
		return len(c.Args) > 0 && strings.HasPrefix(c.Args[0].Text, "config")
	case c.Is("python", "python3"):
		return len(c.Args) > 1 && c.Args[0].Text == "-m" && (c.Args[1].Text == "venv" || c.Args[1].Text == "ensurepip")
	case c.Is("source", "."):
		return len(c.Args) == 1 && strings.HasSuffix(c.Args[0].Text, "bin/activate")
	case c.Is("sh", "bash"):
		return c.HasLetter("c") // its commands follow
	case c.Is("mix"):
		return len(c.Args) > 0 && strings.HasPrefix(c.Args[0].Text, "local.")
	}
	return false
}

// add looks for the copy that an install stands below for no reason.
func (m *misplaced) add(p *lint.Pass, copies []broadCopy, in *dockerfile.Instruction, u packages.Use) {
	if readsNothing(&u) {
		for i := range copies {
			if reaches(copies[i].to) {
				return // it may bring sources and keys
			}
		}
		if b := &copies[0]; !b.assumed {
			m.found = append(m.found, install{b, in, u, need{known: true, nothing: true}})
		}
		return
	}
	for i := len(copies) - 1; i >= 0; i-- {
		b := &copies[i]
		n, ok := manifestsFor(p, b, in, u)
		if !ok {
			continue
		}
		if n.known && b.bringsMore(p, n.files) {
			m.found = append(m.found, install{b, in, u, n})
		}
		return
	}
}

// reaches reports whether a copy may bring the settings of a package manager.
func reaches(to string) bool {
	for _, settings := range []string{"/etc", "/usr/share/keyrings", "/root"} {
		if _, inside := within(settings, to); inside {
			return true
		}
	}
	return to == "/"
}

// andAfter counts what misses the cache along with a step.
func andAfter(p *lint.Pass, in *dockerfile.Instruction) string {
	if n := len(p.Graph().TakesDown(in)); n > 0 {
		return " and the " + countAfter(n)
	}
	return ""
}

func countAfter(n int) string {
	if n == 1 {
		return "step after it"
	}
	return count(n, "step") + " after it"
}
