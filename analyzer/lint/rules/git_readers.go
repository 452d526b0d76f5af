package rules

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
)

// gitQueries are the commands of git that read the repository they run in.
var gitQueries = words("branch describe diff diff-index log ls-files name-rev rev-list rev-parse shortlog show show-ref status submodule symbolic-ref tag")

// gitTools are the plugins of build tools that take a version from the repository,
// by the files that would name them.
var gitTools = []struct {
	files []string
	tools func() *regexp.Regexp
}{
	{[]string{"pyproject.toml", "setup.cfg", "setup.py", "requirements*.txt"},
		later(`hatch-vcs|setuptools[-_]scm|versioningit|vcs-versioning|poetry-dynamic-versioning|uv-dynamic-versioning|dunamai|flit[-_]scm|versioneer|\bpbr\b|source\s*=\s*"scm"`)},
	{[]string{"pom.xml"}, later(`git-commit-id(?:-maven)?-plugin|buildnumber-maven-plugin|jgitver|maven-git-versioning-extension`)},
	{[]string{"build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"},
		later(`com\.palantir\.git-version|gradle-git-properties|axion-release|grgit|nebula\.release|reckon|gitVersion`)},
	{[]string{"*.csproj", "*.fsproj", "Directory.Build.props", "Directory.Packages.props"},
		later(`GitVersion|MinVer|Nerdbank\.GitVersioning|Microsoft\.SourceLink`)},
	{[]string{"GitVersion.yml"}, later(`[a-z-]+`)},
	{[]string{"Cargo.toml"}, later(`\bvergen(?:-git2?|-gix)?\b|git-version|shadow-rs|\bbuilt\b`)},
	{[]string{"*.gemspec"}, later(`git ls-files`)},
	{[]string{"package.json"}, later(`git rev-parse|git describe|git-rev-sync|git-revision-webpack-plugin|git-describe`)},
	{[]string{"Makefile", "GNUmakefile", "Taskfile.yml", "justfile", "Rakefile", "build.rs", "*.sh"},
		later(`git (?:-C \S+ )?(?:describe|rev-parse|log|rev-list|show)\b`)},
}

// gitReader names what in the build reads .git, "" where nothing is found that
// does. Go is asked for apart: it stamps what it builds, and does without.
func gitReader(p *lint.Pass) string {
	for _, in := range p.File.All() {
		if in.Keyword != "RUN" {
			continue
		}
		commands := p.Commands(in)
		for i := range commands {
			c := &commands[i]
			if o := c.Operands("-C", "-c"); c.Name == "git" && len(o) > 0 && gitQueries[o[0].Text] {
				return fmt.Sprintf("git %s on line %d", o[0].Text, in.Line)
			}
		}
		if hasPathElement(in.Text, ".git") && !strings.Contains(in.Text, "rm -") {
			return brief(in)
		}
	}
	return gitToolIn(p)
}

// gitToolIn looks into the files at the root of the context and in its folders
// scripts, bin, hack and build for tools that read .git.
func gitToolIn(p *lint.Pass) string {
	const most = 64 // files that are read
	files, _ := p.Context.Files()
	read := 0
	for _, f := range files {
		folder, name := path.Dir(f.Path), path.Base(f.Path)
		if !f.Type.IsRegular() || strings.Count(f.Path, "/") > 1 || folder != "." && name[0] == '.' || read >= most {
			continue
		}
		for _, t := range gitTools {
			if !packages.Matches(t.files, name) {
				continue
			}
			read++
			data, err := p.Context.Read(f.Path, maxManifest)
			if found := t.tools().Find(data); err == nil && found != nil {
				return fmt.Sprintf("%s in %s", found, f.Path)
			}
		}
	}
	return ""
}

// goStamps names the build of Go that stamps the commit into a program, "" where
// there is none.
func goStamps(p *lint.Pass) string {
	for _, in := range p.File.All() {
		for _, u := range usesOf(p, in) {
			if u.Manager.Name != "go" || u.Action != packages.Build || u.Verb != "build" && u.Verb != "install" {
				continue
			}
			if flag, ok := u.Command.Value("-buildvcs", "--buildvcs"); ok && flag.Text == "false" {
				continue
			}
			return fmt.Sprintf("%s on line %d", call(u), in.Line)
		}
	}
	return ""
}
