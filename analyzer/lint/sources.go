package lint

import (
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/dockerfile/scope"
	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// SourceKind is where files come from.
type SourceKind string

// The kinds of sources. A name that is no stage's counts as an image's, though a
// build may be given a context of that name.
const (
	SourceContext SourceKind = "context" // the build context
	SourceStage   SourceKind = "stage"   // a stage of the file
	SourceImage   SourceKind = "image"
	SourceURL     SourceKind = "url"
	SourceGit     SourceKind = "git"
	SourceInline  SourceKind = "inline" // a heredoc
)

// Source is something that an instruction takes files from.
type Source struct {
	Kind SourceKind
	// Name is the reference of an image, the address of a URL or repository, the
	// name of the file that a heredoc becomes; "" for others.
	Name  string
	Stage *dockerfile.Stage // of a stage, nil for other kinds
	// Paths are relative to the source's root, with slashes and without a leading
	// one, variables replaced, "." for all of it. Those of a COPY or ADD may hold
	// wildcards. None for URLs, repositories and heredocs.
	Paths    []string
	Excludes []string // patterns of --exclude
	Parents  bool     // --parents
	// Dest is where the files go, variables replaced, otherwise as written.
	Dest string
	// Mount says that a RUN mounts the files rather than copying them.
	Mount bool
}

// sources lists what an instruction takes files from.
func (g *Graph) sources(in *dockerfile.Instruction) []Source {
	switch c := in.Command.(type) {
	case *instructions.CopyCommand:
		src := Source{Kind: SourceContext, Excludes: c.ExcludePatterns, Parents: c.Parents}
		for _, ref := range scope.References(g.file, in) {
			src.name(ref.Name, ref.Stage)
		}
		return g.copied(in, src, c.SourcesAndDest)
	case *instructions.AddCommand:
		return g.added(in, c)
	case *instructions.RunCommand:
		return g.mounted(in, c)
	}
	return nil
}

// name says what a --from means: a stage, else an image.
func (s *Source) name(from string, stage *dockerfile.Stage) {
	if s.Kind, s.Stage = SourceStage, stage; stage == nil {
		s.Kind, s.Name = SourceImage, from
	}
}

func (g *Graph) copied(in *dockerfile.Instruction, src Source, names instructions.SourcesAndDest) []Source {
	src.Dest = g.expand(in, names.DestPath)
	var all []Source
	for _, p := range names.SourcePaths {
		src.Paths = append(src.Paths, relative(g.expand(in, p)))
	}
	if len(src.Paths) > 0 {
		all = append(all, src)
	}
	for _, doc := range names.SourceContents {
		all = append(all, Source{Kind: SourceInline, Name: doc.Path, Dest: src.Dest})
	}
	return all
}

// added takes apart an ADD, whose sources may be of several kinds.
func (g *Graph) added(in *dockerfile.Instruction, c *instructions.AddCommand) []Source {
	names := instructions.SourcesAndDest{DestPath: c.DestPath, SourceContents: c.SourceContents}
	var remote []Source
	for _, p := range c.SourcePaths {
		switch expanded := g.expand(in, p); {
		case isGit(expanded):
			remote = append(remote, Source{Kind: SourceGit, Name: expanded, Dest: g.expand(in, c.DestPath)})
		case strings.HasPrefix(expanded, "http://"), strings.HasPrefix(expanded, "https://"):
			remote = append(remote, Source{Kind: SourceURL, Name: expanded, Dest: g.expand(in, c.DestPath)})
		default:
			names.SourcePaths = append(names.SourcePaths, p)
		}
	}
	return append(g.copied(in, Source{Kind: SourceContext, Excludes: c.ExcludePatterns}, names), remote...)
}

// isGit follows dispatchCopy of BuildKit's frontend.
func isGit(address string) bool {
	ref, _, err := dfgitutil.ParseGitRef(address)
	return err == nil && !ref.IndistinguishableFromLocal
}

// Mounts are the mounts of a RUN, in the order written, variables replaced; nil for
// other instructions.
func (g *Graph) Mounts(in *dockerfile.Instruction) []*instructions.Mount {
	c, ok := in.Command.(*instructions.RunCommand)
	if !ok {
		return nil
	}
	return instructions.GetMounts(c)
}

// mounted expands the mounts of a RUN, of which BuildKit's parser leaves all but
// from= for later, and lists what they take files from.
func (g *Graph) mounted(in *dockerfile.Instruction, c *instructions.RunCommand) []Source {
	if len(instructions.GetMounts(c)) == 0 {
		return nil
	}
	if err := c.Expand(func(word string) (string, error) { return g.expand(in, word), nil }); err != nil {
		return nil // BuildKit refuses the file for it
	}
	var all []Source
	for _, m := range instructions.GetMounts(c) {
		if m.Type != instructions.MountTypeBind && m.From == "" {
			continue
		}
		src := Source{Kind: SourceContext, Mount: true, Dest: m.Target, Paths: []string{relative(m.Source)}}
		if m.From != "" {
			src.name(m.From, scope.Find(g.file, m.From, len(g.file.Stages)))
		}
		all = append(all, src)
	}
	return all
}

// relative makes a path of a source relative to its root. It never leads out.
func relative(p string) string {
	if p = strings.TrimPrefix(path.Clean("/"+p), "/"); p != "" {
		return p
	}
	return "."
}
