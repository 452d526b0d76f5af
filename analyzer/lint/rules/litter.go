package rules

import (
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// litter is a file or folder of the context that an image has no use for.
type litter struct {
	path    string // in the context
	pattern string // for .dockerignore
}

// litterKind says what a name means, and what has to be known for it to be litter.
type litterKind struct {
	folder bool // a folder; else a file
	// beside are files one of which must stand beside it; nil for none.
	beside []string
	// made says that the stage must make it itself.
	made func(p *lint.Pass, s *dockerfile.Stage) bool
}

// litterKinds are by base name. A name that begins with "*" is an ending.
var litterKinds = map[string]litterKind{
	".git": {folder: true}, ".hg": {folder: true}, ".svn": {folder: true},

	"node_modules": {folder: true, made: installsNode}, "bower_components": {folder: true, made: installsNode},
	".venv": {folder: true, made: installsPython}, "venv": {folder: true, made: installsPython},
	"env": {folder: true, beside: []string{"env/pyvenv.cfg"}, made: installsPython},

	"__pycache__": {folder: true}, ".pytest_cache": {folder: true}, ".mypy_cache": {folder: true}, ".ruff_cache": {folder: true},
	".tox": {folder: true}, ".nox": {folder: true}, "*.egg-info": {folder: true, made: installsPython},
	".gradle": {folder: true}, ".turbo": {folder: true}, ".parcel-cache": {folder: true}, ".nyc_output": {folder: true}, ".terraform": {folder: true},
	".next": {folder: true, made: builds}, ".nuxt": {folder: true, made: builds},
	"dist":   {folder: true, beside: []string{"package.json", "pyproject.toml", "setup.py"}, made: builds},
	"build":  {folder: true, beside: []string{"package.json", "build.gradle", "build.gradle.kts", "pyproject.toml", "setup.py"}, made: builds},
	"target": {folder: true, beside: []string{"Cargo.toml", "pom.xml"}, made: builds},
	"obj":    {folder: true, beside: []string{"*.csproj", "*.fsproj", "*.vbproj"}, made: builds},

	".idea": {folder: true}, ".vscode": {folder: true}, ".vs": {folder: true},
	".DS_Store": {}, "*.swp": {}, "*.pyc": {},
}

// litterIn lists the litter that a copy brings, in the order of paths. Of a folder
// nothing below it is listed. What an instruction names is none.
func litterIn(p *lint.Pass, b *broadCopy) []litter {
	var out []litter
	below := ""
	for _, f := range p.Context.Matches(b.src) {
		if below != "" && strings.HasPrefix(f.Path, below) {
			continue
		}
		name := path.Base(f.Path)
		kind, pattern, ok := litterKindOf(name)
		if !ok || kind.folder != f.Type.IsDir() && name != ".git" || f.Path == b.from || isNamed(p, name) {
			continue
		}
		if kind.beside != nil && !hasBeside(p, path.Dir(f.Path), kind.beside) || kind.made != nil && !kind.made(p, b.in.Stage) {
			continue
		}
		if f.Type.IsDir() {
			below = f.Path + "/"
		}
		if kind.made != nil && kind.beside != nil {
			pattern = f.Path // the name may mean something else in another folder
		} else if f.Path != name || strings.HasPrefix(pattern, "*") {
			pattern = "**/" + pattern
		}
		out = append(out, litter{path: f.Path, pattern: pattern})
	}
	return out
}

func litterKindOf(name string) (litterKind, string, bool) {
	if k, ok := litterKinds[name]; ok {
		return k, name, true
	}
	if ext := "*" + path.Ext(name); len(ext) > 2 {
		k, ok := litterKinds[ext]
		return k, ext, ok
	}
	return litterKind{}, "", false
}

func hasBeside(p *lint.Pass, folder string, names []string) bool {
	for _, n := range names {
		if len(inFolder(p, folder, n)) > 0 {
			return true
		}
	}
	return false
}

// isNamed reports whether an instruction names a file or folder, which then has a
// use in the image. The commands of git are for the guard of .git to judge.
func isNamed(p *lint.Pass, name string) bool {
	if name == ".git" {
		return false
	}
	for _, in := range p.File.All() {
		switch in.Keyword {
		case "COPY", "ADD", "ENV", "RUN", "CMD", "ENTRYPOINT", "WORKDIR", "VOLUME":
			if in.Keyword == "RUN" && strings.Contains(in.Text, "rm -r") {
				continue
			}
			if hasPathElement(in.Text, name) {
				return true
			}
		}
	}
	return false
}

// hasPathElement reports whether a name stands in a text as an element of a path.
func hasPathElement(text, name string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(name)
		if (i == 0 || strings.IndexByte(" /=\"',:", text[i-1]) >= 0) && (end == len(text) || strings.IndexByte(" /=\"',:\n\r]", text[end]) >= 0) {
			return true
		}
		from = i + 1
	}
}

// installsNode reports whether a stage installs packages of JavaScript itself.
func installsNode(p *lint.Pass, s *dockerfile.Stage) bool {
	return installsWith(p, s, words("npm yarn pnpm bun"))
}

func installsPython(p *lint.Pass, s *dockerfile.Stage) bool {
	return installsWith(p, s, words("pip pipenv poetry uv pdm conda"))
}

func installsWith(p *lint.Pass, s *dockerfile.Stage, managers map[string]bool) bool {
	for _, in := range lineage(p, s) {
		for _, u := range usesOf(p, in) {
			if managers[u.Manager.Name] && (u.Action == packages.Install || u.Action == packages.Add) {
				return true
			}
		}
	}
	return false
}

// builds reports whether a stage builds the project: a package manager's build,
// or a script of that name.
func builds(p *lint.Pass, s *dockerfile.Stage) bool {
	for _, in := range lineage(p, s) {
		commands := p.Commands(in)
		for i := range commands {
			c := &commands[i]
			if u, ok := packages.Classify(c); ok && u.Action == packages.Build {
				return true
			}
			if c.Is("tsc", "npm", "yarn", "pnpm", "bun", "npx", "next", "nuxt", "vite", "ng") && (c.Name == "tsc" || hasBuildScript(c.Operands())) {
				return true
			}
			if c.Is("python", "python3") && strings.Contains(in.Text, "build") {
				return true
			}
		}
	}
	return false
}

func hasBuildScript(operands []shell.Word) bool {
	for _, o := range operands {
		if strings.HasPrefix(o.Text, "build") {
			return true
		}
	}
	return false
}
