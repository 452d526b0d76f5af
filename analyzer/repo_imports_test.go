package analyzer

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rule forbids imports to the packages below a folder, also by way of other
// packages of this module.
type rule struct {
	below  string   // folder
	but    []string // folders in it that the rule does not hold for
	forbid []string // import paths, with all that is below them
	allow  exceptions
	reason string
}

const (
	buildkit   = "github.com/moby/buildkit"
	containerd = "github.com/containerd/containerd"
)

var importRules = []rule{
	{
		below:  "analyzer",
		forbid: []string{module + "/report", module + "/cmd", "github.com/spf13", "golang.org/x/term"},
		reason: "data flows from the analyzer to reports and the command line",
	},
	{
		below:  "report",
		forbid: []string{module + "/cmd", buildkit, containerd, "github.com/spf13", "golang.org/x/term"},
		reason: "a report is written from its model alone, so that a saved one can be written again anywhere",
	},
	{
		below:  "analyzer/record",
		forbid: []string{module, buildkit, containerd},
		reason: "everything imports the record",
	},
	{
		below:  "analyzer/explain",
		forbid: []string{module + "/analyzer/solve", module + "/analyzer/engine", module + "/analyzer/plan", buildkit, containerd},
		reason: "an explanation is made from two records alone",
	},
	{
		below:  "analyzer/dockerfile",
		forbid: []string{module, buildkit + "/client"},
		allow: exceptions{
			"analyzer/dockerfile/scope → analyzer/dockerfile": "what it follows",
		},
		reason: "reading a Dockerfile needs no engine",
	},
	{
		below: "analyzer/lint",
		forbid: []string{
			module + "/analyzer/solve", module + "/analyzer/engine", module + "/analyzer/explain", module + "/analyzer/history",
			module + "/analyzer/predict", module + "/analyzer/scenario", "net/http", "os/exec",
		},
		reason: "linting needs no engine, no network and no other program",
	},
	{
		below: "",
		but:   []string{"analyzer/engine/embedded"},
		forbid: []string{
			buildkit + "/worker", buildkit + "/solver", buildkit + "/executor", buildkit + "/control",
			buildkit + "/cache", buildkit + "/snapshot", buildkit + "/source", containerd,
		},
		allow: exceptions{
			"analyzer/plan → " + buildkit + "/solver/pb":                          "the build graph's types, on the wire",
			"analyzer/lint → " + buildkit + "/solver/pb":                          "the build graph's types, on the wire",
			"analyzer/solve → " + buildkit + "/solver/pb":                         "the build graph's types, on the wire",
			"analyzer/solve → " + buildkit + "/solver/errdefs":                    "the vertex that an error carries",
			"analyzer/solve → " + buildkit + "/solver/llbsolver/provenance/types": "the JSON of a history record, which names the layers",
			"analyzer/solve → " + containerd + "/api/services/content/v1":         "BuildKit's client hands out its content store by this API",
			"analyzer/buildcontext → " + buildkit + "/cache":                      "what BuildKit's checksum code takes",
			"analyzer/buildcontext → " + buildkit + "/cache/contenthash":          "BuildKit's checksums, computed by BuildKit's code",
			"analyzer/buildcontext → " + buildkit + "/snapshot":                   "what BuildKit's checksum code takes",
			"cmd/internal/cli → " + buildkit + "/solver/errdefs":                  "the source lines that an error carries",
		},
		reason: "an engine's insides belong to analyzer/engine/embedded",
	},
	{
		below:  "",
		but:    []string{"analyzer/engine/embedded", "cmd"},
		forbid: []string{module + "/analyzer/engine/embedded"},
		reason: "code that builds takes any engine",
	},
}

func TestImports(t *testing.T) {
	graph := imports(t)
	for _, r := range importRules {
		var found []string
		for pkg := range graph {
			if r.holds(pkg) {
				found = append(found, r.breaches(graph, pkg)...)
			}
		}
		r.allow.check(t, "is forbidden: "+r.reason, found)
	}
}

// imports has, for every package that is shipped, by its folder, what it
// imports on any operating system.
func imports(t *testing.T) map[string][]string {
	graph := map[string][]string{}
	for _, s := range sources(t) {
		if s.isTest() || s.isExample() || s.ignoredByBuild() {
			continue
		}
		for _, spec := range s.file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			graph[s.pkg()] = append(graph[s.pkg()], name)
		}
	}
	return graph
}

func (r rule) holds(pkg string) bool {
	return (r.below == "" || below(pkg, r.below)) && !slices.ContainsFunc(r.but, func(f string) bool { return below(pkg, f) })
}

func (r rule) forbidden(name string) bool {
	return slices.ContainsFunc(r.forbid, func(f string) bool { return below(name, f) || below(path.Dir(name), f+"/v2") })
}

// breaches are the shortest ways from a package to what it must not import,
// written with arrows. What a package on the way is itself allowed or forbidden
// is told once, there.
func (r rule) breaches(graph map[string][]string, from string) []string {
	var found []string
	seen := map[string]bool{from: true}
	type step struct{ pkg, way string }
	for queue := []step{{from, from}}; len(queue) > 0; queue = queue[1:] {
		for _, name := range graph[queue[0].pkg] {
			way := queue[0].way + " → " + strings.TrimPrefix(name, module+"/")
			if r.forbidden(name) {
				found = append(found, way)
				continue
			}
			next, ours := strings.CutPrefix(name, module+"/")
			if !ours || seen[next] || r.holds(next) {
				continue
			}
			seen[next] = true
			if !slices.ContainsFunc(r.but, func(f string) bool { return below(next, f) }) {
				queue = append(queue, step{next, way})
			}
		}
	}
	return found
}

// below says that a path is a folder or lies in it.
func below(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }

func TestImportRulesAreSeen(t *testing.T) {
	graph := map[string][]string{
		"report":          {module + "/analyzer/record"},
		"analyzer/record": {"os", buildkit + "/worker/runc"},
	}
	r := rule{below: "report", forbid: []string{buildkit}}
	got := r.breaches(graph, "report")
	if want := []string{"report → analyzer/record → " + buildkit + "/worker/runc"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
