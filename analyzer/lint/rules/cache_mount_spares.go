package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
)

var cacheMountSpares = &lint.Rule{
	ID:       "cache-mount-spares",
	Title:    "a cache mount would spare downloads and compiling when the step runs again",
	Severity: finding.Info,
	Doc: lint.Doc{
		Why: `An install is run again with every change of its manifests, a build with every change of the source, and each time
all packages are downloaded anew, also the thousand that did not change. A cache mount keeps them beside the layers: the
step still runs, but fetches and compiles only what is new.

Where the downloads would stay in a layer that is shipped, package-cache-left says so instead. What a cache mount holds
is in no layer: a later RUN that needs it has to mount it, too.`,
		Bad: `-- Dockerfile --
FROM golang:1.25 AS build
WORKDIR /src
COPY . .
RUN go build -o /app .

FROM scratch
COPY --from=build /app /app
-- go.sum --
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
	"dotnet": packages.Build,
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
	uses := usesOf(p, in)
	for _, u := range uses {
		name := u.Manager.Name
		if u.Action != mountWorthy[name] || u.Command.Conditional {
			continue
		}
		if spare, left := spares[name]; released && left || u.Command.Has(spare.flags...) {
			continue
		}
		if home := knownHomes[name]; home != "" && imageBelow(p, in.Stage).name != home || !startsAnew(p, in, u) {
			continue
		}
		targets, downloads := lacking(p, in, u)
		if len(targets) == 0 {
			continue
		}
		does := "compiles"
		if downloads {
			does = "fetches"
			first := slices.IndexFunc(uses, func(o packages.Use) bool {
				return o.Manager == u.Manager && (o.Action == packages.Install || o.Action == packages.Build)
			})
			u = uses[first]
		}
		p.Report(in, fmt.Sprintf("%s %s everything again each time it runs: %s at %s would keep it",
			call(u), does, plural(len(targets), "a cache mount", "cache mounts"), list(targets)), nil)
		return
	}
}

// lacking are the folders that a use would need mounts for, and whether those of
// downloads are among them.
func lacking(p *lint.Pass, in *dockerfile.Instruction, u packages.Use) (targets []string, downloads bool) {
	downloads = !keepsDownloads(p, in, u.Manager) && !isFetchedAbove(p, in, u)
	for _, c := range u.Manager.Caches {
		needed := downloads
		if c.Built {
			needed = !keepsInMount(p, in, c) && !u.Command.Has("-a") // which makes go use none of it
		}
		if needed {
			targets = append(targets, strings.Replace(c.Path, "~", "/root", 1))
		}
	}
	return targets, downloads
}

// keepsDownloads reports whether a RUN keeps a manager's downloads, or what is
// installed of them, in a cache mount.
func keepsDownloads(p *lint.Pass, in *dockerfile.Instruction, m *packages.Manager) bool {
	for _, c := range m.Caches {
		if !c.Built && keepsInMount(p, in, c) {
			return true
		}
	}
	for _, mt := range mountsOf(p, in) {
		if mt.kind == "cache" && slices.Contains(m.Output, path.Base(mt.target)) {
			return true
		}
	}
	return false
}

// isFetchedAbove reports whether the layers below a build have its downloads. What
// a step has put into a cache mount is in none of them.
func isFetchedAbove(p *lint.Pass, in *dockerfile.Instruction, u packages.Use) bool {
	if u.Action != packages.Build {
		return false
	}
	for _, o := range lineage(p, in.Stage) {
		if o == in {
			break
		}
		for _, before := range usesOf(p, o) {
			if before.Manager == u.Manager && before.Action == packages.Install && !keepsDownloads(p, o, u.Manager) {
				return true
			}
		}
	}
	return false
}

// startsAnew reports whether nothing is known to spare a use its work: an earlier
// build, vendored packages, a variable that puts the cache elsewhere, another user's
// home, a flag that forbids the network. A build of what the step itself clones
// runs again only when its text changes.
func startsAnew(p *lint.Pass, in *dockerfile.Instruction, u packages.Use) bool {
	user := p.Graph().Sees(in).User()
	if u.Command.Has("--offline", "-mod=vendor", "--no-restore") || u.Manager.Name == "maven" && u.Command.Has("-o") || user != "" && user != "root" && user != "0" {
		return false
	}
	for _, c := range u.Manager.Caches {
		if _, set := p.Graph().Sees(in).Get(c.Env); set && c.Env != "" {
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
	fromContext := false
	for _, o := range lineage(p, in.Stage) {
		for _, src := range p.Graph().Sources(o) {
			fromContext = fromContext || src.Kind == lint.SourceContext || src.Kind == lint.SourceStage
		}
		if o == in {
			break
		}
		for _, before := range usesOf(p, o) {
			if before.Manager == u.Manager && before.Action == packages.Build {
				return false
			}
		}
	}
	return fromContext && !strings.Contains(in.Text, "git clone") && !runsLater(in, u) && listsPackages(p, u)
}

// runsLater reports whether the container runs the tool again, which then looks for
// its downloads in the image.
func runsLater(in *dockerfile.Instruction, u packages.Use) bool {
	for _, o := range below(in) {
		if (o.Keyword == "CMD" || o.Keyword == "ENTRYPOINT") && hasPathElement(o.Text, u.Command.Name) {
			return true
		}
	}
	return false
}

// listsPackages reports whether there is something to fetch, as far as the context
// is known: a module of Go without go.sum needs nothing, one with a vendor folder
// has it.
func listsPackages(p *lint.Pass, u packages.Use) bool {
	if p.Context == nil || u.Manager.Name != "go" {
		return true
	}
	if _, vendored := p.Context.Lookup("vendor/modules.txt"); vendored {
		return false
	}
	files, complete := p.Context.Files()
	return !complete || slices.ContainsFunc(files, func(f lint.File) bool { return path.Base(f.Path) == "go.sum" })
}
