package dockerfile

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

var linux = ocispecs.Platform{OS: "linux", Architecture: "amd64"}

// noImages answers every reference with an empty image.
type noImages struct{}

func (noImages) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config, err := json.Marshal(ocispecs.Image{Platform: linux})
	return ref, digest.FromBytes(config), config, err
}

// Every location in BuildKit's LLB must cover exactly the lines of one
// instruction.
func TestLinesAreThoseOfLLB(t *testing.T) {
	found := 0
	for _, c := range forms {
		t.Run(c.name, func(t *testing.T) {
			f := mustParse(t, c.src)
			lines := map[string]bool{}
			for _, in := range f.All() {
				lines[fmt.Sprintf("%d-%d", in.Line, in.EndLine)] = true
			}
			for _, s := range f.Stages {
				// The last stage is built: cut the file so that each is once.
				for _, at := range locations(t, f.Text(1, s.EndLine)+"\n") {
					found++
					if !lines[at] {
						t.Errorf("a vertex has lines %s, no instruction has", at)
					}
				}
			}
		})
	}
	if found < len(forms) {
		t.Errorf("only %d vertices with a location", found)
	}
}

// locations returns "first-last" for each location in the LLB of a source.
func locations(t *testing.T, src string) []string {
	t.Helper()
	ctx := context.Background()
	buildContext := llb.Local("context")
	result, err := dockerfile2llb.Dockerfile2LLB(ctx, []byte(src), dockerfile2llb.ConvertOpt{
		Config:       dockerui.Config{BuildPlatforms: []ocispecs.Platform{linux}},
		MetaResolver: noImages{},
		MainContext:  &buildContext,
		SourceMap:    llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", []byte(src)),
	})
	if err != nil {
		t.Fatal(err)
	}
	def, err := result.State.Marshal(ctx, llb.LinuxAmd64)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, at := range def.Source.GetLocations() {
		for _, l := range at.Locations {
			found = append(found, rangesOf(l.Ranges))
		}
	}
	return found
}

func rangesOf(ranges []*pb.Range) string {
	first, last := int32(0), int32(0)
	for _, r := range ranges {
		if first == 0 || r.Start.Line < first {
			first = r.Start.Line
		}
		last = max(last, r.End.Line)
	}
	return fmt.Sprintf("%d-%d", first, last)
}
