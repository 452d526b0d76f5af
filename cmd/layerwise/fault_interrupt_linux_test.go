package main_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// phase brings a build or an experiment to a point at which it is interrupted.
type phase struct {
	name string
	slow bool
	// prepare makes what the phase needs, and returns the arguments.
	prepare func(w *world) []string
	// reached waits for the phase.
	reached func(p *process)
	record  bool // an interrupted build of this phase has something to record
}

var phases = []phase{
	{
		name:    "frontend",
		prepare: func(w *world) []string { w.write("context/Dockerfile", "FROM "+deafServer(w)+"/x\n"); return build() },
		reached: func(p *process) { p.says("load metadata for") },
	},
	{
		name: "context transfer",
		slow: true,
		prepare: func(w *world) []string {
			w.dockerfile("COPY big /")
			w.sparse("context/big", 16<<30)
			return build("--offline")
		},
		reached: func(p *process) {
			p.until("megabytes are transferred", func() bool { return megabytesSent.MatchString(p.stderr.String()) })
		},
		record: true,
	},
	{
		name:    "RUN",
		prepare: func(w *world) []string { w.dockerfile("RUN sleep 1000"); return build("--offline") },
		reached: func(p *process) { p.until("the step runs", func() bool { return p.w.stepRuns("sleep 1000") }) },
		record:  true,
	},
	{
		name: "RUN that ignores signals",
		prepare: func(w *world) []string {
			w.dockerfile(`RUN trap "" TERM INT HUP; while true; do sleep 1; done`)
			return build("--offline", "--runtime", "builtin")
		},
		reached: func(p *process) { p.until("the step runs", func() bool { return p.w.stepRuns("trap") }) },
		record:  true,
	},
	{
		name: "export",
		slow: true,
		prepare: func(w *world) []string {
			w.dockerfile("RUN head -c 150000000 /dev/urandom > /big")
			return build("--offline", "-o", "type=oci,dest="+w.path("out.tar"))
		},
		reached: func(p *process) { p.says("exporting layers") },
		record:  true,
	},
	{
		name: "copy of the context",
		slow: true,
		prepare: func(w *world) []string {
			w.dockerfile("COPY . /")
			for i := range 4000 {
				w.write(fmt.Sprintf("context/d%d/f", i), "x")
			}
			return []string{"rebuild", "--offline", "context"}
		},
		reached: func(p *process) {
			p.until("it copies", func() bool {
				copies, _ := filepath.Glob(p.w.path("tmp/layerwise-rebuild-*/copy/context*/*"))
				return len(copies) > 0
			})
		},
	},
	{
		name: "second build of an experiment",
		prepare: func(w *world) []string {
			w.dockerfile("COPY n /n", "RUN sh /n")
			w.write("context/n", "true")
			w.write("context/scenario.yaml", "steps:\n- label: slow\n  edits:\n  - replace: {path: n, old: 'true', new: 'echo it sleeps; sleep 1000'}\n")
			return []string{"rebuild", "--offline", "--progress", "plain", "context"}
		},
		reached: func(p *process) { p.says(" it sleeps") },
	},
	{
		name: "files of a revision",
		prepare: func(w *world) []string {
			w.dockerfile("COPY . /")
			git, err := exec.LookPath("git")
			w.must(err)
			for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "-qm", "v1"}} {
				if out, err := exec.Command(git, append([]string{"-C", w.path("context")}, args...)...).CombinedOutput(); err != nil {
					w.Fatalf("git %v: %v\n%s", args, err, out)
				}
			}
			// Writes the files, and does not come to an end.
			w.write("bin/git", fmt.Sprintf("#!/bin/sh\n%s \"$@\" || exit 1\ncase \"$*\" in *checkout-index*) exec sleep 1000;; esac\n", git))
			w.must(os.Chmod(w.path("bin/git"), 0o755))
			w.env["PATH"] = w.path("bin") + ":" + os.Getenv("PATH")
			return []string{"predict", "--since", "HEAD", "context"}
		},
		reached: func(p *process) {
			p.until("the files are written", func() bool {
				files, _ := filepath.Glob(p.w.path("tmp/layerwise-since-*/*/Dockerfile"))
				return len(files) > 0
			})
		},
	},
}

var megabytesSent = regexp.MustCompile(`transferring context: [\d.]+[MG]B`)

func build(flags ...string) []string { return append(append([]string{"build"}, flags...), "context") }

// deafServer is the address of a server that takes connections and never
// answers.
func deafServer(w *world) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	w.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
		}
	}()
	return l.Addr().String()
}

// sparse makes a file that is large and takes no room.
func (w *world) sparse(name string, size int64) {
	w.Helper()
	w.must(os.Truncate(w.write(name, ""), size))
}

// A program that is interrupted ends soon, with a word and exit code 1, and
// leaves nothing behind but what is meant to be kept.
func TestFaultInterrupted(t *testing.T) {
	for _, s := range []struct {
		name   string
		signal syscall.Signal
		slow   bool
	}{{"SIGINT", syscall.SIGINT, false}, {"SIGTERM", syscall.SIGTERM, true}, {"SIGHUP", syscall.SIGHUP, true}} {
		for _, ph := range phases {
			t.Run(s.name+" "+ph.name, func(t *testing.T) {
				// With one phase for each signal.
				if testing.Short() && (ph.slow || s.slow && ph.name != "RUN") {
					t.Skip("the quick phases are enough for -short")
				}
				interrupt(newWorld(t, 0), ph, s.signal)
			})
		}
	}
}

