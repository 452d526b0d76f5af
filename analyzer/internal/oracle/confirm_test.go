package oracle_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/rogpeppe/go-internal/testscript"
)

var updateRemote = flag.Bool("update-remote", false, "rewrite what the confirm cases expect of buildkitd alone; read it against what -update wrote")

const confirmCases = "testdata/confirm"

// TestConfirm runs the scripts of testdata/confirm, once on each kind of engine.
// A script builds its folder app again and again with something changed between,
// and compares what is said of every step with what it expects, which was written
// from what BuildKit does, and must be the same on both engines unless one of
// them tells less. Beside the commands of testscript there are
//
//	build [FLAG…] [CONTEXT]   build, and print outcomes and causes; ! build must fail
//	image NAME [KEY=VALUE…]   from now on every base image is this one
//	push REF NAME             offer an image as server.test/REF
//	layout DIR NAME           write an image as an OCI layout
//	prune [FILTER…]           remove from the engine's cache
//	engine own|other          build on this engine from now on
//	change FILE TEXT          write a file of the same size and time as before
//	xattr FILE VALUE          set an extended attribute
//	forget trees|engine       take this out of the record of the build before
//
// and the conditions [embedded] and [remote]. What lies in the folder srv is
// served as http://server.test, git repositories below it too.
func TestConfirm(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	own := &counting{Engine: startEmbedded(t)}
	daemon := startBuildkitd(t)
	images := newImages(t)
	for _, e := range []struct {
		name       string
		own, other engine.Engine
		update     bool
	}{
		{"embedded", own, daemon, *update},
		{"remote", daemon, own, *updateRemote},
	} {
		t.Run(e.name, func(t *testing.T) {
			testscript.RunT(inTurn{t}, testscript.Params{
				Dir:                confirmCases,
				UpdateScripts:      e.update,
				RequireUniqueNames: true,
				ContinueOnError:    true,
				Setup: func(env *testscript.Env) error {
					return setUp(env, &world{kind: e.name, engines: map[string]engine.Engine{"own": e.own, "other": e.other}, at: "own", images: images})
				},
				Condition: func(cond string) (bool, error) {
					if cond != "embedded" && cond != "remote" {
						return false, fmt.Errorf("unknown condition %s", cond)
					}
					return cond == e.name, nil
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"build":  command((*world).build),
					"image":  command((*world).image),
					"push":   command((*world).push),
					"layout": command((*world).layout),
					"prune":  command((*world).prune),
					"engine": command((*world).engine),
					"change": command((*world).change),
					"xattr":  command((*world).xattr),
					"forget": command((*world).forget),
				},
			})
		})
	}
}

// TestConfirmEveryKind makes sure that no kind of cause is without a case.
func TestConfirmEveryKind(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join(confirmCases, "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var all strings.Builder
	for _, name := range scripts {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	for _, kind := range explain.Kinds() {
		if !regexp.MustCompile(`(?m)^    ` + string(kind) + `\b`).MatchString(all.String()) {
			t.Errorf("no case in %s confirms %s", confirmCases, kind)
		}
	}
}

// inTurn keeps scripts from running at once: they share an engine and its cache.
type inTurn struct{ *testing.T }

func (inTurn) Parallel() {}

func (t inTurn) Run(name string, f func(testscript.T)) {
	t.T.Run(name, func(t *testing.T) { f(inTurn{t}) })
}

func (inTurn) Verbose() bool { return testing.Verbose() }

// worldKey is where a script's world is kept.
type worldKey struct{}

// command makes a command of a method.
func command(run func(*world, *testscript.TestScript, bool, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		run(ts.Value(worldKey{}).(*world), ts, neg, args)
	}
}

// setUp starts the script's server, and gives every script an empty cache and
// the plain playground image.
func setUp(env *testscript.Env, w *world) error {
	w.dir = env.WorkDir
	server, err := newServer(filepath.Join(env.WorkDir, "srv"))
	if err != nil {
		return err
	}
	env.Defer(server.Close)
	w.server = server
	env.Values[worldKey{}] = w
	env.Setenv("HOME", env.WorkDir)
	for _, who := range []string{"AUTHOR", "COMMITTER"} { // commits have the same digest every time
		env.Setenv("GIT_"+who+"_NAME", "layerwise")
		env.Setenv("GIT_"+who+"_EMAIL", "layerwise@example.org")
		env.Setenv("GIT_"+who+"_DATE", "2026-01-01T00:00:00Z")
	}
	if err := nameServer(env.WorkDir, server.addr()); err != nil {
		return err
	}
	return w.reset(w.kind + " " + filepath.Base(env.WorkDir))
}

// serverName is what scripts and what they expect call the server.
const serverName = "server.test"

// nameServer puts the server's address into the files of the script.
func nameServer(dir, addr string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasPrefix(d.Name(), "want") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(data), serverName) {
			return err
		}
		return os.WriteFile(path, []byte(strings.ReplaceAll(string(data), serverName, addr)), 0o644)
	})
}

// one returns the only argument of a command.
func one(ts *testscript.TestScript, usage string, args []string, allowed ...string) string {
	if len(args) != 1 || len(allowed) > 0 && !slices.Contains(allowed, args[0]) {
		ts.Fatalf("usage: %s", usage)
	}
	return args[0]
}
