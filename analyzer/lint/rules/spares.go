package rules

import (
	"slices"

	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
)

// spare is how a manager is told to leave nothing behind.
type spare struct {
	flags    []string // that keep it from doing so
	env      []string // variables that do the same
	insert   string   // the flag that the fix puts behind the verb, "" for none
	clean    string   // the command that cleans up
	what     string   // what is left
	hint     string   // in a message
	triggers []packages.Action
}

var installing = []packages.Action{packages.Install, packages.Add}

var spares = map[string]spare{
	"apt": {
		clean: "rm -rf /var/lib/apt/lists/*", what: "the package lists in /var/lib/apt/lists",
		hint:     "end the RUN with rm -rf /var/lib/apt/lists/*",
		triggers: []packages.Action{packages.Refresh},
	},
	"apk": {
		flags: []string{"--no-cache"}, insert: "--no-cache", what: "the package index in /var/cache/apk",
		hint:     "use apk add --no-cache, without apk update",
		triggers: []packages.Action{packages.Add, packages.Refresh, packages.Upgrade},
	},
	"dnf": {
		clean: "%s clean all", what: "metadata in /var/cache", hint: "end the RUN with %s clean all",
		triggers: []packages.Action{packages.Add, packages.Refresh, packages.Upgrade},
	},
	"zypper": {
		clean: "zypper clean --all", what: "metadata in /var/cache/zypp", hint: "end the RUN with zypper clean --all",
		triggers: []packages.Action{packages.Add, packages.Refresh, packages.Upgrade},
	},
	"pacman": {
		what: "packages in /var/cache/pacman/pkg", hint: "end the RUN with pacman -Scc --noconfirm",
		triggers: []packages.Action{packages.Add, packages.Upgrade},
	},
	"pip": {
		flags: slices.Concat(abbreviations("--no-cache-dir", "--no-ca"), abbreviations("--cache-dir", "--ca")), env: []string{"PIP_NO_CACHE_DIR", "PIP_CACHE_DIR"}, insert: "--no-cache-dir",
		what: "downloads in ~/.cache/pip", hint: "add --no-cache-dir, or a cache mount", triggers: installing,
	},
	"npm": {
		flags: []string{"--cache"}, env: []string{"npm_config_cache", "NPM_CONFIG_CACHE"}, clean: "npm cache clean --force",
		what: "downloads in ~/.npm", hint: "end the RUN with npm cache clean --force, or use a cache mount", triggers: installing,
	},
	"yarn": {
		flags: []string{"--cache-folder"}, env: []string{"YARN_CACHE_FOLDER"}, clean: "yarn cache clean",
		what: "downloads in /usr/local/share/.cache/yarn", hint: "end the RUN with yarn cache clean, or use a cache mount", triggers: installing,
	},
	"poetry": {
		flags: []string{"--no-cache"}, env: []string{"POETRY_NO_CACHE", "POETRY_CACHE_DIR"},
		what: "downloads in ~/.cache/pypoetry", hint: "add --no-cache, or a cache mount", triggers: installing,
	},
	"composer": {
		flags: []string{"--no-cache", "--no-update", "--no-install"}, env: []string{"COMPOSER_CACHE_DIR", "COMPOSER_HOME"}, insert: "--no-cache",
		what: "downloads in its cache folder", hint: "add --no-cache, or a cache mount", triggers: installing,
	},
	"bundler": {
		flags: []string{"--path", "--deployment", "--standalone"}, env: []string{"BUNDLE_PATH", "BUNDLE_DEPLOYMENT", "GEM_HOME"}, clean: "rm -rf /usr/local/bundle/cache",
		what: "gems as they were downloaded in /usr/local/bundle/cache", hint: "end the RUN with rm -rf /usr/local/bundle/cache, or use a cache mount", triggers: installing,
	},
	"conda": {
		env: []string{"CONDA_PKGS_DIRS"}, clean: "%s clean -afy",
		what: "packages in its cache", hint: "end the RUN with %s clean -afy", triggers: installing,
	},
}

// abbreviations are the forms of a flag that a program takes which, like pip, is
// content with the start of one, from the shortest that no other flag of it has.
func abbreviations(flag, shortest string) []string {
	var all []string
	for n := len(flag); n >= len(shortest); n-- {
		all = append(all, flag[:n])
	}
	return all
}

// triggeredBy reports whether a use is of a kind that leaves something.
func (s *spare) triggeredBy(u packages.Use) bool {
	return slices.Contains(s.triggers, u.Action) || u.Refreshes && slices.Contains(s.triggers, packages.Refresh)
}
