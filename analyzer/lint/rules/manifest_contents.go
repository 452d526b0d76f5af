package rules

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
)

// maxManifest bounds what is read of a manifest, in bytes.
const maxManifest = 1 << 20

// read looks into the manifests for what else an install reads. It adds files
// that they refer to, and is false where they refer to folders of the project.
func (n *need) read(p *lint.Pass, m *packages.Manager) bool {
	switch m.Name {
	case "npm", "yarn", "pnpm", "bun":
		return n.readNode(p)
	case "pip", "uv", "conda":
		return n.readPython(p)
	}
	text := n.text(p, m.Manifests)
	switch m.Name {
	case "go":
		return n.readGo(p, text)
	case "cargo":
		return n.readCargo(p, text)
	case "bundler":
		return !hasAny(text, "gemspec", "path:", ":path", "path(", "eval_gemfile")
	case "composer":
		return !strings.Contains(strings.ReplaceAll(text, " ", ""), `"type":"path"`)
	case "poetry", "pdm", "pipenv":
		return !hasAny(strings.ReplaceAll(text, " ", ""), "path=", "file:///")
	case "mix":
		return !hasAny(text, "apps_path", "path:") && !n.build
	case "maven":
		return !n.build || hasAny(text, "<dependency>", "<parent>") && !strings.Contains(text, "<modules>")
	case "gradle":
		return !n.build || hasAny(text, "dependencies", "plugins")
	case "dotnet":
		return n.readDotnet(p, text)
	}
	return true
}

// text is the content of the files that match.
func (n *need) text(p *lint.Pass, patterns []string) string {
	var b strings.Builder
	for _, f := range n.files {
		if packages.Matches(patterns, f) {
			data, err := p.Context.Read(f, maxManifest)
			if err == nil {
				b.Write(data)
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

// lifecycle are the scripts of a package.json that an install runs.
var lifecycle = []string{"preinstall", "install", "postinstall", "prepare"}

func (n *need) readNode(p *lint.Pass) bool {
	var manifest struct {
		Workspaces                                          any
		Scripts                                             map[string]string
		Dependencies, DevDependencies, OptionalDependencies map[string]string
	}
	i := slices.IndexFunc(n.files, func(f string) bool { return path.Base(f) == "package.json" })
	if i < 0 {
		return true // pnpm fetch
	}
	data, err := p.Context.Read(n.files[i], maxManifest)
	if err != nil || json.Unmarshal(data, &manifest) != nil {
		return false
	}
	for _, deps := range []map[string]string{manifest.Dependencies, manifest.DevDependencies, manifest.OptionalDependencies} {
		for _, version := range deps {
			if strings.HasPrefix(version, "file:") || strings.HasPrefix(version, "link:") || strings.HasPrefix(version, "portal:") {
				return false
			}
		}
	}
	for _, name := range lifecycle {
		if manifest.Scripts[name] != "" && n.script == "" {
			n.script = name
		}
	}
	if manifest.Workspaces != nil || slices.Contains(n.files, path.Join(n.folder, "pnpm-workspace.yaml")) {
		n.members = n.countBelow(p, "package.json", "node_modules")
	}
	return true
}

// countBelow is how many files of a name there are below the project's folder,
// outside of folders of another name.
func (n *need) countBelow(p *lint.Pass, name, outside string) int {
	files, _ := p.Context.Files()
	found := 0
	for _, f := range files {
		rel, ok := within(n.folder, f.Path)
		if ok && path.Base(rel) == name && rel != name && !slices.Contains(strings.Split(rel, "/"), outside) {
			found++
		}
	}
	return found
}

// readPython follows -r and -c in files of requirements.
func (n *need) readPython(p *lint.Pass) bool {
	for i := 0; i < len(n.files) && i < 32; i++ {
		f := n.files[i]
		if path.Base(f) == "pyproject.toml" {
			if text := n.text(p, []string{"pyproject.toml"}); hasAny(strings.ReplaceAll(text, " ", ""), "path=", "workspace=true", "[tool.uv.workspace]", "file:///") {
				return false
			}
			continue
		}
		data, err := p.Context.Read(f, maxManifest)
		if err != nil {
			return false
		}
		for line := range strings.Lines(string(data)) {
			if !n.requirement(p, path.Dir(f), strings.TrimSpace(line)) {
				return false
			}
		}
	}
	return true
}

// requirement reads one line of a file of requirements; it is false for one that
// names something else of the project.
func (n *need) requirement(p *lint.Pass, folder, line string) bool {
	fields := strings.Fields(strings.TrimPrefix(line, "- "))
	if len(fields) == 0 || strings.HasPrefix(line, "#") {
		return true
	}
	switch first := fields[0]; {
	case len(fields) > 1 && (first == "-r" || first == "-c" || first == "--requirement" || first == "--constraint"):
		file := path.Join(folder, fields[1])
		if _, ok := p.Context.Lookup(file); !ok {
			return strings.Contains(fields[1], "://")
		}
		if !slices.Contains(n.files, file) {
			n.files = append(n.files, file)
		}
	case first == "-e" || first == "--editable" || strings.HasPrefix(first, "--editable=") || first == "-f" || first == "--find-links":
		return len(fields) > 1 && strings.Contains(fields[1], "://")
	case strings.HasPrefix(first, "."), strings.HasPrefix(first, "file:"), strings.HasPrefix(first, "/"):
		return false
	case strings.Contains(line, "@ file:"):
		return false
	}
	return true
}

func (n *need) readGo(p *lint.Pass, text string) bool {
	for line := range strings.Lines(text) {
		if _, to, ok := strings.Cut(line, "=>"); ok && hasAny(strings.TrimSpace(to)[:min(1, len(strings.TrimSpace(to)))], ".", "/") {
			return false
		}
	}
	_, vendored := p.Context.Lookup(path.Join(n.folder, "vendor", "modules.txt"))
	hasSums := slices.Contains(n.files, path.Join(n.folder, "go.sum"))
	inWorkspace := slices.Contains(n.files, path.Join(n.folder, "go.work"))
	return !vendored && !inWorkspace && (hasSums || !n.build)
}

// readCargo wants dependencies, and a project without members of its own.
func (n *need) readCargo(p *lint.Pass, text string) bool {
	lock := n.text(p, []string{"Cargo.lock"})
	return n.build && strings.Count(lock, "[[package]]") > 1 && !hasAny(strings.ReplaceAll(text, " ", ""), "[workspace]", "path=\"")
}

// readDotnet adds the projects that a solution or another project refers to.
func (n *need) readDotnet(p *lint.Pass, text string) bool {
	if n.build && !strings.Contains(text, "PackageReference") {
		return false
	}
	if !hasAny(text, "ProjectReference", "Project(", "<Project Path") {
		return true
	}
	n.members = 0
	files, _ := p.Context.Files()
	for _, f := range files {
		if packages.Matches([]string{"*.csproj", "*.fsproj", "*.vbproj"}, f.Path) && !slices.Contains(n.files, f.Path) {
			n.files = append(n.files, f.Path)
		}
	}
	return true
}

func hasAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(s string) bool { return strings.Contains(text, s) })
}
