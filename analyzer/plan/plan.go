// Package plan ties what BuildKit will do to the instructions it does it for:
// every vertex of the LLB to its instructions, and every instruction to its
// vertices, or to the reason why it has none.
//
// # Design
//
// BuildKit's own Dockerfile frontend converts the file, in this process, as a
// gateway build function. A Frontend stands between it and the gateway client
// and keeps a copy of each definition on its way to the engine; the digest of
// an operation in that copy is the digest of the vertex in the engine's status
// events, so that the mapping is exact on any engine. Locations in the
// definition name the lines. Converting the file a second time on our own side
// was turned down: session ids enter the digests, and two conversions may
// resolve a tag differently.
//
// A Frontend works against an engine (as the build function of client.Build)
// and against Offline, which answers from the disk, for statements that need no
// engine.
package plan

import (
	"fmt"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/dockerfile/scope"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// Plan is one build's operations and instructions.
type Plan struct {
	File   *dockerfile.File
	Target string // as asked for; "" for the last stage
	// Builds has one entry a platform, in the order asked for.
	Builds []*Build
	// StandIns are the images that were answered with a stand-in, sorted.
	StandIns []record.StandIn
	// Syntax is the frontend image that the file asks for and that was not
	// used, "" if there is none.
	Syntax string
}

// Build is the plan for one platform.
type Build struct {
	Platform string // "linux/amd64"
	// Steps are all instructions of the file in its order; the ONBUILD triggers
	// of a base image follow its FROM.
	Steps []*Step
	// Vertices are all operations, inputs before consumers.
	Vertices []*Vertex
	// Scopes are the arguments and variables with which each stage ends.
	Scopes []map[string]string

	byDigest map[digest.Digest]*Vertex
	// imageStages are the target's stage, the one that it starts from, and so on.
	imageStages map[*dockerfile.Stage]bool
}

// Step is one instruction in one platform's build.
type Step struct {
	ID          string // unique in the plan: "linux/amd64 build 3"
	Platform    string
	Stage       *dockerfile.Stage // nil above the first FROM
	StageLabel  string            // its name or "stage-N", made unique; "" above the first FROM
	Instruction *dockerfile.Instruction
	Trigger     bool // an ONBUILD instruction of the base
	Line        int
	EndLine     int
	Effect      record.Effect
	// Unused says that the target does not need the step's stage.
	Unused bool
	// Why says why the step has no vertices; "" if it has some.
	Why string
	// Vertices are those of the step, inputs before consumers. Identical
	// instructions share theirs.
	Vertices  []*Vertex
	DependsOn []*Step
	// Args and Env are the build arguments and the environment in scope. Of an
	// instruction that has no operation they are those that its text may name: a file
	// of many ENV lines would else have the square of them.
	Args, Env map[string]string
	// Mentions are the variables that BuildKit replaces in the instruction, sorted,
	// Unset those of them that nothing sets.
	Mentions, Unset []string
	// Expanded is the instruction as BuildKit prints it, with variables
	// replaced; "" where it has no vertex.
	Expanded string

	references []scope.Reference
	parsed     record.Parsed
}

// Vertex is one operation of BuildKit.
type Vertex struct {
	Digest  digest.Digest
	Op      *pb.Op
	Name    string // as progress prints it
	NoCache bool
	Inputs  []*Vertex // by the operation's input index
	// Steps are the instructions that it was made for; of a source that several
	// steps share, all of them.
	Steps []*Step
	// Located says that BuildKit itself gave the vertex a place in the file.
	Located bool
}

// Vertex returns the operation with this digest, nil if the build has none.
func (b *Build) Vertex(d digest.Digest) *Vertex { return b.byDigest[d] }

// Primary returns the vertices that decide whether the step ran: the image
// source of a FROM, the operation of a RUN, the copy of a COPY or ADD, not the
// sources that it reads from, nor the merge that puts a linked copy in place.
func (s *Step) Primary() []*Vertex {
	var primary []*Vertex
	for _, v := range s.Vertices {
		if v.Located && s.decides(v) {
			primary = append(primary, v)
		}
	}
	if len(primary) == 0 && s.Effect == record.EffectBase {
		return s.Vertices
	}
	return primary
}

// Reads says that a vertex is a source which no other step reads: what goes wrong
// with it goes wrong with the step.
func (s *Step) Reads(v *Vertex) bool {
	return v.Op.GetSource() != nil && len(v.Steps) == 1 && v.Steps[0] == s
}

func (s *Step) decides(v *Vertex) bool {
	if s.Effect == record.EffectBase {
		return v.Op.GetSource() != nil
	}
	return v.Op.GetSource() == nil && v.Op.GetMerge() == nil
}

// newBuild decodes a definition.
func newBuild(platform string, def *pb.Definition) (*Build, error) {
	b := &Build{Platform: platform, byDigest: map[digest.Digest]*Vertex{}}
	for _, dt := range def.Def {
		op := &pb.Op{}
		if err := op.UnmarshalVT(dt); err != nil {
			return nil, fmt.Errorf("decode BuildKit's definition: %w", err)
		}
		if op.Op == nil { // the last one only points at the result
			continue
		}
		v := &Vertex{Digest: digest.FromBytes(dt), Op: op}
		if md := def.Metadata[string(v.Digest)]; md != nil {
			v.NoCache = md.IgnoreCache
			v.Name = md.Description["llb.customname"]
		}
		if v.Name == "" {
			v.Name = opName(op)
		}
		for _, in := range op.Inputs {
			input := b.byDigest[digest.Digest(in.Digest)]
			if input == nil {
				return nil, fmt.Errorf("decode BuildKit's definition: %s has an input that does not come before it", v.Name)
			}
			v.Inputs = append(v.Inputs, input)
		}
		b.byDigest[v.Digest] = v
		b.Vertices = append(b.Vertices, v)
	}
	return b, nil
}

func opName(op *pb.Op) string {
	switch {
	case op.GetSource() != nil:
		return op.GetSource().Identifier
	case op.GetExec() != nil:
		return strings.Join(op.GetExec().GetMeta().GetArgs(), " ")
	case op.GetFile() != nil:
		return "file operation"
	case op.GetMerge() != nil:
		return "merge"
	case op.GetDiff() != nil:
		return "diff"
	}
	return "operation"
}
