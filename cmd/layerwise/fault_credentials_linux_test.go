package main_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// holding are the files of the world, but those of the context, that have a text.
func (w *world) holding(text string) []string {
	w.Helper()
	var found []string
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "context" && filepath.Dir(path) == w.dir {
			return fs.SkipDir
		}
		if d.Type().IsRegular() {
			if data, err := os.ReadFile(path); err == nil && bytes.Contains(data, []byte(text)) {
				rel, _ := filepath.Rel(w.dir, path)
				found = append(found, rel)
			}
		}
		return nil
	})
	w.must(err)
	return found
}

// Credentials that are told to a build are in nothing that it prints, nor in what it
// leaves, but where BuildKit has to keep them: what a step's own line says is part of
// the image.
func TestFaultCredentials(t *testing.T) {
	const secret = "zqS3cretqz"
	for _, tt := range []struct {
		name string
		file string
		args []string
		kept bool // in the engine's state and in what is known of its layers, until they are pruned
	}{
		{"build argument", "FROM playground\nARG NPM_TOKEN\nRUN true $NPM_TOKEN\n", build("--offline", "--build-arg", "NPM_TOKEN="+secret), false},
		{"build argument in a name", "FROM playground\nARG API_KEY\nWORKDIR /$API_KEY\n", build("--offline", "--build-arg", "API_KEY="+secret), true},
		{"git context", "", []string{"build", "--offline", "https://user:" + secret + "@127.0.0.1:1/x.git#main"}, false},
		{"named context", "FROM playground\nCOPY --from=other / /\n", build("--offline", "--build-context", "other=https://user:"+secret+"@127.0.0.1:1/x.git"), false},
		{"ADD with a password", "FROM playground\nADD https://user:" + secret + "@127.0.0.1:1/x /x\n", build("--offline"), true},
		{"ADD with a token", "FROM playground\nADD http://127.0.0.1:1/x?token=" + secret + " /x\n", build("--offline"), true},
		{"ADD with a signature", "FROM playground\nADD http://127.0.0.1:1/x?X-Amz-Signature=" + secret + "&a=b /x\n", build("--offline"), true},
		{"option", "FROM playground\nRUN false --password=" + secret + "\n", build("--offline"), true},
		{"assignment", "FROM playground\nRUN AWS_SECRET_ACCESS_KEY=" + secret + " false\n", build("--offline"), true},
		{"header", "FROM playground\nRUN echo \"Authorization: Bearer " + secret + "\" && false\n", build("--offline"), true},
		{"label", "FROM playground\nLABEL api-token=" + secret + "\nRUN true\n", build("--offline"), true},
		{"label of the command line", "FROM playground\nRUN true\n", build("--offline", "--label", "api-token="+secret), true},
		{"git context with a token alone", "", []string{"build", "--offline", "https://" + secret + "@127.0.0.1:1/x.git#main"}, false},
		{"build argument in an address", "FROM playground\nARG MY_TOKEN\nADD http://127.0.0.1:1/$MY_TOKEN/x /x\n", build("--offline", "--build-arg", "MY_TOKEN="+secret), true},
		{"build argument that is an address", "FROM playground\nARG REPO\nADD $REPO /x\n", build("--offline", "--build-arg", "REPO=https://"+secret+"@127.0.0.1:1/x"), true},
		{"password of mysql", "FROM playground\nRUN echo mysql -uroot -p" + secret + " && false\n", build("--offline"), true},
		{"output in pieces", "FROM playground\nRUN printf 'https://me:" + secret[:4] + "' && sleep 0.3 && printf '" + secret[4:] + "@host/' && sleep 0.3 && echo && false\n", build("--offline"), true},
		{"cache that is none", "FROM playground\n", build("--offline", "--cache-from", "type=s3,bucket=b,secret_access_key="+secret), false},
		{"cache with a word too many", "FROM playground\n", build("--offline", "--cache-to", "type=local,dest=x,secret=a,"+secret), false},
	} {
		for _, mode := range []string{"plain", "rawjson"} {
			t.Run(tt.name+" "+mode, func(t *testing.T) {
				if testing.Short() && mode != "plain" {
					t.Skip("one kind of progress is enough for -short")
				}
				w := newWorld(t, 0)
				if tt.file != "" {
					w.write("context/Dockerfile", tt.file)
				}
				o := w.run(append(tt.args, "--progress", mode, "--report", "text", "--report", "json="+w.path("r.json"))...)
				for name, text := range map[string]string{"standard output": o.stdout, "standard error": o.stderr} {
					if strings.Contains(text, secret) {
						t.Errorf("%s: %s", name, line(text, secret))
					}
				}
				for _, path := range w.holding(secret) {
					ofImages := strings.HasPrefix(path, "data/layerwise/engine/") || strings.HasPrefix(path, "cache/layerwise/layers/")
					if !tt.kept || !ofImages {
						t.Errorf("left in %s", path)
					}
				}
				w.ok("engine", "prune")
				if left := w.holding(secret); len(left) > 0 {
					t.Errorf("left after a prune: %q", left)
				}
			})
		}
	}
}
