package solve

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/internal/absent"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/tonistiigi/go-csvvalue"
)

// Names that match nothing: BuildKit takes most of them without a word. What is
// said here is what the file and the options say, whatever the build came to.

// nameNotes says which names of the options match nothing in the file, and which of
// the file's look like another one. triggers are instructions that base images
// bring with them.
func nameNotes(o Options, file *dockerfile.File, attrs map[string]string, triggers []*dockerfile.Instruction) []string {
	references := plan.References(file, attrs)
	return slices.Concat(
		argumentNotes(o, file, triggers),
		contextNotes(o, file, references),
		filterNotes(o, file),
		secretNotes(o, file, triggers),
		referenceNotes(o, references),
	)
}

// predefined are the build arguments that need no declaration.
var predefined = []string{
	"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY", "SOURCE_DATE_EPOCH",
	"TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE",
	"BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT",
}

func argumentNotes(o Options, file *dockerfile.File, triggers []*dockerfile.Instruction) []string {
	var declared []string
	declare := func(in *dockerfile.Instruction) {
		if in.Trigger != nil {
			in = in.Trigger
		}
		if c, ok := in.Command.(*instructions.ArgCommand); ok {
			for _, a := range c.Args {
				declared = append(declared, a.Key)
			}
		}
	}
	for _, in := range file.All() {
		declare(in)
	}
	for _, in := range triggers {
		declare(in)
	}
	var notes []string
	for _, name := range slices.Sorted(maps.Keys(o.BuildArgs)) {
		if slices.Contains(declared, name) || strings.HasPrefix(name, "BUILDKIT_") || slices.Contains(predefined, strings.ToUpper(name)) {
			continue
		}
		notes = append(notes, didYouMean(fmt.Sprintf("build argument %s is not declared in the Dockerfile", name), absent.Nearest(name, declared)))
	}
	return notes
}

func contextNotes(o Options, file *dockerfile.File, references []plan.Reference) []string {
	used := map[string]bool{}
	var names []string
	for _, r := range references {
		used[plan.ContextKey(r.Name)] = true
		names = append(names, r.Name)
	}
	for _, name := range plan.StageNames(file) {
		used[strings.ToLower(name)] = true
		names = append(names, name)
	}
	var notes []string
	for _, given := range slices.Sorted(maps.Keys(o.Source.Named)) {
		name, _, _ := strings.Cut(given, "::") // a platform may follow
		if name == "" || used[plan.ContextKey(name)] || used[strings.ToLower(name)] {
			continue
		}
		notes = append(notes, didYouMean(fmt.Sprintf("build context %s is used by nothing in the Dockerfile", given), absent.Nearest(name, names)))
	}
	return notes
}

func filterNotes(o Options, file *dockerfile.File) []string {
	stages := plan.StageNames(file)
	var notes []string
	for _, list := range o.NoCacheFilter {
		for name := range strings.SplitSeq(list, ",") {
			if name == "" || slices.ContainsFunc(stages, func(s string) bool { return strings.EqualFold(s, name) }) {
				continue
			}
			notes = append(notes, didYouMean(fmt.Sprintf("--no-cache-filter %s names no stage", name), absent.Nearest(name, stages)))
		}
	}
	return notes
}

// secretNotes are about secrets that no RUN mounts. Git and HTTP sources take those
// of certain names.
func secretNotes(o Options, file *dockerfile.File, triggers []*dockerfile.Instruction) []string {
	var asked []string
	for _, in := range append(file.All(), triggers...) {
		if in.Trigger != nil {
			in = in.Trigger
		}
		for _, flag := range in.Flags {
			id, ok := secretMount(flag)
			if strings.Contains(id, "$") {
				return nil // an argument decides
			}
			if ok {
				asked = append(asked, id)
			}
		}
	}
	var notes []string
	for _, id := range o.Secrets {
		if !slices.Contains(asked, id) && !strings.HasPrefix(id, "GIT_AUTH_") && !strings.HasPrefix(id, "HTTP_AUTH_") {
			notes = append(notes, didYouMean(fmt.Sprintf("secret %s is used by nothing in the Dockerfile", id), absent.Nearest(id, asked)))
		}
	}
	return notes
}

