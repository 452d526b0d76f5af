package lint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/dockerfile/scope"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// conversion is what BuildKit's converter makes of a file: one run of it gives
// both the findings of BuildKit's linter and the build graph. The converter looks
// at all stages, as DockerfileLint does.
type conversion struct {
	file *dockerfile.File
	// source is that of the file, with something else for what is not UTF-8, since
	// BuildKit's scanner would print about it.
	source   []byte
	warnings []warning
	// refusal is why BuildKit would not build the file, nil where it would. That
	// checks are errors (check=error=true) is no refusal.
	refusal error
	// args stand for build arguments that the file gives no value, without which it
	// cannot be converted; nil where it can.
	args  map[string]string
	state *llb.State // of the last stage; nil where the graph needs a run of its own
}

// warning is a finding of BuildKit's linter.
type warning struct {
	rule, message string
	span          finding.Span
}

// capabilities are those of a BuildKit that can do everything.
var capabilities = sync.OnceValue(func() *apicaps.CapSet {
	caps := pb.Caps.CapSet(pb.Caps.All())
	return &caps
})

// convert runs BuildKit's converter and linter over a file. The ignore file is the
// one that counts for its context, nil where there is none.
func convert(f *dockerfile.File, ignore []byte) *conversion {
	c := &conversion{file: f, source: bytes.ToValidUTF8(f.Source, []byte("\uFFFD"))}
	opt := c.options(c.source)
	opt.AllStages = true
	opt.Warn = func(rule, _, _, message string, at []parser.Range) {
		c.warnings = append(c.warnings, warning{rule, message, span(at)})
	}
	if ignore != nil {
		client, err := ignoring(ignore)
		if err != nil {
			c.refusal = err
			return c
		}
		opt.Client, opt.Config = client, client.Config
	}
	state, err := run(c.source, opt)
	switch {
	case err == nil:
		c.state, c.refusal = state, notText(f)
	case !c.isCheckError(err):
		c.refuse(err)
	}
	return c
}

// refuse keeps BuildKit's error, unless it is only for want of a build argument,
// which those who build the file know to give.
func (c *conversion) refuse(err error) {
	c.refusal = err
	args := standIns(c.file)
	if len(args) == 0 {
		return
	}
	opt := c.options(c.source)
	opt.AllStages, opt.BuildArgs = true, args
	if state, err := run(c.source, opt); err == nil {
		c.refusal, c.args, c.state = nil, args, state
	}
}

// standIns are values for the build arguments without a default: of a platform
// for those that a FROM takes one from, else what can be a name, a tag, a path and
// a mode.
func standIns(f *dockerfile.File) map[string]string {
	args := map[string]string{}
	for _, in := range f.All() {
		c, ok := in.Command.(*instructions.ArgCommand)
		if !ok {
			continue
		}
		for _, a := range c.Args {
			if a.Value == nil {
				args[a.Key] = "1"
			}
		}
	}
	for name := range args {
		for _, stage := range f.Stages {
			if mentions(stage.Platform, map[string]bool{name: true}) {
				args[name] = "linux/amd64"
			}
		}
	}
	return args
}

// notText is the error for an operation that is not UTF-8: its text passes BuildKit's
// converter, and cannot be sent to the engine.
func notText(f *dockerfile.File) error {
	if utf8.Valid(f.Source) {
		return nil
	}
	for _, in := range f.All() {
		switch in.Keyword {
		case "RUN", "COPY", "ADD":
			if !utf8.ValidString(in.Text) {
				return f.ErrorAt(in.Line, in.EndLine, "the instruction is not valid UTF-8")
			}
		}
	}
	return nil
}

// isCheckError tells the error that stands for findings, where the file asks for
// it. BuildKit gives it no type.
func (c *conversion) isCheckError(err error) bool {
	return checkOptions(c.file).ReturnAsError && strings.HasPrefix(err.Error(), "lint violation found for rules: ")
}

