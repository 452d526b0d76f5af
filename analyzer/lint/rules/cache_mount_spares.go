package rules

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/packages"
)

var cacheMountSpares = &lint.Rule{
	ID:       "cache-mount-spares",
	Title:    "a cache mount would spare downloads when the step runs again",
	Severity: finding.Info,
	Doc: lint.Doc{
		Why: `An install is run again with every change of its manifests, a build with every change of the source, and each time
all packages are downloaded anew, also the thousand that did not change. A cache mount keeps them beside the layers: the
step still runs, but fetches and compiles only what is new.

Where the downloads would stay in a layer that is shipped, package-cache-left says so instead. What a cache mount holds
is in no layer: a later RUN that needs it has to mount it, too.`,
		Bad: `FROM golang:1.25 AS build
WORKDIR /src
COPY . .
RUN go build -o /app .

FROM scratch
COPY --from=build /app /app
`,
		Good: `FROM golang:1.25 AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    go build -o /app .

FROM scratch
COPY --from=build /app /app
`,
	},
	Check: checkMissingMounts,
}

// mountWorthy are the managers that keep what they download apart from what they
// install, so that nothing else misses it, with the actions that fetch it.
var mountWorthy = map[string]packages.Action{
	"npm":    packages.Install,
	"yarn":   packages.Install,
	"pip":    packages.Install,
	"poetry": packages.Install,
	"uv":     packages.Install,
	"go":     packages.Build,
	"cargo":  packages.Build,
	"maven":  packages.Build,
	"gradle": packages.Build,
}

// knownHomes are the images that put a tool's folder where the table says.
var knownHomes = map[string]string{"go": "golang", "cargo": "rust"}

func checkMissingMounts(p *lint.Pass) {
	released := released(p)
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if in.Keyword == "RUN" && p.Graph().Needed(in) {
				checkMissingMount(p, in, released[s])
			}
		}
	}
}

func checkMissingMount(p *lint.Pass, in *dockerfile.Instruction, released bool) {
	for _, u := range usesOf(p, in) {
		name := u.Manager.Name
		if u.Action != mountWorthy[name] || u.Command.Conditional || mountsCache(p, in, u.Manager) {
			continue
		}
		if spare, left := spares[name]; released && left || u.Command.Has(spare.flags...) {
			continue
		}
		if home := knownHomes[name]; home != "" && imageBelow(p, in.Stage).name != home || !fetchesEachTime(p, in, u) {
			continue
		}
		var targets []string
		for _, c := range u.Manager.Caches {
			targets = append(targets, strings.Replace(c.Path, "~", "/root", 1))
		}
		p.Report(in, fmt.Sprintf("%s fetches everything again each time it runs: %s at %s would keep it",
			call(u), plural(len(targets), "a cache mount", "cache mounts"), list(targets)), nil)
		return
	}
}

// fetchesEachTime reports whether nothing is known to hand the downloads to a
// command: a step above that fetched them, vendored packages, a variable that puts
// the cache elsewhere, another user's home, a flag that forbids the network.
func fetchesEachTime(p *lint.Pass, in *dockerfile.Instruction, u packages.Use) bool {
	user := p.Graph().User(in)
	if u.Command.Has("--offline", "-mod=vendor") || u.Manager.Name == "maven" && u.Command.Has("-o") || user != "" && user != "root" && user != "0" {
		return false
	}
	for _, c := range u.Manager.Caches {
		if _, set := p.Graph().Var(in, c.Env); set && c.Env != "" {
			return false
		}
	}
	if u.Manager.Name == "cargo" && u.Verb == "fetch" {
		return false // what it fetches has to be there for the build
	}
	if u.Manager.Name == "go" && u.Verb != "build" && u.Verb != "install" && u.Verb != "test" {
		return false
	}
	if u.Action != packages.Build {
		return true
	}
	for _, o := range lineage(p, in.Stage) {
		if o == in {
			break
		}
		for _, before := range usesOf(p, o) {
			if before.Manager == u.Manager && (before.Action == packages.Install || before.Action == packages.Build) {
				return false
			}
		}
	}
	return !isVendored(p)
}

// isVendored reports whether the context has the modules of Go in it.
func isVendored(p *lint.Pass) bool {
	if p.Context == nil {
		return false
	}
	_, vendored := p.Context.Lookup("vendor/modules.txt")
	return vendored
}
