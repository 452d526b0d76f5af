package packages

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// compiled are the package managers of compiled languages.
var compiled = []*Manager{golang, cargo, maven, gradle, dotnet, mix}

var golang = &Manager{
	Name:      "go",
	Programs:  []string{"go"},
	Manifests: []string{"go.mod"},
	Locks:     []string{"go.sum"},
	Settings:  []string{"go.work", "go.work.sum"},
	Caches:    []Cache{{Path: "/go/pkg/mod", Env: "GOMODCACHE"}, {Path: "~/.cache/go-build", Env: "GOCACHE", Built: true}},
	Prefetch:  "go mod download",
	values:    []string{"-C", "-o", "-ldflags", "-tags", "-mod", "-modfile", "-gcflags", "-asmflags", "-p", "-run", "-exec", "-overlay", "-pkgdir", "-toolexec", "-trimpath-"},
	verbs: []verb{
		{words: "mod download", action: Install},
		{words: "mod vendor", action: Build, source: true},
		{words: "build", action: Build, source: true},
		{words: "test", action: Build, source: true},
		{words: "run", action: Build, source: true},
		{words: "vet", action: Build, source: true},
		{words: "generate", action: Build, source: true},
		{words: "clean", action: Clean},
	},
	special: goUse,
}

// goUse tells programs with a version from the packages of the project.
func goUse(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
	operands := m.operands(words)
	if len(operands) == 0 || operands[0].Text != "install" && operands[0].Text != "get" && operands[0].Text != "run" {
		return Use{}, false
	}
	u := Use{Action: Build, Verb: operands[0].Text, Dir: c.Dir, DirUnknown: c.DirUnknown, NeedsSource: true, Patterns: m.Manifests}
	rest := operands[1:]
	for _, w := range rest {
		if strings.Contains(w.Text, "@") {
			u.Action, u.Packages, u.Patterns, u.NeedsSource, u.Global = Add, rest, nil, u.Verb == "get", u.Verb != "get"
		}
	}
	if u.Verb == "run" && u.Action == Add {
		u.Action = Other
	}
	if u.Verb == "get" && u.Action == Build {
		u.Action, u.Packages = Add, rest
	}
	return u, true
}

var cargo = &Manager{
	Name:      "cargo",
	Programs:  []string{"cargo"},
	Manifests: []string{"Cargo.toml"},
	Locks:     []string{"Cargo.lock"},
	Settings:  []string{".cargo/", "rust-toolchain", "rust-toolchain.toml"},
	Output:    []string{"target"},
	Caches: []Cache{
		{Path: "/usr/local/cargo/registry", Env: "CARGO_HOME"},
		{Path: "/usr/local/cargo/git", Env: "CARGO_HOME"},
	},
	Prefetch: "cargo chef",
	values:   []string{"--manifest-path", "--target", "--target-dir", "-p", "--package", "--features", "-F", "--bin", "--profile", "-j", "--jobs", "--path", "--git", "--tag", "--rev", "--branch", "--version", "--root", "--config", "-Z"},
	verbs: []verb{
		{words: "fetch", action: Build, source: true},
		{words: "build", action: Build, source: true},
		{words: "b", action: Build, source: true},
		{words: "test", action: Build, source: true},
		{words: "run", action: Build, source: true},
		{words: "install", action: Build, named: Add, source: false},
		{words: "chef cook", action: Install, files: []string{"--recipe-path"}, only: []string{"recipe.json"}},
	},
	special: cargoUse,
}

// cargoUse reads an install of the project itself.
func cargoUse(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
	operands := m.operands(words)
	if len(operands) == 0 || operands[0].Text != "install" || !has(words, []string{"--path"}) {
		return Use{}, false
	}
	u := Use{Action: Build, Verb: "install", Dir: c.Dir, DirUnknown: c.DirUnknown, NeedsSource: true, Patterns: m.Manifests}
	return u, true
}

var maven = &Manager{
	Name:      "maven",
	Programs:  []string{"mvn", "mvnw"},
	Manifests: []string{"pom.xml"},
	Settings:  []string{".mvn/", "mvnw", "settings.xml"},
	Output:    []string{"target"},
	Caches:    []Cache{{Path: "~/.m2"}},
	Prefetch:  "mvn dependency:go-offline",
	special:   mavenUse,
}

// mavenUse reads goals, any number of which may be asked for.
func mavenUse(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
	u := Use{Dir: c.Dir, DirUnknown: c.DirUnknown, Patterns: m.Manifests}
	goals := (&shell.Command{Args: words}).Operands("-f", "--file", "-s", "--settings", "-P", "--activate-profiles", "-pl", "--projects", "-T", "--threads", "-t", "-gs")
	for _, g := range goals {
		switch g.Text {
		case "dependency:go-offline", "dependency:resolve", "dependency:resolve-plugins", "de.qaware.maven:go-offline-maven-plugin:resolve-dependencies":
			if u.Action == Other {
				u.Action = Install
			}
		case "compile", "test", "package", "verify", "install", "deploy", "spring-boot:build-image":
			u.Action, u.NeedsSource = Build, true
		default:
			continue
		}
		if u.Verb == "" {
			u.Verb = g.Text
		}
	}
	if u.Files = named(words, []string{"-f", "--file"}); u.Files != nil {
		u.Patterns = nil
	}
	return u, true
}

