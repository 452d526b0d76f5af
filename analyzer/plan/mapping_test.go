package plan_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/plan"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected mappings")

// TestMapping maps the Dockerfile of each archive and compares every step with
// what the archive says: its lines, effect, inputs and operations.
//
// An archive's comment has the frontend's options, one "key=value" a line. Its
// files are the context; a folder context-NAME is a named context, and a file
// image-NAME.json the config of a base image.
func TestMapping(t *testing.T) {
	files, err := filepath.Glob("testdata/mapping/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := describe(mapArchive(t, ar))
			want := ""
			for i, f := range ar.Files {
				if f.Name == "want" {
					want = string(f.Data)
					ar.Files[i].Data = []byte(got)
				}
			}
			if *update {
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("mapping (-want +got):\n%s", d)
			}
		})
	}
}

func mapArchive(t *testing.T, ar *txtar.Archive) *plan.Plan {
	t.Helper()
	opts := map[string]string{}
	for line := range strings.Lines(string(ar.Comment)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(k, "#") {
			opts[k] = v
		}
	}
	root := t.TempDir()
	locals := map[string]string{"context": filepath.Join(root, "context"), "dockerfile": filepath.Join(root, "context")}
	images := map[string][]byte{}
	for _, f := range ar.Files {
		path := filepath.Join(root, "context", filepath.FromSlash(f.Name))
		if image, ok := strings.CutPrefix(f.Name, "image-"); ok {
			images[strings.TrimSuffix(image, ".json")] = f.Data
			continue
		}
		if dir, file, ok := strings.Cut(f.Name, "/"); ok && strings.HasPrefix(dir, "context-") {
			named := strings.TrimPrefix(dir, "context-")
			locals[named] = filepath.Join(root, dir)
			opts["context:"+named] = "local:" + named
			path = filepath.Join(root, dir, file)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mounts := map[string]fsutil.FS{}
	for name, dir := range locals {
		fs, err := fsutil.NewFS(dir)
		if err != nil {
			t.Fatal(err)
		}
		mounts[name] = fs
	}
	offline := &plan.Offline{Opts: opts, Locals: mounts, Image: func(_ context.Context, ref string, p ocispecs.Platform) (digest.Digest, []byte, error) {
		img := dockerspec.DockerOCIImage{}
		for name, dt := range images {
			name, arch, _ := strings.Cut(name, "@")
			if strings.Contains(ref, "/"+name+":") && (arch == "" || arch == p.Architecture) {
				if err := json.Unmarshal(dt, &img.Config); err != nil {
					return "", nil, err
				}
			}
		}
		img.Platform = p
		img.RootFS = ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromString(ref)}}
		dt, err := json.Marshal(img)
		return digest.FromString(ref), dt, err
	}}
	src, err := os.ReadFile(filepath.Join(root, "context", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := dockerfile.Parse("Dockerfile", src)
	if err != nil {
		t.Fatal(err)
	}
	f := &plan.Frontend{File: file}
	if _, err := f.Build(context.Background(), offline); err != nil {
		t.Fatal(err)
	}
	p, err := f.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Images of one reference differ by platform: so do the variables that they bring, and
// their triggers.
func TestBaseConfigOfEachPlatform(t *testing.T) {
	p := mapArchive(t, txtar.Parse([]byte(`platform=linux/amd64,linux/arm64
-- Dockerfile --
FROM --platform=linux/arm64 busybox AS tools
RUN echo
FROM busybox
COPY --from=tools /x /x
RUN echo
-- image-busybox@amd64.json --
{"Env": ["ARCH=amd"], "OnBuild": ["RUN amd"]}
-- image-busybox@arm64.json --
{"Env": ["ARCH=arm"], "OnBuild": ["RUN arm"]}
`)))
	got := map[string]string{}
	for _, b := range p.Builds {
		for _, s := range b.Steps {
			if s.Instruction.Keyword == "RUN" {
				got[b.Platform+" "+s.StageLabel] += s.Env["ARCH"] + " "
				if s.Instruction.Text != "RUN echo" {
					got[b.Platform+" "+s.StageLabel] += "(" + s.Instruction.Text + ") "
				}
			}
		}
	}
	want := map[string]string{
		"linux/amd64 tools": "arm (RUN arm) arm ", "linux/amd64 stage-1": "amd (RUN amd) amd ",
		"linux/arm64 tools": "arm (RUN arm) arm ", "linux/arm64 stage-1": "arm (RUN arm) arm ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// plain is a redactor that hides nothing.
type plain struct{}

func (plain) Value(_, v string) string { return v }
func (plain) Text(s string) string     { return s }

func describe(p *plan.Plan) string {
	var b strings.Builder
	steps := map[string]string{}
	for _, build := range p.Builds {
		for _, s := range build.Steps {
			steps[s.ID] = fmt.Sprintf("%s:%d", s.StageLabel, s.Line)
		}
	}
	for _, s := range p.Record(plain{}) {
		fmt.Fprintf(&b, "%s  %d-%d %s %s", s.ID, s.Line, s.EndLine, s.Instruction, s.Effect)
		if s.Expanded != "" {
			fmt.Fprintf(&b, "  = %s", s.Expanded)
		}
		if s.Why != "" {
			fmt.Fprintf(&b, "  (%s)", s.Why)
		}
		b.WriteString("\n")
		for _, v := range s.Vertices {
			fmt.Fprintf(&b, "    %s %s\n", v.Op.Kind, shorten(v.Name))
			for _, in := range v.Inputs {
				from := in.Source
				if in.Step != "" {
					from = steps[in.Step]
				}
				fmt.Fprintf(&b, "        < %s", shorten(from))
				for _, sel := range in.Selectors {
					fmt.Fprintf(&b, " %s", sel.Path)
					if sel.Wildcard {
						b.WriteString(" wildcard")
					}
					for _, pattern := range sel.Include {
						b.WriteString(" +" + pattern)
					}
					for _, pattern := range sel.Exclude {
						b.WriteString(" -" + pattern)
					}
				}
				if in.Hashed && len(in.Selectors) == 0 {
					b.WriteString(" everything")
				}
				b.WriteString("\n")
			}
		}
	}
	return b.String()
}

// shorten drops digests.
func shorten(s string) string {
	if i := strings.Index(s, "@sha256:"); i >= 0 {
		return s[:i]
	}
	return s
}
