package solve

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/moby/buildkit/solver/pb"
)

// TestHeights derives how high results stand where some are not known: F is an
// image, R a command, C a linked copy (a merge), ? an operation of another kind.
func TestHeights(t *testing.T) {
	const x = unknownHeight
	for _, c := range []struct {
		path        string
		known, want []int
	}{
		{"FRRR", []int{2, 3, 4, 5}, []int{2, 3, 4, 5}},
		{"FRRR", []int{x, 3, 4, 5}, []int{2, 3, 4, 5}}, // what came from an imported cache
		{"FRRR", []int{x, x, x, 5}, []int{2, 3, 4, 5}},
		{"FRRR", []int{2, x, x, x}, []int{2, 3, 4, 5}},
		{"FRCR", []int{x, x, x, 5}, []int{2, 3, 4, 5}},
		{"FC", []int{x, 3}, []int{2, 3}},
		{"R", []int{x}, []int{1}},
		{"F?R", []int{x, x, 5}, []int{x, 4, 5}},
		{"F?R", []int{2, x, 5}, []int{2, 4, 5}},
		{"FR", []int{x, x}, []int{x, x}},
	} {
		t.Run(fmt.Sprint(c.path, c.known), func(t *testing.T) {
			var path []*plan.Vertex
			for i, kind := range c.path {
				v := &plan.Vertex{Op: &pb.Op{}}
				switch kind {
				case 'F':
					v.Op.Op = &pb.Op_Source{Source: &pb.SourceOp{}}
				case 'R':
					v.Op.Op = &pb.Op_Exec{Exec: &pb.ExecOp{}}
				case 'C':
					copied := &plan.Vertex{Op: &pb.Op{Op: &pb.Op_File{File: &pb.FileOp{}}}}
					v.Op.Op = &pb.Op_Merge{Merge: &pb.MergeOp{}}
					v.Inputs = []*plan.Vertex{path[i-1], copied}
				}
				path = append(path, v)
			}
			fillHeights(path, c.known)
			if diff := cmp.Diff(c.want, c.known); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
