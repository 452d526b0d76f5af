package rules

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

var changingRunCached = &lint.Rule{
	ID:       "changing-run-cached",
	Title:    "a RUN whose result changes with time is cached for ever",
	Severity: finding.Warning,
	Hadolint: []string{"DL3005", "DL3017", "DL3031", "DL3035", "DL3039", "DL3062"},
	Doc: lint.Doc{
		Why: "The key of a RUN is its text, its environment and what it stands on. What it fetches or what time it is do not " +
			"enter it: the first result is reused until something above changes, and then comes out different. One builder has last " +
			"month's version, another today's, and a security upgrade happens once. Name a version, a commit or a digest, which " +
			"makes the text change when the result should.",
		Bad: `FROM debian:12
RUN git clone https://example.com/tool.git /opt/tool
`,
		Good: `FROM debian:12
RUN git clone --branch v1.2.3 --depth 1 https://example.com/tool.git /opt/tool
`,
	},
	Check: checkChangingRun,
}

func checkChangingRun(p *lint.Pass) {
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if in.Keyword == "RUN" && changeWords(in.Text) {
				checkChanges(p, in)
			}
		}
	}
}

// changeWords reports whether a text may have a command that the rule looks at.
func changeWords(text string) bool {
	for _, w := range []string{"date", "curl", "wget", "clone", "latest", "upgrade", "@next", "@ma", " -U "} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

func checkChanges(p *lint.Pass, in *dockerfile.Instruction) {
	commands := p.Commands(in)
	said := map[string]bool{}
	for i := range commands {
		c := &commands[i]
		if c.Name == "" {
			continue
		}
		message := changes(p, in, commands, i)
		if message == "" || said[c.Name] {
			continue
		}
		said[c.Name] = true
		p.ReportAt(commandSpan(p, in, c), message, nil)
	}
}

// changes says what is different in a later run of a command, "" where nothing is
// known to be.
func changes(p *lint.Pass, in *dockerfile.Instruction, commands []shell.Command, i int) string {
	c := &commands[i]
	switch c.Name {
	case "date":
		if keepsTime(commands, i) {
			return "the time is that of the first build and stays in the cache; hand it in as a build argument below the steps that do not need it"
		}
	case "curl", "wget":
		return changingDownload(commands, i)
	case "git":
		return changingClone(p, in, commands, i)
	case "apt-get", "apt", "apk", "dnf", "yum", "microdnf", "zypper", "tdnf":
		if o := c.Operands("-o", "-c", "-t"); len(o) == 1 && (upgrades[o[0].Text] || o[0].Text == "update" && c.Is("dnf", "yum", "microdnf", "tdnf", "zypper")) {
			return fmt.Sprintf("%s %s runs when the step is built and never again while it is cached; take a newer base image instead, or build with --no-cache for it",
				c.Name, o[0].Text)
		}
	}
	return changingPackage(c)
}

// upgrades are the subcommands that without a name bring all packages up to date.
var upgrades = words("dist-upgrade distro-sync dup full-upgrade upgrade")

// keepsTime reports whether the time that date prints goes anywhere but to the
// build's log.
func keepsTime(commands []shell.Command, i int) bool {
	c := &commands[i]
	if c.Has("-d", "--date", "-r", "--reference", "-s", "--set", "--version") || c.Conditional {
		return false
	}
	if !c.Substituted {
		return writesFile(c)
	}
	for j := i + 1; j < len(commands); j++ { // the command that the time is a word of
		if by := &commands[j]; !by.Substituted {
			return by.Name != "" && (writesFile(by) || !by.Is("echo", "printf", "test", "["))
		}
	}
	return false
}

// writesFile reports whether a command's output goes to a file, or on to another
// command.
func writesFile(c *shell.Command) bool {
	for _, r := range c.Redirects {
		if strings.HasPrefix(r.Op, ">") && !strings.HasPrefix(r.Target.Text, "/dev/") && r.FD != "2" {
			return true
		}
	}
	return c.Piped
}

var (
	// fixedVersion matches what names one version: two numbers with a dot, a long
	// hash, or a variable for either.
	fixedVersion = later(`[0-9]+[._][0-9]+|[0-9a-f]{12,}|v[0-9]+(?:[^0-9a-zA-Z]|$)|\$\{?\w*(?:VER|SHA|COMMIT|TAG|REV|RELEASE)`)
	// movingWord matches the names under which projects publish what is newest.
	movingWord = later(`(?:^|[/_.=@-])(latest|nightly|master|main|HEAD)(?:[/_.?-]|$)`)
	// movingBranch matches branches that people develop on.
	movingBranch = later(`^(?:main|master|dev|devel|develop|development|trunk|head|next|stable|nightly|latest)$`)
)

// changingDownload is about scripts that are run as they come, and addresses that
// say themselves that they move.
func changingDownload(commands []shell.Command, i int) string {
	c := &commands[i]
	address := ""
	for _, o := range c.Args {
		if strings.Contains(o.Text, "://") {
			address = o.Text
		}
	}
	if address == "" {
		return ""
	}
	if fixedVersion().MatchString(address) {
		return ""
	}
	if by := interpreter(commands, i); by != nil {
		if namesVersion(by) {
			return ""
		}
		return fmt.Sprintf("%s runs whatever %s sends on that day, and the result stays in the cache; fetch a release by its version, and check its digest",
			by.Name, shortAddress(address))
	}
	if m := movingWord().FindStringSubmatch(urlPath(address)); m != nil {
		return fmt.Sprintf("%s of %s is what it was on the day of the first build; name a version", m[1], shortAddress(address))
	}
	return ""
}

// urlPath is an address without its scheme and host.
func urlPath(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	_, rest, _ = strings.Cut(rest, "/")
	return "/" + rest
}

// interpreter is the command that runs what a download prints, nil where it goes
// elsewhere.
func interpreter(commands []shell.Command, i int) *shell.Command {
	for j := i + 1; j < len(commands); j++ {
		next := &commands[j]
		piped := commands[j-1].Piped && next.Op == "|"
		if !piped && !(commands[i].Substituted && j == i+1) {
			return nil
		}
		if next.Is("sh", "bash", "ash", "dash", "zsh", "python", "python3", "perl", "ruby", "node", "php") {
			return next
		}
		if !piped {
			return nil
		}
	}
	return nil
}

// namesVersion reports whether a command or its environment names a version.
func namesVersion(c *shell.Command) bool {
	for _, a := range c.Args {
		if fixedVersion().MatchString(a.Text) {
			return true
		}
	}
	for _, a := range c.Assigns {
		if fixedVersion().MatchString(a.Value.Text) {
			return true
		}
	}
	return false
}

// changingClone is about repositories of which no commit, tag or release is named,
// by the clone or by what follows it in the stage.
func changingClone(p *lint.Pass, in *dockerfile.Instruction, commands []shell.Command, i int) string {
	c := &commands[i]
	operands := c.Operands("-b", "--branch", "--depth", "-c", "-C", "--config", "-o", "--origin", "-j", "--jobs", "--filter", "--revision", "--reference")
	if len(operands) < 2 || operands[0].Text != "clone" || c.Has("--revision") {
		return ""
	}
	branch, named := c.Value("-b", "--branch")
	if named && (branch.Dynamic || !movingBranch().MatchString(branch.Text)) || selects(commands[i+1:]) {
		return ""
	}
	for _, later := range below(in) {
		if later.Keyword == "RUN" && strings.Contains(later.Text, "git") && selects(p.Commands(later)) {
			return ""
		}
	}
	what := "the default branch"
	if named {
		what = cut(branch.Text, 40)
	}
	return fmt.Sprintf("git clone takes what %s of %s is on the day of the first build; name a tag (--branch), or check a commit out",
		what, shortAddress(operands[1].Text))
}

// selects reports whether a git command goes to a commit.
func selects(commands []shell.Command) bool {
	for i := range commands {
		c := &commands[i]
		if o := c.Operands("-C", "-c", "--git-dir", "--work-tree"); c.Name == "git" && len(o) > 0 && gitSelects[o[0].Text] {
			return true
		}
	}
	return false
}

var gitSelects = words("checkout reset switch fetch rebase")

// changingPackage is about packages that are asked for in their newest version.
func changingPackage(c *shell.Command) string {
	newest := ""
	for _, a := range c.Args {
		name, tag, found := cutLast(a.Text, "@")
		if found && name != "" && (tag == "latest" || tag == "next" || tag == "nightly" || tag == "master" || tag == "main") {
			newest = a.Text
		}
	}
	switch c.Name {
	case "npm", "npx", "pnpm", "yarn", "bun", "bunx", "go", "corepack", "deno", "cargo":
		if newest != "" {
			return fmt.Sprintf("%s is whatever was released last when the step was built; name a version", cut(newest, 60))
		}
	case "pip", "pip3", "uv":
		return upgradedPython(c)
	}
	return ""
}

// upgradedPython is about pip install -U without a version.
func upgradedPython(c *shell.Command) string {
	if !c.Has("-U", "--upgrade") || c.Has("-r", "--requirement", "-c", "--constraint", "-e") {
		return ""
	}
	operands := c.Operands("-i", "--index-url", "--extra-index-url", "-t", "--target")
	for k, o := range operands {
		if k == 0 || o.Dynamic || strings.ContainsAny(o.Text, "=<>~./") || tooling[o.Text] || o.Text == "install" {
			continue
		}
		return fmt.Sprintf("%s install --upgrade takes the release of %s that was the last when the step was built; name a version", c.Name, cut(o.Text, 40))
	}
	return ""
}

// tooling is what people bring up to date before they install anything.
var tooling = words("pip setuptools wheel pip-tools build virtualenv pipenv")

// cutLast is strings.Cut at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
