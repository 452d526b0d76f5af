package oracle_test

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	ggcr "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/driver"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
	"golang.org/x/tools/txtar"
)

// reorders has the rules whose fixes move instructions. They must not change the
// image either, though a person has to look at them.
var reorders = map[string]bool{"copy-before-install": true, "changing-arg-early": true}

// TestFixesKeepTheImage builds the cases of lint's rules before and after their
// fixes, and compares the images: files with their modes, owners and contents,
// and the config. Every safe fix, and every one that moves instructions, must leave
// both as they are. Package managers and downloads are stubs (testdata/stub.sh),
// since there is no network; what they leave behind depends on their arguments and on the
// manifests that they find.
func TestFixesKeepTheImage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	eng := startEmbedded(t)
	base := stubImage(t)
	built := 0
	for _, r := range rules.All() {
		if r.Fix != finding.Safe && !reorders[r.ID] {
			continue
		}
		cases, err := filepath.Glob(filepath.Join("..", "..", "lint", "rules", "testdata", r.ID, "*.txtar"))
		if err != nil {
			t.Fatal(err)
		}
		had := built
		for _, name := range cases {
			before, after := fixCase(t, name)
			if after == "" {
				continue
			}
			built++
			t.Run(r.ID+"/"+strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
				addMissing(t, eng, base, before, after)
				compareImages(t, export(t, eng, base, before), export(t, eng, base, after))
				if reorders[r.ID] {
					compareRebuilds(t, eng, base, r, before, after)
				}
			})
		}
		if built == had && len(cases) > 0 {
			t.Errorf("no case of %s shows its fix", r.ID)
		}
	}
	if built == 0 {
		t.Error("no case has a fix")
	}
}

// TestFixesOfExamples does the same for the examples that show what not to do.
func TestFixesOfExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	examples, err := filepath.Glob("../../../examples/*/Dockerfile.before")
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	eng := startEmbedded(t)
	base := stubImage(t)
	all := rules.All()
	rule := all[slices.IndexFunc(all, func(r *lint.Rule) bool { return r.ID == "copy-before-install" })]
	for _, name := range examples {
		t.Run(filepath.Base(filepath.Dir(name)), func(t *testing.T) {
			before, after := fixExample(t, rule, name)
			compareImages(t, export(t, eng, base, before), export(t, eng, base, after))
			compareRebuilds(t, eng, base, rule, before, after)
		})
	}
}

