//go:build linux

package probe

import (
	"testing"

	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/llbsolver/ops"
	"github.com/moby/buildkit/solver/llbsolver/provenance"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// vertex is as much of a vertex as the graph looks at.
type vertex struct {
	name   string
	inputs []string
}

func (v vertex) Digest() digest.Digest         { return digest.FromString(v.name) }
func (v vertex) Sys() any                      { return nil }
func (v vertex) Options() solver.VertexOptions { return solver.VertexOptions{} }
func (v vertex) Name() string                  { return v.name }
func (v vertex) Inputs() []solver.Edge {
	var edges []solver.Edge
	for _, input := range v.inputs {
		edges = append(edges, solver.Edge{Vertex: vertex{name: input}})
	}
	return edges
}

// life is a job that ends when the test says so.
type life struct {
	solver.JobContext
	end []func() error
}

func (l *life) Cleanup(f func() error) error {
	l.end = append(l.end, f)
	return nil
}

func execOp(t *testing.T, v vertex, network pb.NetMode, secret string) *ops.ExecOp {
	t.Helper()
	definition := &pb.Op_Exec{Exec: &pb.ExecOp{
		Meta:    &pb.Meta{Args: []string{"/x"}, Cwd: "/"},
		Network: network,
		Mounts: []*pb.Mount{
			{Dest: "/", Input: 0},
			{Dest: "/secret", Input: -1, MountType: pb.MountType_SECRET, SecretOpt: &pb.SecretOpt{ID: secret}},
		},
	}}
	op, err := ops.NewExecOp(v, definition, nil, nil, nil, nil, nil, nil, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func TestCapture(t *testing.T) {
	g := newGraph()
	job := &life{}
	add := func(v vertex, exec *ops.ExecOp) {
		t.Helper()
		if err := g.add(job, v.Digest(), newNode(v, exec)); err != nil {
			t.Fatal(err)
		}
	}
	with := func(name, input, secret string, network pb.NetMode) {
		t.Helper()
		v := vertex{name, []string{input}}
		add(v, execOp(t, v, network, secret))
	}
	add(vertex{name: "image"}, nil)
	add(vertex{name: "other image"}, nil)
	with("first", "image", "one", pb.NetMode_NONE)
	add(vertex{"copy", []string{"first"}}, nil)
	with("second", "copy", "two", pb.NetMode_NONE)
	with("elsewhere", "other image", "three", pb.NetMode_UNSET)

	secrets := func(source string) (names []string, network bool) {
		t.Helper()
		var c provenance.Capture
		if err := g.capture(&c, digest.FromString(source)); err != nil {
			t.Fatal(err)
		}
		for _, s := range c.Request.Secrets {
			names = append(names, s.ID)
		}
		return names, c.NetworkAccess
	}
	if names, network := secrets("image"); len(names) != 2 || network {
		t.Errorf("from image: secrets %q, network %t, want one and two, false", names, network)
	}
	if names, network := secrets("other image"); len(names) != 1 || !network {
		t.Errorf("from the other image: secrets %q, network %t, want three, true", names, network)
	}
	for _, end := range job.end {
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	if len(g.nodes) != 0 {
		t.Errorf("%d nodes left after the job", len(g.nodes))
	}
}