var gradle = &Manager{
	Name:      "gradle",
	Programs:  []string{"gradle", "gradlew"},
	Manifests: []string{"build.gradle", "build.gradle.kts"},
	Locks:     []string{"gradle.lockfile"},
	Settings:  []string{"settings.gradle", "settings.gradle.kts", "gradle.properties", "gradle/", "gradlew", "buildSrc/"},
	Output:    []string{"build"},
	Caches:    []Cache{{Path: "~/.gradle", Env: "GRADLE_USER_HOME"}},
	Prefetch:  "gradle dependencies",
	special:   gradleUse,
}

// gradleUse reads tasks. Those that build are told by their names' last part.
func gradleUse(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
	u := Use{Dir: c.Dir, DirUnknown: c.DirUnknown, Patterns: m.Manifests}
	for _, t := range (&shell.Command{Args: words}).Operands("-p", "--project-dir", "-x", "--exclude-task", "-b", "-c", "-g", "-I") {
		task := t.Text[strings.LastIndexByte(t.Text, ':')+1:]
		switch {
		case task == "dependencies" || task == "resolveDependencies" || task == "downloadDependencies":
			if u.Action == Other {
				u.Action = Install
			}
		case task == "build" || task == "assemble" || task == "jar" || task == "bootJar" || task == "shadowJar" || task == "war" ||
			task == "installDist" || task == "distTar" || task == "test" || task == "check":
			u.Action, u.NeedsSource = Build, true
		}
		u.Verb = t.Text
	}
	return u, true
}

var dotnet = &Manager{
	Name:      "dotnet",
	Programs:  []string{"dotnet"},
	Manifests: []string{"*.csproj", "*.fsproj", "*.vbproj", "*.sln", "*.slnx"},
	Locks:     []string{"packages.lock.json"},
	Settings:  []string{"nuget.config", "NuGet.config", "NuGet.Config", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json"},
	Output:    []string{"obj", "bin"},
	Caches:    []Cache{{Path: "~/.nuget/packages", Env: "NUGET_PACKAGES"}},
	Prefetch:  "dotnet restore",
	values:    []string{"-o", "--output", "-c", "--configuration", "-r", "--runtime", "-f", "--framework", "-v", "--verbosity", "-s", "--source", "--configfile", "-a", "--arch", "--os", "--packages"},
	verbs: []verb{
		{words: "restore", action: Install},
		{words: "build", action: Build, source: true},
		{words: "publish", action: Build, source: true},
		{words: "pack", action: Build, source: true},
		{words: "test", action: Build, source: true},
		{words: "tool install", action: Add, global: nodeGlobal},
		{words: "nuget locals", action: Clean},
	},
	special: dotnetUse,
}

// dotnetUse takes the project that a command names as its manifest.
func dotnetUse(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
	v, rest := m.verb(m.operands(words))
	if v == nil || v.words == "tool install" || len(rest) == 0 {
		return Use{}, false
	}
	u := Use{Action: v.action, Verb: v.words, Dir: c.Dir, DirUnknown: c.DirUnknown, NeedsSource: v.source}
	for _, w := range rest {
		if Matches(m.Manifests, w.Text) {
			u.Files = append(u.Files, w)
		}
	}
	if u.Files == nil {
		u.Patterns = m.Manifests
		u.Dir, u.DirUnknown = within(c, rest[0])
	}
	return u, true
}

var mix = &Manager{
	Name:      "mix",
	Programs:  []string{"mix"},
	Manifests: []string{"mix.exs"},
	Locks:     []string{"mix.lock"},
	Output:    []string{"deps", "_build"},
	Caches:    []Cache{{Path: "~/.hex"}, {Path: "~/.mix"}},
	Prefetch:  "mix deps.get",
	special:   mixUse,
}

// mixUse reads tasks; "mix do" takes several, with commas or plus signs between.
func mixUse(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
	u := Use{Dir: c.Dir, DirUnknown: c.DirUnknown, Patterns: m.Manifests}
	for _, w := range words {
		switch task := strings.TrimSuffix(w.Text, ","); task {
		case "deps.get":
			if u.Action == Other {
				u.Action, u.Verb = Install, task
			}
		case "compile", "release", "deps.compile", "phx.digest", "assets.deploy":
			if u.Action != Install || task != "deps.compile" {
				u.Action, u.NeedsSource, u.Verb = Build, true, task
			}
		}
	}
	return u, true
}