// fixExample unpacks an example as it is and as a rule's fixes leave it.
func fixExample(t *testing.T, rule *lint.Rule, name string) (before, after string) {
	t.Helper()
	files := map[string][]byte{}
	example := os.DirFS(filepath.Dir(name))
	err := fs.WalkDir(example, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files[path], err = fs.ReadFile(example, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files["Dockerfile"] = files["Dockerfile.before"]
	before = unpack(t, files)
	run, err := driver.Open(t.Context(), driver.Options{Paths: []string{dockerfileOf(before)}, Context: before,
		Disable: []string{driver.AllRules}, Enable: []string{rule.ID}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Fix(t.Context(), driver.FixOptions{Review: true}); err != nil {
		t.Fatal(err)
	}
	changes := run.Changes()
	if len(changes) != 1 {
		t.Fatalf("%d files changed", len(changes))
	}
	files["Dockerfile"] = changes[0].New
	return before, unpack(t, files)
}

//go:embed testdata/stub.sh
var stub string

// stubImage is the playground with the stub under the name of everything that the
// cases run and the playground does not have.
func stubImage(t *testing.T) *images {
	t.Helper()
	tools := strings.Fields(`addgroup adduser apk apt apt-get bun bundle cargo composer conda curl dnf dotnet gem git go gradle
		groupadd make mamba microdnf mix mvn node npm pip pip3 pipenv pnpm poetry python python3 ruby rustup sbt tdnf
		useradd uv wget yarn yum zypper`)
	var v variant
	for _, name := range tools {
		v.programs = append(v.programs, [2]string{"/usr/local/bin/" + name, stub})
	}
	m := newImages(t)
	m.variants, m.current = map[string]variant{"stub": v}, "stub"
	return m
}

// fixCase unpacks a case as it is and as it is fixed, "" where it has no fix.
func fixCase(t *testing.T, name string) (before, after string) {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files, fixed := map[string][]byte{}, map[string][]byte{}
	for _, f := range a.Files {
		if to, ok := strings.CutPrefix(f.Name, "fixed/"); ok {
			fixed[to] = f.Data
		} else if f.Name != "want" {
			files[f.Name] = f.Data
		}
	}
	if len(fixed) == 0 {
		return "", ""
	}
	before = unpack(t, files)
	maps.Copy(files, fixed)
	return before, unpack(t, files)
}

// unpack writes a context, with the Dockerfile beside it: a COPY of everything
// would else copy what the fix changed.
func unpack(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "context")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if name == "Dockerfile" {
			to = dockerfileOf(dir)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// addMissing makes the files that a case copies and does not have: its archive
// holds only what the rule looks at.
func addMissing(t *testing.T, eng engine.Engine, base *images, dirs ...string) {
	t.Helper()
	for range 20 {
		_, err := tryBuild(eng, base, dirs[0], nil)
		if err == nil {
			return
		}
		missing := regexp.MustCompile(`"(/[^"]+)": not found`).FindStringSubmatch(err.Error())
		if missing == nil {
			return // what builds next reports it
		}
		for _, dir := range dirs {
			to := filepath.Join(dir, filepath.FromSlash(missing[1]))
			if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, []byte(missing[1]), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func dockerfileOf(dir string) string { return filepath.Join(filepath.Dir(dir), "Dockerfile") }

func buildOn(t *testing.T, eng engine.Engine, base *images, dir string, args map[string]string, out ...client.ExportEntry) *record.Record {
	t.Helper()
	rec, err := tryBuild(eng, base, dir, args, out...)
	if err != nil {
		dt, _ := os.ReadFile(dockerfileOf(dir))
		t.Fatalf("%v\n%s", err, dt)
	}
	return rec
}

func tryBuild(eng engine.Engine, base *images, dir string, args map[string]string, out ...client.ExportEntry) (*record.Record, error) {
	src, err := solve.Open(dir, dockerfileOf(dir), nil)
	if err != nil {
		return nil, err
	}
	return solve.Run(context.Background(), eng, solve.Options{Source: src, StandIns: base, BuildArgs: args, Outputs: out, Salt: []byte("fix")})
}

// export builds a context and reads the image.
func export(t *testing.T, eng engine.Engine, base *images, dir string) ggcr.Image {
	t.Helper()
	to := t.TempDir()
	buildOn(t, eng, base, dir, nil, client.ExportEntry{Type: client.ExporterOCI, Attrs: map[string]string{"tar": "false"}, OutputDir: to})
	index, err := layout.ImageIndexFromPath(to)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	image, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func compareImages(t *testing.T, before, after ggcr.Image) {
	t.Helper()
	if d := cmp.Diff(filesOf(t, before), filesOf(t, after)); d != "" {
		t.Errorf("the files are not what they were (-before +after):\n%s", d)
	}
	a, err := before.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	b, err := after.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*ggcr.ConfigFile{a, b} {
		slices.Sort(c.Config.Env) // an order that nobody relies on
	}
	if d := cmp.Diff(a.Config, b.Config); d != "" {
		t.Errorf("the config is not what it was (-before +after):\n%s", d)
	}
}

// filesOf has what each path of an image is, but for times.
func filesOf(t *testing.T, image ggcr.Image) map[string]string {
	t.Helper()
	content := mutate.Extract(image)
	defer content.Close()
	files := map[string]string{}
	for r := tar.NewReader(content); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, r); err != nil {
			t.Fatal(err)
		}
		files[path.Clean(h.Name)] = fmt.Sprintf("%c %o %d:%d %s %x", h.Typeflag, h.Mode, h.Uid, h.Gid, h.Linkname, sum.Sum(nil)[:8])
	}
}

// compareRebuilds changes what the rule is about, a source file or the build
// arguments, and builds again: after the fix, less runs than before it.
func compareRebuilds(t *testing.T, eng engine.Engine, base *images, r *lint.Rule, before, after string) {
	t.Helper()
	was, ranBefore := rebuild(t, eng, base, r, before)
	is, ranAfter := rebuild(t, eng, base, r, after)
	t.Logf("a rebuild runs %d steps in %.2f s before the fix, %d in %.2f s after it", len(ranBefore), was, len(ranAfter), is)
	if len(ranAfter) >= len(ranBefore) {
		t.Errorf("the fix saves nothing: %q ran before it, %q after it", ranBefore, ranAfter)
	}
}

func rebuild(t *testing.T, eng engine.Engine, base *images, r *lint.Rule, dir string) (seconds float64, ran []string) {
	t.Helper()
	args := map[string]string{}
	if r.ID == "changing-arg-early" {
		dt, err := os.ReadFile(dockerfileOf(dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^ARG (\w+)`).FindAllStringSubmatch(string(dt), -1) {
			args[m[1]] = "changed"
		}
	} else if err := edit(dir); err != nil {
		t.Fatal(err)
	}
	rec := buildOn(t, eng, base, dir, args)
	for _, s := range rec.Steps {
		if s.Outcome == record.Miss {
			seconds += s.Seconds
			ran = append(ran, s.Text)
		}
	}
	return seconds, ran
}

// edit adds a file that no manager takes for a manifest to every folder.
func edit(dir string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return os.WriteFile(filepath.Join(name, "edited-source.txt"), []byte("new"), 0o644)
	})
}
