package buildcontext

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	buildkitid "github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/plan"
)

func TestMain(m *testing.M) {
	embedded.Main()
	os.Exit(m.Run())
}

// forms are instructions that take files from the context. A RUN need not
// succeed: its key is computed before it fails.
var forms = []string{
	"COPY . .",
	"COPY . /app/",
	"COPY src /s",
	"COPY src/ /s/",
	"COPY /src/lib/ /s/",
	"COPY src/main.go /",
	"COPY src/main.go README.md /two/",
	"COPY src src/lib /nested/",
	"COPY *.md /docs/",
	"COPY src/*.go /s/",
	"COPY src/*.go src/lib/*.go README.md /s/",
	"COPY s*c /s/",
	"COPY s?c/lib /s/",
	"COPY */*.go /s/",
	"COPY sp* /odd/", // names in full go to the client in a header, which takes no tab
	"COPY ünï /u/",
	"COPY -dash /",
	"COPY [\"star\\\\*\\\\[a\\\\]\", \"/s\"]",
	"COPY empty /e",
	"COPY deep /d",
	"COPY zero /z",
	"COPY run.sh /r",
	"COPY link /l",
	"COPY dirlink /l",
	"COPY dirlink/ /l/",
	"COPY dirlink/main.go /l",
	"COPY dirlink/*.go /l/",
	"COPY *link /l/",
	"COPY chain /c",
	"COPY abs /a",
	"COPY up /u",
	"COPY src/self/lib /s",
	"COPY broken /b",
	"COPY hard /h",
	"COPY src/lib/hard2 src/main.go /h/",
	"COPY pipe /p",
	"COPY private locked sticky /m/",
	"COPY --chmod=700 src /s",
	"COPY --chown=1:2 src /s",
	"COPY --link src /s",
	"COPY --link *.md src/lib /s/",
	"COPY --exclude=*_test.go src /s",
	"COPY --exclude=lib --exclude=**/*.txt . /s",
	"COPY --exclude=**/*.go src* /s/",
	"COPY --parents src/lib/a.go /p/",
	"COPY --parents src/*/*.go README.md /p/",
	"COPY --parents src/./lib/a.go /p/",
	"COPY --parents **/*.go /p/",
	"COPY --parents --exclude=**/b.txt src /p/",
	"ADD src /s",
	"ADD README.md *.txt /a/",
	"ADD --exclude=lib src /s",
	"ADD --link src/lib /s",
	"RUN --mount=type=bind,target=/m true",
	"RUN --mount=type=bind,source=src,target=/m true",
	"RUN --mount=type=bind,source=src/main.go,target=/m true",
	"RUN --mount=type=bind,source=dirlink,target=/m true",
	"RUN --mount=type=bind,source=src,target=/m --mount=type=bind,source=empty,target=/e true",
	"RUN --mount=type=bind,source=src,target=/m --mount=type=bind,source=src/lib,target=/e true",
	"RUN --mount=type=bind,source=src,target=/m,rw true",
	"RUN --mount=type=bind,target=/m,rw true",
}

// TestChecksumEqualsEngine builds every form over several contexts, and
// compares every checksum that the engine took of the context with ours, and
// the files behind it.
func TestChecksumEqualsEngine(t *testing.T) {
	eng := startEngine(t)
	contexts := map[string]string{"some": someTree(t), "changed": changedTree(t)}
	tried := forms
	if testing.Short() {
		delete(contexts, "changed")
		tried = forms[:12]
	}
	compared := 0
	for name, root := range contexts {
		for _, ignore := range []string{"", "*.md\n!README.md\nsrc/lib/*.txt\n**/*_test.go\n"} {
			if err := os.WriteFile(filepath.Join(root, ".dockerignore"), []byte(ignore), 0o644); err != nil {
				t.Fatal(err)
			}
			for i, form := range tried {
				// A transfer of its own for each: an engine that has an older one
				// compares with that, by size and time alone.
				key := fmt.Sprintf("%s %d %d", name, len(ignore), i)
				n := compareWithEngine(t, eng, root, key, "FROM scratch\n"+form+"\n")
				if n == 0 {
					t.Errorf("%s: the engine took no checksum", form)
				}
				compared += n
			}
		}
	}
	t.Logf("%d checksums compared", compared)
}

// TestEmptyContextEqualsEngine: of an empty context, the root itself counts.
func TestEmptyContextEqualsEngine(t *testing.T) {
	eng := startEngine(t)
	root := makeTree(t)
	for _, form := range []string{"COPY . .", "COPY . /a/", "COPY --exclude=x . /a", "RUN --mount=type=bind,target=/m true"} {
		if compareWithEngine(t, eng, root, form, "FROM scratch\n"+form+"\n") == 0 {
			t.Errorf("%s: the engine took no checksum", form)
		}
	}
}

