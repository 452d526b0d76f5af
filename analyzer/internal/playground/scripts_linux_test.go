package playground

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var record = flag.Bool("record", false, "rewrite the expected results in testdata with those of this machine's bash and GNU tools")

// scriptCase is one script of testdata with the result that bash and the GNU tools have.
type scriptCase struct {
	name, script string
	output       string // standard output
	status       int
}

// A file of testdata holds cases of the form
//
//	## NAME
//	SCRIPT
//	##> STATUS
//	OUTPUT
func readCases(t *testing.T, path string) []scriptCase {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []scriptCase
	inOutput := false
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			cases = append(cases, scriptCase{name: strings.TrimSpace(name)})
			inOutput = false
			continue
		}
		if len(cases) == 0 {
			t.Fatalf("%s: it does not start with a case", path)
		}
		c := &cases[len(cases)-1]
		if status, ok := strings.CutPrefix(line, "##> "); ok {
			if c.status, err = strconv.Atoi(strings.TrimSpace(status)); err != nil {
				t.Fatalf("%s: %s: %v", path, c.name, err)
			}
			inOutput = true
			continue
		}
		if inOutput {
			c.output += line
		} else {
			c.script += line
		}
	}
	return cases
}

func writeCases(t *testing.T, path string, cases []scriptCase) {
	t.Helper()
	var b strings.Builder
	for _, c := range cases {
		out := c.output
		if out != "" && !strings.HasSuffix(out, "\n") {
			t.Fatalf("%s: %s: the output does not end in a newline; add an echo", path, c.name)
		}
		fmt.Fprintf(&b, "## %s\n%s##> %d\n%s", c.name, c.script, c.status, out)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// runScript runs a script in a new folder.
func runScript(t *testing.T, shell, searchPath, script string) (output, messages string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell, "-c", script, "sh")
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + searchPath, "HOME=" + cmd.Dir, "LC_ALL=C", "TZ=UTC", "TMPDIR=" + t.TempDir()}
	cmd.WaitDelay = time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		status = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), status
}

func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts in testdata", err)
	}
	bin := ""
	if !*record {
		bin = filepath.Join(unpack(t), "usr/bin")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			cases := readCases(t, file)
			for i, c := range cases {
				if *record {
					cases[i].output, _, cases[i].status = runScript(t, "/bin/bash", os.Getenv("PATH"), c.script)
					continue
				}
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					out, messages, status := runScript(t, filepath.Join(bin, "sh"), bin, c.script)
					if out != c.output || status != c.status {
						t.Errorf("script:\n%s\ngot status %d, want %d\ngot:\n%s\nwant:\n%s\nmessages:\n%s", c.script, status, c.status, out, c.output, messages)
					}
				})
			}
			if *record {
				writeCases(t, file, cases)
			}
		})
	}
}