func (c *conversion) options(src []byte) dockerfile2llb.ConvertOpt {
	return dockerfile2llb.ConvertOpt{
		LLBCaps:      capabilities(),
		MetaResolver: &plan.Offline{}, // without one, BuildKit asks registries
		SourceMap:    llb.NewSourceMap(nil, c.file.Name, "Dockerfile", src),
	}
}

// run converts a source. Nothing in it waits for anything, so that it has no
// context to obey.
func run(src []byte, opt dockerfile2llb.ConvertOpt) (*llb.State, error) {
	res, err := dockerfile2llb.Dockerfile2LLB(context.Background(), src, opt)
	if err != nil {
		return nil, err
	}
	return &res.State, nil
}

// definition returns the build graph of all stages, nil where BuildKit refuses
// the file. The leaves are the stages that the last one does not reach. For their
// sake there is one more stage than the file has, which is extra.
func (c *conversion) definition(leaves []*dockerfile.Stage) (def *pb.Definition, extra bool) {
	if c.refusal != nil {
		return nil, false
	}
	state, src := c.state, c.source
	if extra = len(leaves) > 0 && !c.endsOpen(); extra {
		state, src = nil, c.withAll(leaves)
	}
	if state == nil {
		opt := c.options(src)
		opt.BuildArgs = c.args
		var err error
		if state, err = run(src, opt); err != nil {
			return nil, false
		}
	}
	marshaled, err := state.Marshal(context.Background())
	if err != nil {
		return nil, false
	}
	return marshaled.ToPB(), extra
}

// withAll returns the source with one more stage, which takes all leaves, so that
// one graph has them all. The lines above stay as they are.
func (c *conversion) withAll(leaves []*dockerfile.Stage) []byte {
	var b bytes.Buffer
	b.Write(c.source)
	b.WriteString("\nFROM scratch\n")
	last := c.file.Stages[len(c.file.Stages)-1]
	for _, s := range append(leaves, last) {
		fmt.Fprintf(&b, "COPY --from=%d / /%d/\n", s.Index, s.Index)
	}
	return b.Bytes()
}

// endsOpen says that the last instruction of the file would take in a line below.
func (c *conversion) endsOpen() bool {
	lines := c.file.Lines()
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(lines[i])
		if line != "" && line[0] != '#' {
			return strings.HasSuffix(line, string(c.file.Escape))
		}
	}
	return false
}

// span returns the lines of a place as BuildKit gives it.
func span(at []parser.Range) finding.Span {
	var s finding.Span
	for _, r := range at {
		if s.Line == 0 || r.Start.Line < s.Line {
			s.Line = r.Start.Line
		}
		s.EndLine = max(s.EndLine, r.Start.Line, r.End.Line)
	}
	return s
}

// placeOf returns the lines that an error of BuildKit names.
func placeOf(err error) finding.Span {
	var growth *scope.GrowthError
	if errors.As(err, &growth) {
		return finding.Span{Line: growth.Instruction.Line, EndLine: growth.Instruction.EndLine}
	}
	var syntax *dockerfile.SyntaxError
	if errors.As(err, &syntax) {
		return finding.Span{Line: syntax.Line, EndLine: syntax.EndLine}
	}
	var located *parser.LocationError
	if errors.As(err, &located) && len(located.Locations) > 0 {
		return span(located.Locations[0])
	}
	return finding.Span{}
}

// checkOptions are those of the check directive, none where it is malformed.
func checkOptions(f *dockerfile.File) *linter.Config {
	for _, d := range f.Directives {
		if d.Name == "check" {
			if c, err := linter.ParseLintOptions(d.Value); err == nil {
				return c
			}
		}
	}
	return &linter.Config{}
}

// ignoring returns a frontend's client whose context has an ignore file, which is
// how BuildKit's linter comes to know it.
func ignoring(ignore []byte) (*dockerui.Client, error) {
	files := memory{dockerui.DefaultDockerignoreName: ignore}
	return dockerui.NewClient(&plan.Offline{Locals: files.locals()})
}
