package packages

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// node are the package managers of JavaScript.
var node = []*Manager{npm, yarn, pnpm, bun}

var (
	nodeGlobal   = []string{"-g", "--global", "--location=global"}
	nodeSettings = []string{".npmrc", "patches/"}
)

var npm = &Manager{
	Name:      "npm",
	Programs:  []string{"npm"},
	Manifests: []string{"package.json"},
	Locks:     []string{"package-lock.json", "npm-shrinkwrap.json"},
	Settings:  nodeSettings,
	Output:    []string{"node_modules"},
	Caches:    []Cache{{Path: "~/.npm", Env: "npm_config_cache", Left: true}},
	version:   []string{"-v"},
	values:    []string{"--prefix", "-C", "--registry", "--cache", "--loglevel", "-w", "--workspace", "--omit", "--include", "--fetch-timeout", "--network-timeout", "--userconfig", "--maxsockets"},
	verbs: []verb{
		{words: "ci", action: Install},
		{words: "clean-install", action: Install},
		{words: "install", action: Install, named: Add, global: nodeGlobal},
		{words: "i", action: Install, named: Add, global: nodeGlobal},
		{words: "add", action: Install, named: Add, global: nodeGlobal},
		{words: "cache clean", action: Clean},
	},
	special: inPrefix("--prefix", "-C"),
	local:   isNodeFile,
}

var yarn = &Manager{
	Name:      "yarn",
	Programs:  []string{"yarn", "yarnpkg"},
	Manifests: []string{"package.json"},
	Locks:     []string{"yarn.lock"},
	Settings:  append([]string{".yarnrc", ".yarnrc.yml", ".yarn/releases/", ".yarn/plugins/", ".yarn/patches/", ".yarn/cache/"}, nodeSettings...),
	Output:    []string{"node_modules", ".yarn/cache", ".pnp.cjs"},
	Caches:    []Cache{{Path: "/usr/local/share/.cache/yarn", UserPath: "~/.cache/yarn", Inner: "v6", Env: "YARN_CACHE_FOLDER", Left: true}},
	version:   []string{"-v"},
	values:    []string{"--cwd", "--registry", "--cache-folder", "--modules-folder", "--network-timeout", "--network-concurrency", "--mutex"},
	verbs: []verb{
		{words: "", action: Install},
		{words: "install", action: Install},
		{words: "add", action: Add, global: nodeGlobal},
		{words: "global add", action: Add},
		{words: "workspaces focus", action: Install},
		{words: "cache clean", action: Clean},
	},
	special: inPrefix("--cwd"),
	local:   isNodeFile,
}

var pnpm = &Manager{
	Name:      "pnpm",
	Programs:  []string{"pnpm"},
	Manifests: []string{"package.json"},
	Locks:     []string{"pnpm-lock.yaml"},
	Settings:  append([]string{"pnpm-workspace.yaml", ".pnpmfile.cjs"}, nodeSettings...),
	Output:    []string{"node_modules"},
	Caches:    []Cache{{Path: "~/.local/share/pnpm/store", Env: "PNPM_HOME"}},
	version:   []string{"-v"},
	values:    []string{"-C", "--dir", "--filter", "-F", "--registry", "--store-dir", "--reporter", "--loglevel"},
	verbs: []verb{
		{words: "install", action: Install},
		{words: "i", action: Install},
		{words: "fetch", action: Install, only: []string{"pnpm-lock.yaml"}},
		{words: "add", action: Add, global: nodeGlobal},
		{words: "store prune", action: Clean},
	},
	special: inPrefix("-C", "--dir"),
	local:   isNodeFile,
}

var bun = &Manager{
	Name:      "bun",
	Programs:  []string{"bun"},
	Manifests: []string{"package.json"},
	Locks:     []string{"bun.lock", "bun.lockb"},
	Settings:  append([]string{"bunfig.toml"}, nodeSettings...),
	Output:    []string{"node_modules"},
	Caches:    []Cache{{Path: "~/.bun/install/cache", Env: "BUN_INSTALL_CACHE_DIR"}},
	values:    []string{"--cwd", "--registry", "--cache-dir", "--filter", "-c", "--config"},
	verbs: []verb{
		{words: "install", action: Install, named: Add, global: nodeGlobal},
		{words: "i", action: Install, named: Add, global: nodeGlobal},
		{words: "ci", action: Install},
		{words: "add", action: Add, global: nodeGlobal},
		{words: "pm cache rm", action: Clean},
	},
	special: inPrefix("--cwd"),
	local:   isNodeFile,
}

// inPrefix makes a flag's value the project's folder.
func inPrefix(flags ...string) func(*Manager, *shell.Command, []shell.Word) (Use, bool) {
	return func(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
		dir, ok := (&shell.Command{Args: words}).Value(flags...)
		if !ok {
			return Use{}, false
		}
		v, rest := m.verb(m.operands(words))
		if v == nil {
			return Use{}, true
		}
		u := Use{Manager: m, Command: c, Action: v.action, Verb: v.words}
		u.Dir, u.DirUnknown = within(c, dir)
		u.read(v, words, rest)
		return u, true
	}
}

// isNodeFile tells folders and archives from packages, which may have a scope
// and a slash.
func isNodeFile(word string) bool {
	return strings.HasPrefix(word, ".") || strings.HasPrefix(word, "/") || strings.HasPrefix(word, "file:") ||
		strings.HasPrefix(word, "link:") || strings.HasSuffix(word, ".tgz") && !strings.Contains(word, "://")
}
