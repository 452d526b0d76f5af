package rules

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
)

var unpinnedPackages = &lint.Rule{
	ID:       "unpinned-packages",
	Title:    "packages are installed without a version",
	Severity: finding.Info,
	Hadolint: []string{"DL3008", "DL3013", "DL3016", "DL3018", "DL3028", "DL3033", "DL3037", "DL3041", "DL3062"},
	Off:      true,
	Doc: lint.Doc{
		Why: `What an install without versions brings depends on the day on which it runs: the layer that is cached today is
another one than the one that a builder without this cache makes tomorrow. With versions both are the same, and an update
is a change of the Dockerfile, which the cache sees.

The rule is off unless it is asked for: distributions remove old versions from their mirrors, so that a pinned version stops a
build one day, and a lock file or a snapshot of the mirror does the same better.`,
		Bad: `FROM alpine:3.20
RUN apk add --no-cache curl
`,
		Good: `FROM alpine:3.20
RUN apk add --no-cache curl=8.12.1-r0
`,
	},
	Check: checkUnpinnedPackages,
}

// versionMarks are what stands between a package and its version.
var versionMarks = map[string][]string{
	"apt":    {"="},
	"apk":    {"=", "~", "<", ">"},
	"dnf":    {"-"},
	"zypper": {"=", "<", ">"},
	"pip":    {"==", "~=", "===", "@", "<", ">"},
	"npm":    {"@"},
	"gem":    {":"},
	"go":     {"@"},
}

func checkUnpinnedPackages(p *lint.Pass) {
	for _, in := range p.File.All() {
		if in.Keyword != "RUN" {
			continue
		}
		for _, u := range usesOf(p, in) {
			marks := versionMarks[u.Manager.Name]
			if u.Action != packages.Add || marks == nil || u.NeedsSource || len(u.Files) > 0 || u.Manager.Name == "gem" && u.Command.Has("-v", "--version") {
				continue
			}
			var names []string
			for _, w := range u.Packages {
				if !w.Dynamic && !isPinned(w.Text, marks) {
					names = append(names, w.Text)
				}
			}
			if len(names) > 0 {
				p.ReportAt(commandSpan(p, in, u.Command), fmt.Sprintf("%s takes any version of %s", call(u), someOf(names)), nil)
			}
		}
	}
}

// dashVersion matches a version behind a name as dnf takes it.
var dashVersion = later(`-[0-9]`)

// isPinned reports whether a word says which version is meant, which "@latest" does not.
func isPinned(word string, marks []string) bool {
	if hasAny(word, "://", "*") || strings.HasSuffix(word, ".rpm") || strings.HasSuffix(word, ".deb") {
		return true
	}
	if strings.HasSuffix(word, "@latest") {
		return false
	}
	for _, m := range marks {
		if m == "-" && dashVersion().MatchString(word) {
			return true
		}
		if at := strings.LastIndex(word, m); m != "-" && at > 0 && at+len(m) < len(word) {
			return true
		}
	}
	return false
}
