package packages

import (
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// python are the package managers of Python.
var python = []*Manager{pip, pipenv, poetry, uv, pdm, conda}

// pipFiles are the flags that name a file of requirements or constraints.
var pipFiles = []string{"-r", "--requirement", "-c", "--constraint"}

var pip = &Manager{
	Name:     "pip",
	Programs: []string{"pip", "pip2", "pip3", "pip3.8", "pip3.9", "pip3.10", "pip3.11", "pip3.12", "pip3.13", "pip3.14"},
	// Without -r pip installs what its words name.
	Settings: []string{"pip.conf"},
	Caches:   []Cache{{Path: "~/.cache/pip", Env: "PIP_CACHE_DIR", Left: true}},
	values: []string{"-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-t", "--target", "-i", "--index-url", "--extra-index-url",
		"-f", "--find-links", "--prefix", "--root", "--src", "--trusted-host", "--timeout", "--default-timeout", "--retries", "--proxy", "--cert",
		"--cache-dir", "--log", "--platform", "--python-version", "--implementation", "--abi", "--no-binary", "--only-binary", "--progress-bar",
		"--upgrade-strategy", "--config-settings", "--global-option", "--install-option", "--python", "-w", "--wheel-dir", "-d", "--dest", "--use-feature", "--report"},
	verbs: []verb{
		{words: "install", action: Add, files: pipFiles},
		{words: "wheel", action: Add, files: pipFiles},
		{words: "download", action: Add, files: pipFiles},
		{words: "cache purge", action: Clean},
	},
	special: pipUse,
	local:   isPythonPath,
}

// pipUse reads a command that installs a project's own source.
func pipUse(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
	if len(named(words, []string{"-e", "--editable", "-f", "--find-links"})) == 0 {
		return Use{}, false
	}
	operands := m.operands(words)
	if len(operands) == 0 || operands[0].Text != "install" && operands[0].Text != "wheel" {
		return Use{}, false
	}
	u := Use{Action: Add, Verb: operands[0].Text, Dir: c.Dir, DirUnknown: c.DirUnknown, Packages: operands[1:]}
	u.Files = named(words, pipFiles)
	for _, e := range named(words, []string{"-e", "--editable", "-f", "--find-links"}) {
		u.NeedsSource = u.NeedsSource || !strings.Contains(e.Text, "://")
	}
	if len(u.Files) > 0 {
		u.Action = Install
	}
	for _, p := range u.Packages {
		u.NeedsSource = u.NeedsSource || isPythonPath(p.Text)
	}
	return u, true
}

// isPythonPath tells files and folders from requirements: ".", "./x[extra]", an
// archive, or a path with a slash that is no URL.
func isPythonPath(word string) bool {
	word, _, _ = strings.Cut(word, "[")
	if strings.Contains(word, "://") || strings.Contains(word, "@") {
		return strings.HasPrefix(word, "file:")
	}
	return word == "." || word == ".." || strings.Contains(word, "/") ||
		strings.HasSuffix(word, ".whl") || strings.HasSuffix(word, ".tar.gz") || strings.HasSuffix(word, ".zip")
}

var pipenv = &Manager{
	Name:      "pipenv",
	Programs:  []string{"pipenv"},
	Manifests: []string{"Pipfile"},
	Locks:     []string{"Pipfile.lock"},
	Caches:    []Cache{{Path: "~/.cache/pipenv", Env: "PIPENV_CACHE_DIR"}, {Path: "~/.cache/pip", Env: "PIP_CACHE_DIR"}},
	values:    []string{"--python", "-r", "-i", "--pypi-mirror", "--extra-pip-args", "--categories"},
	verbs: []verb{
		{words: "install", action: Install, named: Add},
		{words: "sync", action: Install},
		{words: "requirements", action: Other},
	},
}

var poetry = &Manager{
	Name:      "poetry",
	Programs:  []string{"poetry"},
	Manifests: []string{"pyproject.toml"},
	Locks:     []string{"poetry.lock"},
	Settings:  []string{"poetry.toml"},
	Output:    []string{".venv"},
	Caches:    []Cache{{Path: "~/.cache/pypoetry", Env: "POETRY_CACHE_DIR", Left: true}},
	values:    []string{"-C", "--directory", "-P", "--project", "--with", "--without", "--only", "-E", "--extras"},
	verbs: []verb{
		{words: "install", action: Install, manifestOnly: []string{"--no-root"}},
		{words: "sync", action: Install, manifestOnly: []string{"--no-root"}},
		{words: "add", action: Add, source: true},
		{words: "cache clear", action: Clean},
	},
	special: inPrefix("-C", "--directory"),
}

var uv = &Manager{
	Name:      "uv",
	Programs:  []string{"uv"},
	Manifests: []string{"pyproject.toml"},
	Locks:     []string{"uv.lock"},
	Settings:  []string{"uv.toml", ".python-version"},
	Output:    []string{".venv"},
	Caches:    []Cache{{Path: "~/.cache/uv", Env: "UV_CACHE_DIR"}},
	values: []string{"--directory", "--project", "--extra", "--group", "--only-group", "--no-group", "--package", "-p", "--python", "-r", "--requirement",
		"-c", "--constraint", "-e", "--editable", "--index-url", "-i", "--extra-index-url", "--default-index", "--index", "--cache-dir", "--target", "--prefix", "--link-mode"},
	verbs: []verb{
		{words: "sync", action: Install, manifestOnly: []string{"--no-install-project", "--no-install-workspace", "--no-install-local"}},
		{words: "pip install", action: Add, files: append([]string{"--requirements"}, pipFiles...)},
		{words: "pip sync", action: Add},
		{words: "add", action: Add, source: true},
		{words: "tool install", action: Add},
		{words: "cache clean", action: Clean},
		{words: "cache prune", action: Clean},
	},
	special: uvUse,
	local:   isPythonPath,
}

// uvUse reads what uv takes from pip, and its own flag for the project's folder.
func uvUse(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
	operands := m.operands(words)
	if len(operands) > 1 && operands[0].Text == "pip" {
		if operands[1].Text == "sync" {
			u := Use{Action: Install, Verb: "pip sync", Dir: c.Dir, DirUnknown: c.DirUnknown}
			for _, f := range operands[2:] {
				u.Files = append(u.Files, f)
			}
			return u, true
		}
		u, ok := pipUse(m, c, words[1:])
		u.Verb = "pip " + u.Verb
		return u, ok
	}
	return inPrefix("--directory", "--project")(m, c, words)
}

var pdm = &Manager{
	Name:      "pdm",
	Programs:  []string{"pdm"},
	Manifests: []string{"pyproject.toml"},
	Locks:     []string{"pdm.lock"},
	Settings:  []string{"pdm.toml"},
	Output:    []string{".venv", "__pypackages__"},
	Caches:    []Cache{{Path: "~/.cache/pdm", Env: "PDM_CACHE_DIR"}},
	values:    []string{"-p", "--project", "-G", "--group", "--with", "--without", "-L", "--lockfile"},
	verbs: []verb{
		{words: "install", action: Install, manifestOnly: []string{"--no-self"}},
		{words: "sync", action: Install, manifestOnly: []string{"--no-self"}},
		{words: "add", action: Add, source: true},
		{words: "cache clear", action: Clean},
	},
	special: inPrefix("-p", "--project"),
}

var conda = &Manager{
	Name:     "conda",
	Programs: []string{"conda", "mamba", "micromamba"},
	Caches: []Cache{
		{Path: "/opt/conda/pkgs", Env: "CONDA_PKGS_DIRS", Left: true},
	},
	values: []string{"-n", "--name", "-p", "--prefix", "-c", "--channel", "-f", "--file"},
	verbs: []verb{
		{words: "install", action: Add, files: []string{"--file"}},
		{words: "create", action: Add, files: []string{"--file"}},
		{words: "env create", action: Install, files: []string{"-f", "--file"}, only: []string{"environment.yml", "environment.yaml"}},
		{words: "env update", action: Install, files: []string{"-f", "--file"}, only: []string{"environment.yml", "environment.yaml"}},
		{words: "update", action: Upgrade},
		{words: "clean", action: Clean},
	},
}

// within is the folder that a flag names, seen from where the command runs.
func within(c *shell.Command, w shell.Word) (dir string, unknown bool) {
	switch {
	case w.Dynamic:
		return "", true
	case path.IsAbs(w.Text):
		return path.Clean(w.Text), false
	}
	return path.Join(c.Dir, w.Text), c.DirUnknown
}
