//go:build linux

package probe

import (
	"sync"

	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/llbsolver/ops"
	"github.com/moby/buildkit/solver/llbsolver/provenance"
	provenancetypes "github.com/moby/buildkit/solver/llbsolver/provenance/types"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// graph holds the vertices that the solver has active, to put back what the
// wrapping of exec operations takes from a build's provenance: whether steps
// had a network, and the names of the secrets and ssh agents they used.
//
// BuildKit captures provenance by walking from a result to its sources, and
// asks each source, but not our wrapper, for its part. So each source also
// answers for the exec operations that build on it. That may add a step which
// shares a source with the result and is not part of it (of another platform,
// or of another target that is being built); it never leaves one out that has
// a source at all, so a build is never called hermetic when it was not.
type graph struct {
	mu    sync.Mutex
	nodes map[digest.Digest]*node
}

type node struct {
	inputs []digest.Digest
	exec   *ops.ExecOp // nil for other operations
	added  bool
	ended  func() // when the solver lets go of the vertex; nil is fine
}

func newNode(v solver.Vertex, exec *ops.ExecOp) *node {
	n := &node{exec: exec}
	for _, input := range v.Inputs() {
		n.inputs = append(n.inputs, input.Vertex.Digest())
	}
	return n
}

func newGraph() *graph { return &graph{nodes: map[digest.Digest]*node{}} }

// add keeps n until the solver lets go of the vertex. Further calls for the
// same node do nothing.
func (g *graph) add(job solver.JobContext, vertex digest.Digest, n *node) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n.added {
		return nil
	}
	n.added = true
	g.nodes[vertex] = n
	return job.Cleanup(func() error {
		if n.ended != nil {
			n.ended()
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		// A new life of the same vertex may have begun.
		if g.nodes[vertex] == n {
			delete(g.nodes, vertex)
		}
		return nil
	})
}

// capture adds to dest what the exec operations downstream of a source used.
func (g *graph) capture(dest *provenance.Capture, source digest.Digest) error {
	for _, exec := range g.execsFrom(source) {
		if err := captureExec(dest, exec); err != nil {
			return err
		}
	}
	return nil
}

func (g *graph) execsFrom(source digest.Digest) []*ops.ExecOp {
	g.mu.Lock()
	defer g.mu.Unlock()
	consumers := map[digest.Digest][]digest.Digest{}
	for vertex, n := range g.nodes {
		for _, input := range n.inputs {
			consumers[input] = append(consumers[input], vertex)
		}
	}
	var execs []*ops.ExecOp
	seen := map[digest.Digest]bool{source: true}
	for queue := []digest.Digest{source}; len(queue) > 0; {
		vertex := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, next := range consumers[vertex] {
			if seen[next] {
				continue
			}
			seen[next] = true
			queue = append(queue, next)
			if exec := g.nodes[next].exec; exec != nil {
				execs = append(execs, exec)
			}
		}
	}
	return execs
}

// captureExec follows captureProvenance in BuildKit's
// solver/llbsolver/provenance.go, without its proxy network, which this engine
// does not offer.
func captureExec(dest *provenance.Capture, exec *ops.ExecOp) error {
	definition := exec.Proto()
	for _, m := range definition.GetMounts() {
		switch m.GetMountType() {
		case pb.MountType_SECRET:
			dest.AddSecret(provenancetypes.Secret{ID: m.GetSecretOpt().GetID(), Optional: m.GetSecretOpt().GetOptional()})
		case pb.MountType_SSH:
			dest.AddSSH(provenancetypes.SSH{ID: m.GetSSHOpt().GetID(), Optional: m.GetSSHOpt().GetOptional()})
		}
	}
	for _, env := range definition.GetSecretenv() {
		dest.AddSecret(provenancetypes.Secret{ID: env.GetID(), Optional: env.GetOptional()})
	}
	if definition.GetNetwork() != pb.NetMode_NONE {
		dest.NetworkAccess = true
	}
	samples, err := exec.Samples()
	if err != nil {
		return err
	}
	if samples != nil {
		dest.AddSamples(exec.Digest(), samples)
	}
	return nil
}
