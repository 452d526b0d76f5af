package oracle_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/llbsolver/ops"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// TestEveryFieldOfAnOperation changes each field of the operations that RUN, COPY
// and WORKDIR become, one at a time, under an instruction that is written as
// before, and asks BuildKit's own code whether the cache key is another one. If it
// is, the step has a cause with a name; if it is not, nothing is blamed. Both hold
// with the engine's key in the records, and without it.
func TestEveryFieldOfAnOperation(t *testing.T) {
	named, ignored := 0, 0
	for _, o := range []struct {
		text string
		op   *pb.Op
	}{{"RUN x", runOp()}, {"COPY a /", copyOp()}, {"WORKDIR /w", makeOp()}} {
		base := o.op
		for _, c := range changesOf(base) {
			if c.isInput() || c.isImpossible() {
				continue
			}
			t.Run(strings.Fields(o.text)[0]+" "+c.path, func(t *testing.T) {
				differs := keyOf(t, base) != keyOf(t, c.op)
				if differs {
					named++
				} else {
					ignored++
				}
				for _, keys := range []bool{false, true} {
					checkField(t, stepRecord(t, o.text, base, keys), stepRecord(t, o.text, c.op, keys), differs)
				}
			})
		}
	}
	t.Logf("%d changes of fields are in the key and have a cause, %d are not and have none", named, ignored)
}

func checkField(t *testing.T, old, cur *record.Record, differs bool) {
	t.Helper()
	id := cur.Steps[len(cur.Steps)-1].ID
	causes := explain.Compare(old, cur).Causes[id]
	if len(causes) == 0 {
		t.Fatal("it has no cause")
	}
	for _, cause := range causes {
		t.Logf("%s: %s", cause.Kind, cause.Message)
		switch {
		case !differs && cause.Kind != explain.Evicted:
			t.Errorf("the key is the same, and %s is blamed: %s", cause.Kind, cause.Message)
		case differs && !slices.Contains([]explain.Kind{explain.StateChanged, explain.BuildArgumentChanged, explain.EnvironmentChanged, explain.InputsChanged}, cause.Kind):
			t.Errorf("%s: %s", cause.Kind, cause.Message)
		}
	}
}

// fieldChange is an operation with one field changed.
type fieldChange struct {
	path string
	op   *pb.Op
}

// isInput says that the field tells what the operation stands on and reads from,
// which is compared as such, or where its outputs go.
func (c fieldChange) isInput() bool {
	for _, name := range []string{".input", ".secondaryInput", ".output", ".contentCache", ".selector"} {
		if strings.HasSuffix(c.path, name) {
			return true
		}
	}
	return strings.HasPrefix(c.path, "op.inputs") || strings.HasSuffix(c.path, ".copy.src")
}

// isImpossible says that BuildKit refuses an operation so changed.
func (c fieldChange) isImpossible() bool {
	return c.path == "op.exec.mounts[0].dest" || c.path == "op.file.actions shorter" && len(c.op.GetFile().Actions) == 0
}

// changesOf changes every field that BuildKit's definition of an operation has.
func changesOf(op *pb.Op) []fieldChange {
	var out []fieldChange
	for n := 0; ; n++ { // the n-th field of a copy
		c := op.CloneVT()
		left := n
		path := changeField("op", c.ProtoReflect(), &left)
		if path == "" {
			return out
		}
		out = append(out, fieldChange{path, c})
	}
}

// changeField changes the n-th field of a message, counting those of the messages
// in it, and returns its path; "" if there are not so many.
func changeField(path string, m protoreflect.Message, n *int) string {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		at := path + "." + string(f.Name())
		switch {
		case f.ContainingOneof() != nil && !m.Has(f):
			continue // another kind of operation
		case f.IsMap():
			continue // of sources
		case f.IsList():
			if found := changeList(at, f, m.Mutable(f).List(), n); found != "" {
				return found
			}
		case f.Message() != nil:
			if m.Has(f) {
				if found := changeField(at, m.Mutable(f).Message(), n); found != "" {
					return found
				}
			}
		default:
			if *n--; *n < 0 {
				m.Set(f, otherValue(f, m.Get(f)))
				return at
			}
		}
	}
	return ""
}

