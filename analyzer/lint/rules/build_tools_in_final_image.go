package rules

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

var buildToolsInFinalImage = &lint.Rule{
	ID:       "build-tools-in-final-image",
	Title:    "compilers end up in the image that is shipped",
	Severity: finding.Info,
	Doc: lint.Doc{
		Why: "What is needed to build a program is mostly bigger than the program: compilers, headers and their caches are " +
			"stored and pulled with each image, and more to keep patched. Build in a stage of its own, and copy the result into a final stage with what it " +
			"needs to run. The two are then also cached apart.",
		Bad: `FROM golang:1.24
WORKDIR /src
COPY . .
RUN go build -o /usr/local/bin/server .
CMD ["server"]
`,
		Good: `FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN go build -o /server .

FROM gcr.io/distroless/static-debian12
COPY --from=build /server /server
CMD ["/server"]
`,
	},
	Check: checkBuildTools,
}

// compile is a program that turns sources into something that runs without them.
type compile struct {
	first map[string]bool // the words that may come first, nil for any
	image string          // part of the names of images that bring it
}

var compiles = map[string]compile{
	"cabal":   {words("build install"), "haskell"},
	"cargo":   {words("build"), "rust"},
	"clang":   {},
	"cmake":   {},
	"dotnet":  {words("publish"), "dotnet/sdk"},
	"g++":     {},
	"gcc":     {},
	"go":      {words("build install"), "golang"},
	"gradle":  {nil, "gradle"},
	"gradlew": {nil, "jdk"},
	"make":    {},
	"mvn":     {nil, "maven"},
	"mvnw":    {nil, "jdk"},
	"ninja":   {},
	"stack":   {words("build install"), "haskell"},
	"swift":   {words("build"), "swift"},
}

// compilerPackage matches the packages of distributions that bring compilers.
var compilerPackage = later(`^(?:build-essential|build-base|base-devel|gcc|g\+\+|gcc-c\+\+|clang|make|cmake|golang|golang-go|go|rust|rustc|cargo|maven|gradle|default-jdk(?:-headless)?|openjdk-?[0-9]+-jdk(?:-headless)?|dotnet-sdk-[0-9.]+|ghc)(?:-[0-9.]+)?$`)

func checkBuildTools(p *lint.Pass) {
	s := p.File.Stages[len(p.File.Stages)-1]
	if isForDevelopment(s.Name) {
		return
	}
	b, _ := baseOf(p, bottom(p, s))
	var installed *dockerfile.Instruction
	var names []string
	for _, in := range lineage(p, s) {
		if in.Keyword != "RUN" {
			continue
		}
		if found := compilersIn(p, in); len(found) > 0 && installed == nil {
			installed, names = in, found
		}
		switch step, bringing := compilesIn(p, in, b.name); {
		case step == "":
		case bringing:
			p.Report(in.Stage.Instructions[0], fmt.Sprintf("the image that is shipped is %s with all its build tools, for %s on line %d; build in a stage of its own and copy the result",
				cut(b.name, 60), step, in.Line), nil)
			return
		case installed != nil:
			p.Report(installed, fmt.Sprintf("%s %s in the image that is shipped, for %s on line %d; build in a stage of its own and copy the result",
				cut(strings.Join(names, ", "), 60), plural(len(names), "stays", "stay"), step, in.Line), nil)
			return
		}
	}
}

// bottom is the stage that a stage's chain starts from.
func bottom(p *lint.Pass, s *dockerfile.Stage) *dockerfile.Stage {
	for b := p.Graph().Base(s); b != nil; b = p.Graph().Base(s) {
		s = b
	}
	return s
}

// isForDevelopment reports whether a stage is meant to have tools in it.
func isForDevelopment(name string) bool {
	for _, w := range []string{"dev", "test", "build", "ci", "tool", "debug", "lint", "sdk"} {
		if strings.Contains(strings.ToLower(name), w) {
			return true
		}
	}
	return false
}

// compilersIn are the compilers that a RUN installs; none where it removes packages
// again.
func compilersIn(p *lint.Pass, in *dockerfile.Instruction) []string {
	var found []string
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		if operands := c.Operands(); packages.IsProgram(c.Name) && len(operands) > 1 && removals[operands[0].Text] {
			return nil
		}
		u, ok := packages.Classify(c)
		if !ok || u.Action != packages.Add || !u.Manager.System {
			continue
		}
		for _, o := range u.Packages {
			if name, _, _ := strings.Cut(o.Text, "="); compilerPackage().MatchString(name) {
				found = append(found, name)
			}
		}
	}
	return found
}

// compilesIn is the command of a RUN that compiles, "" without one. Bringing says
// that the base image is there to bring its compiler.
func compilesIn(p *lint.Pass, in *dockerfile.Instruction, image string) (step string, bringing bool) {
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		k, ok := compiles[c.Name]
		operands := c.Operands()
		if !ok || c.Conditional || k.first != nil && (len(operands) == 0 || !k.first[operands[0].Text]) || !isBuild(c, operands) {
			continue
		}
		step = c.Name
		if k.first != nil {
			step += " " + operands[0].Text
		}
		if k.image != "" && strings.Contains(image, k.image) {
			return step, true
		}
	}
	return step, false
}

// isBuild reports whether a command of a build tool makes the program.
func isBuild(c *shell.Command, operands []shell.Word) bool {
	switch c.Name {
	case "go": // go install of another module installs a tool
		return operands[0].Text == "build" || len(operands) > 1 && strings.HasPrefix(operands[1].Text, ".")
	case "mvn", "gradle", "mvnw", "gradlew":
		for _, o := range operands {
			if javaGoals[o.Text] || strings.Contains(strings.ToLower(o.Text), "jar") {
				return true
			}
		}
		return false
	case "make":
		return len(operands) == 0 || operands[0].Text != "clean" && operands[0].Text != "test"
	}
	return true
}

var javaGoals = words("assemble build distTar distZip install installDist package verify")