// changedTree is someTree with each kind of change.
func changedTree(t *testing.T) string {
	root := someTree(t)
	for _, path := range []string{"README.md", "link", "empty"} {
		if err := os.Remove(filepath.Join(root, path)); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{
		"README.md = hello again", "link -> src/main_test.go", "empty = a file now", "src : 0700", "src/main.go : 755",
		"src/lib/new/file.go = new", "zero = full",
	} {
		if err := makeFile(t, root, line); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func startEngine(t *testing.T) engine.Engine {
	t.Helper()
	state := filepath.Join(t.TempDir(), "engine")
	eng, err := embedded.Start(t.Context(), embedded.Options{Root: state})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := eng.Close(); err != nil {
			t.Error(err)
		}
		if err := embedded.Remove(context.Background(), state); err != nil {
			t.Error(err)
		}
	})
	return eng
}

// compareWithEngine builds a Dockerfile and returns how many checksums of the
// context it compared.
func compareWithEngine(t *testing.T, eng engine.Engine, root, key, dockerfile string) int {
	t.Helper()
	made, facts, err := buildOn(t, eng, root, key, dockerfile)
	if made == nil {
		t.Fatalf("%s: %v", dockerfile, err)
	}
	compared := 0
	for _, v := range made.Builds[0].Vertices {
		for i, input := range v.Inputs {
			fact, known := facts[v.Digest]
			source := input.Op.GetSource()
			if !known || i >= len(fact.Inputs) || source.GetIdentifier() != "local://context" {
				continue
			}
			selectors, hashed := plan.Selectors(v.Op, i)
			if !hashed {
				if fact.Inputs[i].Content != "" {
					t.Errorf("%s: the engine counts files where we do not", dockerfile)
				}
				continue
			}
			tree := scanTree(t, root, optionsOf(t, source))
			sum, sumErr := tree.Checksum(t.Context(), selectors)
			if sumErr != nil && err != nil && fact.Inputs[i].Content == "" {
				compared++ // both refuse it
				continue
			}
			compared++
			if sumErr != nil || sum != fact.Inputs[i].Content {
				t.Errorf("%s: checksum %s (%v) here, %s (%v) there", dockerfile, sum, sumErr, fact.Inputs[i].Content, err)
				continue
			}
			ours := map[string]string{}
			for _, f := range tree.Select(selectors) {
				ours["/"+f.Path] = f.Digest
			}
			// Which files an engine names behind links is its own affair.
			for path, sum := range fact.Inputs[i].Files {
				if mine, ok := ours[path]; ok && mine != sum.String() {
					t.Errorf("%s: %q is %s here, %s there", dockerfile, path, mine, sum)
				}
			}
		}
	}
	return compared
}

func optionsOf(t *testing.T, source *pb.SourceOp) Options {
	t.Helper()
	list := func(attr string) (values []string) {
		if text := source.GetAttrs()[attr]; text != "" {
			if err := json.Unmarshal([]byte(text), &values); err != nil {
				t.Fatal(err)
			}
		}
		return values
	}
	return Options{
		Include: list(pb.AttrIncludePatterns), Exclude: list(pb.AttrExcludePatterns), FollowPaths: list(pb.AttrFollowPaths),
	}
}

// buildOn builds a Dockerfile, and returns its plan, what the operations did,
// and how the build ended.
func buildOn(t *testing.T, eng engine.Engine, root, key, dockerfile string) (*plan.Plan, map[digest.Digest]engine.Fact, error) {
	t.Helper()
	mounts := map[string]fsutil.FS{}
	for name, folder := range map[string]string{"context": root, "dockerfile": makeTree(t, "Dockerfile = "+dockerfile)} {
		mount, err := fsutil.NewFS(folder)
		if err != nil {
			t.Fatal(err)
		}
		mounts[name] = mount
	}
	frontend := &plan.Frontend{}
	events := make(chan *client.SolveStatus)
	go func() {
		for range events {
		}
	}()
	ref := buildkitid.NewID()
	_, buildErr := eng.Client().Build(t.Context(), client.SolveOpt{
		Ref: ref, LocalMounts: mounts, SharedKey: key, FrontendAttrs: map[string]string{"filename": "Dockerfile"},
	}, "", frontend.Build, events)
	facts, err := eng.Facts(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	made, err := frontend.Plan()
	if err != nil {
		if buildErr == nil || strings.Contains(buildErr.Error(), "failed to solve") {
			buildErr = err
		}
		return nil, nil, buildErr
	}
	return made, facts, buildErr
}
