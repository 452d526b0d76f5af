package solve

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/layerwise/layerwise/analyzer/buildcontext"
)

// One scan serves all that the plan takes of a folder.
func TestUnion(t *testing.T) {
	ignored := []string{"*.log"}
	a := buildcontext.Options{FollowPaths: []string{"a", "b"}, Exclude: ignored}
	b := buildcontext.Options{FollowPaths: []string{"b", "c"}, Exclude: ignored}
	all := buildcontext.Options{Exclude: ignored}
	for _, tt := range []struct{ a, b, want buildcontext.Options }{
		{a, b, buildcontext.Options{FollowPaths: []string{"a", "b", "c"}, Exclude: ignored}},
		{a, all, all},
		{all, b, all},
		{a, buildcontext.Options{Include: []string{"x"}}, buildcontext.Options{FollowPaths: []string{"a", "b"}, Include: []string{"x"}}},
	} {
		if d := cmp.Diff(tt.want, union(tt.a, tt.b), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("union of %+v and %+v (-want +got):\n%s", tt.a, tt.b, d)
		}
	}
}
