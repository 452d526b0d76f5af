package main_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in scripts")

// Every script has a home of its own. Beside what testscript brings, it may use
//
//	usage PATTERN ARG…   run layerwise, and want exit code 2 and a message alone
//	fails PATTERN ARG…   the same with exit code 1
//	records FILE         write all records of builds, decompressed, to FILE
//	damage-records       cut off the end of every record
//	no-temporary DIR     fail if a hidden file is left in DIR
//	await FILE           wait until FILE is there
//	scrub FILE           replace what differs from run to run (times, ids, digests, versions, folders)
func TestScripts(t *testing.T) {
	cache := t.TempDir() // the playground image is made once
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		ContinueOnError:     true,
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, ".home")
			data := filepath.Join(home, "data")
			env.Setenv("HOME", home)
			env.Setenv("XDG_DATA_HOME", data)
			env.Setenv("XDG_STATE_HOME", filepath.Join(home, "state"))
			env.Setenv("XDG_CACHE_HOME", cache)
			env.Setenv("LANG", "C.UTF-8")
			env.Setenv("BUILDKIT_HOST", "")
			env.Defer(func() { removeEngine(t, filepath.Join(data, "layerwise", "engine")) })
			return os.MkdirAll(home, 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"usage":          func(ts *testscript.TestScript, neg bool, args []string) { refused(ts, neg, args, 2) },
			"fails":          func(ts *testscript.TestScript, neg bool, args []string) { refused(ts, neg, args, 1) },
			"records":        writeRecords,
			"damage-records": damageRecords,
			"no-temporary":   noTemporary,
			"await":          awaitFile,
			"scrub":          scrubFile,
		},
	})
}

// refused runs a command line that must end with a code and a message.
func refused(ts *testscript.TestScript, neg bool, args []string, code int) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: usage PATTERN ARG…")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	err = ts.Exec("layerwise", args[1:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != code {
		ts.Fatalf("layerwise %s: %v, want exit code %d", strings.Join(args[1:], " "), err, code)
	}
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	if stdout != "" || !strings.HasPrefix(stderr, "error: ") || !pattern.MatchString(stderr) {
		ts.Fatalf("layerwise %s: want a message like %q on standard error alone", strings.Join(args[1:], " "), args[0])
	}
}

// removeEngine removes a state folder, in which an ordinary user may own files
// that only a user namespace can remove.
func removeEngine(t *testing.T, dir string) {
	if _, err := os.Stat(dir); err != nil {
		return
	}
	if err := embedded.Remove(context.Background(), dir); err != nil {
		t.Errorf("remove the engine's state: %v", err)
	}
}

func recordFiles(ts *testscript.TestScript) []string {
	var names []string
	err := filepath.WalkDir(ts.Getenv("XDG_STATE_HOME"), func(name string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(name, ".json.zst") {
			names = append(names, name)
		}
		return err
	})
	ts.Check(err)
	return names
}

func writeRecords(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: records FILE")
	}
	var all bytes.Buffer
	for _, name := range recordFiles(ts) {
		data, err := os.ReadFile(name)
		ts.Check(err)
		all.Write(data) // the entry that precedes the record is not compressed
		r, err := zstd.NewReader(bytes.NewReader(data))
		ts.Check(err)
		_, err = io.Copy(&all, r)
		ts.Check(err)
		r.Close()
	}
	if all.Len() == 0 {
		ts.Fatalf("no build is recorded")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), all.Bytes(), 0o600))
}

func damageRecords(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: damage-records")
	}
	for _, name := range recordFiles(ts) {
		info, err := os.Stat(name)
		ts.Check(err)
		ts.Check(os.Truncate(name, info.Size()-20))
	}
}

func noTemporary(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: no-temporary DIR")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && e.Name() != ".home" && e.Name() != ".tmp" {
			ts.Fatalf("%s is left behind", e.Name())
		}
	}
}

func awaitFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await FILE")
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		info, err := os.Stat(ts.MkAbs(args[0]))
		switch {
		case err == nil && info.Size() > 0:
			return
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			ts.Check(err)
		case time.Now().After(deadline):
			ts.Fatalf("%s did not come", args[0])
		}
	}
}

func scrubFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: scrub FILE")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), ts.Getenv("WORK"), "$WORK")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(scrub(text)), 0o600))
}