// secretMount returns the id of the secret that a flag of RUN mounts (dispatchSecret
// in BuildKit's dockerfile2llb).
func secretMount(flag string) (id string, ok bool) {
	mount, ok := strings.CutPrefix(flag, "--mount=")
	if !ok {
		return "", false
	}
	fields, err := csvvalue.Fields(mount, nil)
	if err != nil { // BuildKit refuses it
		return "", false
	}
	values := map[string]string{}
	for _, field := range fields {
		key, value, _ := strings.Cut(field, "=")
		values[strings.ToLower(key)] = value
	}
	target := cmp.Or(values["target"], values["dst"], values["destination"])
	return cmp.Or(values["source"], values["src"], values["id"], path.Base(target)), strings.EqualFold(values["type"], "secret")
}

// referenceNotes are for names that BuildKit takes for an image, and that are a few
// letters away from a stage or a build context. A name that a FROM uses too is
// meant.
func referenceNotes(o Options, references []plan.Reference) []string {
	contexts := slices.Collect(maps.Keys(o.Source.Named))
	bases := map[string]bool{}
	for _, r := range references {
		if r.By == "FROM" && r.Stage == nil {
			bases[r.Name] = true
		}
	}
	var notes []string
	for _, r := range references {
		if r.Stage != nil || r.By != "FROM" && bases[r.Name] || !plainName(r.Name) || isContext(r.Name, contexts) {
			continue
		}
		kind, like := "stage ", absent.Nearest(r.Name, r.Candidates)
		if like == "" {
			kind, like = "build context ", absent.Nearest(r.Name, contexts)
		}
		if like != "" {
			notes = append(notes, fmt.Sprintf("line %d: %s is no stage and no build context, so it means an image: did you mean the %s%s?", r.Line, r.Name, kind, like))
		}
	}
	return notes
}

// plainName says that a reference has no registry, tag or digest, as the name of a
// stage.
func plainName(name string) bool {
	if name == "scratch" || strings.ContainsAny(name, "/:@$") {
		return false
	}
	_, err := reference.ParseNormalizedNamed(strings.ToLower(name))
	return err == nil
}

func isContext(name string, contexts []string) bool {
	return slices.ContainsFunc(contexts, func(c string) bool {
		c, _, _ = strings.Cut(c, "::")
		return plan.ContextKey(c) == plan.ContextKey(name)
	})
}

// triggersOf are the ONBUILD instructions that base images brought with them.
func triggersOf(p *plan.Plan) []*dockerfile.Instruction {
	var all []*dockerfile.Instruction
	for _, b := range p.Builds {
		for _, s := range b.Steps {
			if s.Trigger {
				all = append(all, s.Instruction)
			}
		}
	}
	return all
}

// NotedError is a failure to which something that the file or the options say may
// have led.
type NotedError struct {
	Err   error
	Notes []string
}

func (e *NotedError) Error() string { return e.Err.Error() }
func (e *NotedError) Unwrap() error { return e.Err }

// noted adds to an error of the frontend what is said about names in it.
func (r *run) noted(err error) error {
	if err == nil || r.Source.File == nil {
		return err
	}
	attrs, attrsErr := FrontendAttrs(r.Options)
	if attrsErr != nil {
		return err
	}
	var syntax *dockerfile.SyntaxError
	if errors.As(err, &syntax) {
		return err
	}
	if notes := nameNotes(r.Options, r.Source.File, attrs, nil); len(notes) > 0 {
		return &NotedError{err, notes}
	}
	return err
}

// didYouMean ends a message with a suggestion, where there is one.
func didYouMean(message, suggestion string) string {
	if suggestion == "" {
		return message
	}
	return message + ": did you mean " + suggestion + "?"
}
