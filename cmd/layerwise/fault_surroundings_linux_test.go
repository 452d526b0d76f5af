package main_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What reads the report may go away.
func TestFaultClosedOutput(t *testing.T) {
	w := newWorld(t, 0)
	w.dockerfile("RUN true")
	for _, args := range [][]string{build("--offline"), {"explain", "context"}, {"version"}, {"engine", "info"}} {
		r, stdout, err := os.Pipe()
		w.must(err)
		r.Close()
		cmd := w.command(args...)
		cmd.Stdout = stdout
		p := w.startCommand(cmd)
		stdout.Close()
		o := p.wait(patience)
		o.wants(t, 1, "error: ", "broken pipe")
		w.checkQuiet()
	}
	for _, args := range [][]string{build("--offline"), {"explain", "context"}, {"version"}, {"history", "list"}, {"lint", "--rules"}} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		w.must(err)
		cmd := w.command(args...)
		cmd.Stdout = full
		p := w.startCommand(cmd)
		full.Close()
		p.wait(patience).wants(t, 1, "error: ", "no space left on device")
	}
	if w.records() != 2 {
		t.Errorf("%d records, want those of the builds", w.records())
	}
	cmd := w.command(build("--offline")...) // no standard streams at all
	cmd.Args = append([]string{"sh", "-c", `exec "$@" <&- >&- 2>&-`, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	w.startCommand(cmd).wait(patience)
	w.ok(build("--offline")...)
}

// A home that cannot be written is named in the error, or done without.
func TestFaultHome(t *testing.T) {
	w := newWorld(t, plainUser)
	w.write("context/Dockerfile", "FROM scratch\nCOPY a /a\n")
	w.write("context/a", "x")
	locked := func(names ...string) {
		for _, name := range names {
			w.must(os.Chmod(w.path(name), 0o555))
			t.Cleanup(func() { os.Chmod(w.path(name), 0o755) })
		}
	}
	change := func(values map[string]string) {
		for k, v := range values {
			was, had := w.env[k]
			t.Cleanup(func() {})
			if v == "" {
				delete(w.env, k)
			} else {
				w.env[k] = v
			}
			if had {
				t.Cleanup(func() { w.env[k] = was })
			}
		}
	}
	sub := func(name string, f func(t *testing.T)) {
		env := map[string]string{}
		for k, v := range w.env {
			env[k] = v
		}
		outer := t
		outer.Run(name, func(inner *testing.T) {
			w.TB, t = inner, inner
			f(inner)
		})
		w.TB, t, w.env = outer, outer, env
	}

	sub("records", func(t *testing.T) {
		locked("state")
		w.ok(build()...).wants(t, 0, "warning: this build is not recorded", "permission denied")
	})
	sub("records after the first", func(t *testing.T) {
		w.ok(build()...)
		locked("state/layerwise/records")
		w.ok(build()...) // the folder of the project is still open
	})
	sub("state", func(t *testing.T) {
		locked("data")
		w.refused([]string{"error: ", "permission denied"}, "build", "--engine-dir", w.path("data/other"), "context")
	})
	sub("caches", func(t *testing.T) {
		w.must(os.RemoveAll(w.path("cache/layerwise"))) // which a build before may have made
		locked("cache")
		w.ok(build()...)
		w.refused([]string{"error: ", "permission denied"}, build("--offline", "--build-context", "x=docker-image://y", "-f", w.write("context/D2", "FROM x\n"))...)
	})
	sub("temporary folder", func(t *testing.T) {
		locked("tmp")
		w.ok(build()...)
		w.refused([]string{"error: ", "permission denied", "TMPDIR"}, "rebuild", "context")
	})
	sub("temporary folder missing", func(t *testing.T) {
		change(map[string]string{"TMPDIR": w.path("missing")})
		w.ok(build()...)
		w.refused([]string{"error: ", "no such file", "TMPDIR"}, "rebuild", "context")
	})
	sub("no home", func(t *testing.T) {
		change(map[string]string{"HOME": "", "XDG_DATA_HOME": "", "XDG_STATE_HOME": "", "XDG_CACHE_HOME": ""})
		w.refused([]string{"error: ", "XDG_CACHE_HOME"}, build()...)
		w.ok("explain", "context")
		w.ok("version")
	})
	sub("a home of nobody", func(t *testing.T) {
		change(map[string]string{"HOME": "/nonexistent", "XDG_DATA_HOME": "", "XDG_STATE_HOME": "", "XDG_CACHE_HOME": ""})
		w.refused([]string{"error: ", "/nonexistent"}, build()...)
		w.ok("build", "--engine-dir", w.path("data/layerwise/engine"), "context").wants(t, 0, "warning: this build is not recorded")
	})
}

// Results that have no place to go are refused in clear words, and leave
// nothing half made.
func TestFaultOutput(t *testing.T) {
	w := newWorld(t, 0)
	w.dockerfile("RUN true")
	w.write("file", "")
	missing := w.path("no/such/folder") + "/"
	for _, kind := range []string{"oci", "docker", "tar"} {
		o := w.run(build("--offline", "-o", "type="+kind+",dest="+missing+"x")...)
		o.wants(t, 2, "error: --output", "no such file or directory", "no/such/folder") // before anything is built
	}
	w.refused([]string{"error: "}, build("--offline", "-o", "type=local,dest="+w.path("file"))...)
	w.refused([]string{"error: ", "no/such/folder"}, build("--offline", "--report", "json="+missing+"r.json")...)
	w.refused([]string{"error: ", "is a folder"}, "explain", "--report", "json="+w.dir, "context")
}

// A step that prints without end costs no memory.
func TestFaultLoudStep(t *testing.T) {
	w := newWorld(t, 0)
	w.write("context/noise", strings.Repeat(strings.Repeat("x", 99)+"\n", 100_000))
	times := 10 // 100 MB
	if testing.Short() {
		times = 2
	}
	w.dockerfile("COPY noise /", "RUN "+strings.Repeat("cat /noise; ", times))
	cmd := w.command(build("--offline")...)
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	w.must(err)
	defer null.Close()
	cmd.Stderr = null
	p := w.startCommand(cmd)
	p.wait(4*time.Minute).wants(t, 0)
	peak := p.cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10 // kilobytes; of the program and its engine
	t.Logf("%d times 10 MB of output in %v, at most %d MB of memory", times, time.Since(p.started).Round(time.Second), peak)
	if peak > 400 {
		t.Errorf("%d MB of memory", peak)
	}
}

// Processes that a step leaves behind end with it.
func TestFaultBackgroundProcesses(t *testing.T) {
	asUsers(t, func(t *testing.T, w *world) {
		w.dockerfile(
			`RUN sh -c 'trap "" TERM HUP; sleep 1000' & env sh -c 'sleep 1001' & echo started`,
			"RUN echo next")
		for _, runtime := range []string{"auto", "builtin"} {
			o := w.ok(build("--offline", "--no-cache", "--runtime", runtime)...)
			if o.took > prompt {
				t.Errorf("%s: the build took %v", runtime, o.took)
			}
			w.checkQuiet()
		}
	})
}
