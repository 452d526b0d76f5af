package escape

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/tonistiigi/fsutil"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// header begins every Dockerfile.
const header = "FROM scratch AS base\nCOPY --chmod=755 probe /probe\nCOPY facts.json /facts.json\n"

// linkMark begins the text of a context's file that is a symlink.
const linkMark = "link to "

// build builds a Dockerfile and returns what its steps printed.
func build(t *testing.T, e *embedded.Engine, context map[string]string, dockerfile string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Link(probeProgram, filepath.Join(dir, "probe")); err != nil {
		t.Fatal(err)
	}
	for name, text := range context {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		target, link := strings.CutPrefix(text, linkMark)
		var err error
		if link {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		t.Fatal(err)
	}
	return solve(t.Context(), e, dir)
}

func solve(ctx context.Context, e *embedded.Engine, dir string) (string, error) {
	files, err := fsutil.NewFS(dir)
	if err != nil {
		return "", err
	}
	var output strings.Builder
	status := make(chan *client.SolveStatus)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range status {
			for _, l := range s.Logs {
				output.Write(l.Data)
			}
		}
	}()
	_, err = e.Client().Solve(ctx, nil, client.SolveOpt{
		Frontend:    "dockerfile.v0",
		LocalMounts: map[string]fsutil.FS{"context": files, "dockerfile": files},
		Session:     []session.Attachable{secretsprovider.FromMap(map[string][]byte{"secret": []byte("the build's secret")})},
	}, status)
	<-done
	return output.String(), err
}

// results are the outcomes that probes printed, by name, and the names in order.
func results(output string) (map[string]string, []string) {
	found := map[string]string{}
	var names []string
	for line := range strings.Lines(output) {
		if name, result, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ": "); ok {
			found[name] = result
			names = append(names, name)
		}
	}
	return found, names
}