// A terminal that goes away ends nothing that was told to outlive it.
func TestFaultOutlivesTerminal(t *testing.T) {
	w := newWorld(t, 0)
	w.dockerfile("RUN echo it sleeps && sleep 2")
	cmd := w.command(build("--offline", "--progress", "plain")...)
	cmd.Args = append([]string{"sh", "-c", `trap "" HUP; exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	p := w.startCommand(cmd)
	p.says(" it sleeps")
	p.signal(syscall.SIGHUP)
	p.wait(patience).wants(t, 0)
}

// What a killed program leaves, whatever it did, is removed by the next command,
// and keeps nothing from working.
func TestFaultKilled(t *testing.T) {
	for _, ph := range phases {
		t.Run(ph.name, func(t *testing.T) {
			if testing.Short() && ph.slow {
				t.Skip("the quick phases are enough for -short")
			}
			w := newWorld(t, 0)
			args := ph.prepare(w)
			w.write("warm/Dockerfile", "FROM playground\n")
			w.ok("build", "--offline", "warm")
			before := w.files()
			p := w.start(args...)
			ph.reached(p)
			p.signal(syscall.SIGKILL)
			p.wait(prompt)
			w.checkQuiet()
			w.ok("version")
			// What is written under a temporary name goes later, by its age.
			left := slices.DeleteFunc(w.newFiles(before), func(path string) bool {
				return strings.HasPrefix(filepath.Base(path), ".") || path == "out.tar"
			})
			if len(left) > 0 {
				t.Errorf("left after the next command: %q", left)
			}
			w.ok("build", "--offline", "warm")
		})
	}
}

func interrupt(w *world, ph phase, s syscall.Signal) {
	w.Helper()
	args := ph.prepare(w)
	w.write("warm/Dockerfile", "FROM playground\n")
	w.ok("build", "--offline", "warm") // what is made once for all builds
	before, records := w.files(), w.records()

	p := w.start(args...)
	ph.reached(p)
	told := time.Now()
	p.signal(s)
	o := p.wait(prompt)
	w.Logf("ended %v after the signal: %s", time.Since(told).Round(10*time.Millisecond), lastLine(o.stderr))
	o.wants(w, 1, "error: interrupted")

	w.checkQuiet()
	if left := w.newFiles(before); len(left) > 0 {
		w.Errorf("files left: %q", left)
	}
	if ph.record && w.records() != records+1 {
		w.Errorf("an interrupted build left %d records, want one", w.records()-records)
	}
	w.ok("build", "--offline", "warm")
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// The start of the engine is short and has many moments.
func TestFaultInterruptedAtAnyMoment(t *testing.T) {
	w := newWorld(t, 0)
	w.dockerfile("COPY . /", "RUN cat /Dockerfile")
	w.ok("build", "--offline", "context")
	before := w.files()
	step := 50 * time.Millisecond
	if testing.Short() {
		step *= 3
	}
	for delay := time.Duration(0); delay < 800*time.Millisecond; delay += step {
		s := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL}[int(delay/step)%3]
		p := w.start("build", "--offline", "--no-cache", "context")
		time.Sleep(delay)
		p.signal(s)
		o := p.wait(prompt)
		// A signal before the program listens to any ends it by itself (-1).
		if o.code != 1 && o.code != -1 && (o.code != 0 || o.stdout == "") {
			t.Errorf("after %v: exit %d\n%s", delay, o.code, o.stderr)
		}
		if o.code == 1 && !strings.HasPrefix(lastLine(o.stderr), "error: interrupted") {
			t.Errorf("after %v: %s", delay, o.stderr)
		}
		t.Logf("%v %v: exit %d after %v: %s", delay, s, o.code, o.took.Round(time.Millisecond), lastLine(o.stderr))
		w.checkQuiet()
	}
	if left := w.newFiles(before); len(left) > 0 {
		t.Errorf("files left: %q", left)
	}
	w.ok("build", "--offline", "context")
}

// Two builds share one engine's state, one after the other.
func TestFaultTwoAtOnce(t *testing.T) {
	w := newWorld(t, 0)
	w.dockerfile("RUN sleep 1000")
	first := w.start("build", "--offline", "context")
	first.until("the step runs", func() bool { return w.stepRuns("sleep 1000") })

	w.write("other/Dockerfile", "FROM playground\nRUN echo done\n")
	w.refused([]string{"in use by process"}, "build", "--offline", "--no-wait", "other")

	impatient := w.start("build", "--offline", "other")
	impatient.says("waiting for it to end")
	impatient.signal(syscall.SIGINT)
	o := impatient.wait(prompt)
	o.wants(t, 1, "error: interrupted")

	second := w.start("build", "--offline", "other")
	second.says("waiting for it to end")
	first.signal(syscall.SIGINT)
	first.wait(prompt).wants(t, 1, "interrupted")
	second.wait(patience).wants(t, 0)
}

// A report that nobody reads does not keep the program from ending.
func TestFaultInterruptedInReport(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until the program gives up")
	}
	w := newWorld(t, 0)
	var labels []string
	for i := range 2000 { // more than a pipe holds
		labels = append(labels, fmt.Sprintf("LABEL l%d=%d", i, i))
	}
	w.dockerfile(labels...)
	r, stdout, err := os.Pipe()
	w.must(err)
	defer r.Close()
	cmd := w.command("build", "--offline", "context")
	cmd.Stdout = stdout
	p := w.startCommand(cmd)
	stdout.Close()
	p.until("the build is recorded", func() bool { return w.records() > 0 })
	time.Sleep(300 * time.Millisecond)
	p.signal(syscall.SIGINT)
	p.wait(prompt).wants(t, 1)
}