func changeList(path string, f protoreflect.FieldDescriptor, list protoreflect.List, n *int) string {
	for k := range list.Len() {
		at := fmt.Sprintf("%s[%d]", path, k)
		if f.Message() == nil {
			if *n--; *n < 0 {
				list.Set(k, otherValue(f, list.Get(k)))
				return at
			}
		} else if found := changeField(at, list.Get(k).Message(), n); found != "" {
			return found
		}
	}
	if list.Len() == 0 {
		return ""
	}
	if *n--; *n < 0 { // one more of them would have to make sense
		list.Truncate(list.Len() - 1)
		return path + " shorter"
	}
	return ""
}

func otherValue(f protoreflect.FieldDescriptor, v protoreflect.Value) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(!v.Bool())
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(v.String() + "2")
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(append(slices.Clone(v.Bytes()), '2'))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum((v.Enum() + 1) % 2)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(v.Int()) + 1)
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(v.Int() + 1e9)
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(v.Uint()) + 1)
	}
	panic("a field of kind " + f.Kind().String())
}

func runOp() *pb.Op {
	skip := int64(pb.SkipOutput)
	return &pb.Op{
		Platform: &pb.Platform{OS: "linux", Architecture: "amd64", Variant: "v1", OSVersion: "1", OSFeatures: []string{"f", "g"}},
		Op: &pb.Op_Exec{Exec: &pb.ExecOp{
			Meta: &pb.Meta{
				Args: []string{"/bin/sh", "-c", "x"}, Env: []string{"A=1", "B=2"}, Cwd: "/", User: "u", Hostname: "h", CgroupParent: "c",
				ProxyEnv: &pb.ProxyEnv{HttpProxy: "p"}, ExtraHosts: []*pb.HostIP{{Host: "h", IP: "10.0.0.1"}}, Ulimit: []*pb.Ulimit{{Name: "nofile", Soft: 1, Hard: 2}},
				RemoveMountStubsRecursive: true, ValidExitCodes: []int32{0, 1},
			},
			Secretenv: []*pb.SecretEnv{{ID: "s", Name: "S"}}, CdiDevices: []*pb.CDIDevice{{Name: "d"}},
			Mounts: []*pb.Mount{
				{Dest: "/"},
				{Dest: "/m", Input: 1, Selector: "/a", Output: skip, Readonly: true},
				{Dest: "/c", Input: -1, Output: skip, MountType: pb.MountType_CACHE, CacheOpt: &pb.CacheOpt{ID: "/c"}},
				{Dest: "/d", Input: -1, Output: skip, MountType: pb.MountType_CACHE, CacheOpt: &pb.CacheOpt{ID: "n/d"}},
				{Dest: "/e", Input: -1, Output: skip, MountType: pb.MountType_CACHE, CacheOpt: &pb.CacheOpt{ID: "other", Sharing: pb.CacheSharingOpt_LOCKED}},
				{Dest: "/s", Input: -1, Output: skip, MountType: pb.MountType_SECRET, SecretOpt: &pb.SecretOpt{ID: "s", Uid: 1, Gid: 1, Mode: 0o400}},
				{Dest: "/h", Input: -1, Output: skip, MountType: pb.MountType_SSH, SSHOpt: &pb.SSHOpt{ID: "s", Uid: 1, Gid: 1, Mode: 0o600}},
				{Dest: "/t", Input: -1, Output: skip, MountType: pb.MountType_TMPFS, TmpfsOpt: &pb.TmpfsOpt{Size: 1}},
			},
		}},
	}
}

func ownerOf(id uint32) *pb.ChownOpt {
	return &pb.ChownOpt{User: &pb.UserOpt{User: &pb.UserOpt_ByID{ByID: id}}, Group: &pb.UserOpt{User: &pb.UserOpt_ByID{ByID: id}}}
}

func copyOp() *pb.Op {
	return fileOp(&pb.FileAction{SecondaryInput: 1, Action: &pb.FileAction_Copy{Copy: &pb.FileActionCopy{
		Src: "/a", Dest: "/", Owner: ownerOf(7), Mode: -1, Timestamp: -1, IncludePatterns: []string{"*"}, ExcludePatterns: []string{"b"}, RequiredPaths: []string{"a"},
	}}})
}

func makeOp() *pb.Op {
	return fileOp(
		&pb.FileAction{SecondaryInput: -1, Output: -1, Action: &pb.FileAction_Mkdir{Mkdir: &pb.FileActionMkDir{Path: "/w", Mode: 0o755, Owner: ownerOf(7), Timestamp: -1}}},
		&pb.FileAction{Input: 4, SecondaryInput: -1, Output: -1, Action: &pb.FileAction_Mkfile{Mkfile: &pb.FileActionMkFile{Path: "/f", Mode: 0o644, Data: []byte("x"), Owner: ownerOf(7), Timestamp: -1}}},
		&pb.FileAction{Input: 5, SecondaryInput: -1, Output: -1, Action: &pb.FileAction_Symlink{Symlink: &pb.FileActionSymlink{Oldpath: "/f", Newpath: "/l", Owner: ownerOf(7), Timestamp: -1}}},
		&pb.FileAction{Input: 6, SecondaryInput: -1, Action: &pb.FileAction_Rm{Rm: &pb.FileActionRm{Path: "/x"}}},
	)
}

func fileOp(actions ...*pb.FileAction) *pb.Op {
	return &pb.Op{Platform: &pb.Platform{OS: "linux", Architecture: "amd64"}, Op: &pb.Op_File{File: &pb.FileOp{Actions: actions}}}
}

// vertex is what BuildKit's operations ask of the solver: how many inputs there are.
type vertex struct{ solver.Vertex }

func (vertex) Inputs() []solver.Edge { return make([]solver.Edge, 2) }
func (vertex) Digest() digest.Digest { return "" }
func (vertex) Name() string          { return "" }

// keyOf is BuildKit's cache key of an operation without its inputs.
func keyOf(t *testing.T, op *pb.Op) string {
	t.Helper()
	var o interface {
		CacheMap(ctx context.Context, jobCtx solver.JobContext, index int) (*solver.CacheMap, bool, error)
	}
	var err error
	switch kind := op.Op.(type) {
	case *pb.Op_Exec:
		o, err = ops.NewExecOp(vertex{}, kind, op.Platform, nil, nil, nil, nil, nil, nil, false)
	case *pb.Op_File:
		o, err = ops.NewFileOp(vertex{}, kind, nil, nil, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := o.CacheMap(t.Context(), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprint(&b, m.Digest)
	for _, d := range m.Deps {
		fmt.Fprint(&b, " ", d.Selector, d.ComputeDigestFunc != nil)
	}
	return b.String()
}

// stepRecord is the record of a build in which an instruction became an operation,
// and ran. The engine's key is in it where it tells keys.
func stepRecord(t *testing.T, text string, op *pb.Op, keys bool) *record.Record {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte("FROM base\n"+text+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	def := &pb.Definition{Source: &pb.Source{Locations: map[string]*pb.Locations{}}}
	add := func(op *pb.Op, line int32) string {
		dt, err := op.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		def.Def = append(def.Def, dt)
		d := digest.FromBytes(dt).String()
		if line > 0 {
			def.Source.Locations[d] = &pb.Locations{Locations: []*pb.Location{{Ranges: []*pb.Range{{Start: &pb.Position{Line: line}}}}}}
		}
		return d
	}
	base := add(&pb.Op{Platform: &pb.Platform{OS: "linux", Architecture: "amd64"}, Op: &pb.Op_Source{Source: &pb.SourceOp{Identifier: "docker-image://docker.io/library/base:latest"}}}, 1)
	o := op.CloneVT()
	o.Inputs = []*pb.Input{{Digest: base}}
	if !strings.HasPrefix(text, "WORKDIR") { // it reads from the context
		files := add(&pb.Op{Op: &pb.Op_Source{Source: &pb.SourceOp{Identifier: "local://context"}}}, 0)
		o.Inputs = append(o.Inputs, &pb.Input{Digest: files})
	}
	own := add(o, 2)
	def.Metadata = map[string]*pb.OpMetadata{own: {Description: map[string]string{"llb.customname": "[2/2] " + text}}}
	b, err := plan.Static(f, def)
	if err != nil {
		t.Fatal(err)
	}
	rec := &record.Record{Engine: record.Engine{CacheID: "one"}, Steps: (&plan.Plan{Builds: []*plan.Build{b}}).Record(asWritten{})}
	rec.Steps[0].Outcome, rec.Steps[0].Vertices[0].Pin = record.Hit, "sha256:1"
	s := &rec.Steps[len(rec.Steps)-1]
	s.Outcome = record.Miss
	for k := range s.Vertices {
		v := &s.Vertices[k]
		for n := range v.Inputs {
			if v.Inputs[n].Hashed {
				v.Inputs[n].Content = "sha256:1"
			}
		}
		if v.Digest == own && keys {
			v.Key = keyOf(t, op)
		}
	}
	return rec
}

// asWritten hides nothing.
type asWritten struct{}

func (asWritten) Value(_, value string) string { return value }
func (asWritten) Text(s string) string         { return s }
