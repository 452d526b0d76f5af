//go:build linux

package ociruntime

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// eachWay runs a test as root and in user namespaces.
func eachWay(t *testing.T, test func(t *testing.T, w way)) {
	for _, w := range allWays {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			test(t, w)
		})
	}
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestExitCode(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		r := newBundle(t, w, "echo:out", "stderr:err", "exit:7").run(t)
		if r != (result{7, "out\n", "err\n"}) {
			t.Errorf("got %+v", r)
		}
	})
}

func TestProcess(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "pid", "cwd", "env:GREETING", "hostname", "umask", "id", "rlimit:1", "rlimit:7", "cat:/proc/self/oom_score_adj", "stdin")
		score, umask := 500, uint32(0o027)
		p := b.spec.Process
		p.Cwd, p.OOMScoreAdj, p.User.Umask = "/srv/deep/er", &score, &umask
		p.Env = append(p.Env, "GREETING=hello")
		p.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_FSIZE", Soft: 5000, Hard: 6000}, {Type: "RLIMIT_NOFILE", Soft: 100, Hard: 100}}
		b.spec.Hostname = "builder"
		cmd := b.command(t, b.runArgs()...)
		cmd.Stdin = strings.NewReader("typed")
		r := finish(t, cmd)
		expect(t, strings.Split(strings.TrimSpace(r.stdout+r.stderr), "\n"),
			"1", "/srv/deep/er", "hello", "builder", "027", "0 0 []", "5000 6000", "100 100", "500", "", "typed")
	})
}

func TestCapabilities(t *testing.T) {
	for _, test := range []struct {
		name                    string
		caps                    *specs.LinuxCapabilities
		uid                     uint32
		bnd, prm, eff, inh, amb string
	}{
		{
			name: "defaults as root",
			caps: &specs.LinuxCapabilities{Bounding: defaultCaps, Permitted: defaultCaps, Effective: defaultCaps},
			bnd:  defaultCapsMask, prm: defaultCapsMask, eff: defaultCapsMask, inh: "0", amb: "0",
		},
		{
			name: "defaults as a user", uid: 1000,
			caps: &specs.LinuxCapabilities{Bounding: defaultCaps, Permitted: defaultCaps, Effective: defaultCaps},
			bnd:  defaultCapsMask, prm: "0", eff: "0", inh: "0", amb: "0",
		},
		{
			name: "ambient as a user", uid: 1000,
			caps: &specs.LinuxCapabilities{
				Bounding: defaultCaps, Permitted: []string{"CAP_CHOWN", "CAP_KILL"}, Effective: []string{"CAP_KILL"},
				Inheritable: []string{"CAP_CHOWN", "CAP_KILL"}, Ambient: []string{"CAP_KILL"},
			},
			bnd: defaultCapsMask, prm: "20", eff: "20", inh: "21", amb: "20",
		},
		{name: "none", bnd: "0", prm: "0", eff: "0", inh: "0", amb: "0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, w way) {
				if w.name == singleID.name && test.uid != 0 {
					return // there is no other user
				}
				b := newBundle(t, w, "status:CapBnd", "status:CapPrm", "status:CapEff", "status:CapInh", "status:CapAmb")
				b.spec.Process.Capabilities = test.caps
				b.spec.Process.User = specs.User{UID: test.uid, GID: test.uid}
				var want []string
				for _, set := range [][2]string{{"Bnd", test.bnd}, {"Prm", test.prm}, {"Eff", test.eff}, {"Inh", test.inh}, {"Amb", test.amb}} {
					want = append(want, fmt.Sprintf("Cap%s:\t%016s", set[0], set[1]))
				}
				expect(t, b.lines(t), want...)
			})
		})
	}
}

func TestUser(t *testing.T) {
	for _, w := range []way{asRoot, manyIDs} {
		t.Run(w.name, func(t *testing.T) {
			b := newBundle(t, w, "id", "write:/etc/x", "write:/tmp/x", "stat:/tmp/x", "append:/dev/stdout")
			b.spec.Process.User = specs.User{UID: 1000, GID: 1001, AdditionalGids: []uint32{5, 1002}}
			// Of the engine's user, as its pipes are.
			out, err := os.OpenFile(filepath.Join(b.dir, "out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			cmd := b.command(t, b.runArgs()...)
			cmd.Stdout = out
			if err := cmd.Run(); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(out.Name())
			if err != nil {
				t.Fatal(err)
			}
			expect(t, strings.Split(strings.TrimSpace(string(got)), "\n"),
				"1000 1001 [5 1002]", "error: permission denied", "written", "100644 1000:1001 0/0", "appended", "appended")
		})
	}
	t.Run("unmapped", func(t *testing.T) {
		b := newBundle(t, singleID, "id")
		b.spec.Process.User = specs.User{UID: 1000, GID: 0}
		r := b.run(t)
		if r.code != 1 || !strings.Contains(r.stderr, "change to user 1000: it has no mapping in this user namespace") {
			t.Errorf("got %+v", r)
		}
	})
	t.Run("unmapped groups", func(t *testing.T) {
		// USER root makes BuildKit list the image's groups of root.
		b := newBundle(t, singleID, "id")
		b.spec.Process.User.AdditionalGids = []uint32{0, 1, 2, 3, 10}
		expect(t, b.lines(t), "0 0 []")
	})
}

// HOME is what runc makes it.
func TestEnvironment(t *testing.T) {
	const passwd = "root:x:0:0:root:/root:/bin/sh\nbad line\nother:x:1000:1000::/home/other:/bin/sh\ntwin:x:1000:1000::/home/twin:/bin/sh\n"
	for _, test := range []struct {
		name, passwd string
		uid          uint32
		env          []string
		want         string
	}{
		{"root", passwd, 0, nil, "HOME=/root"},
		{"a user", passwd, 1000, nil, "HOME=/home/other"},
		{"nobody known", passwd, 1001, nil, "HOME=/"},
		{"no passwd", "", 0, nil, "HOME=/"},
		{"set", passwd, 0, []string{"HOME=/elsewhere", "A=1"}, "HOME=/elsewhere A=1"},
		{"empty", passwd, 0, []string{"HOME=", "A=1"}, "A=1 HOME=/root"},
		{"twice", passwd, 0, []string{"A=1", "B=2", "A=3"}, "B=2 A=3 HOME=/root"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBundle(t, asRoot, "environ")
			if test.passwd != "" {
				b.write(t, "etc/passwd", test.passwd)
			}
			b.spec.Process.Args[0] = "/bin/probe"
			b.spec.Process.Env = test.env
			b.spec.Process.User.UID = test.uid
			expect(t, b.lines(t), test.want)
		})
	}
	t.Run("a pipe for passwd", func(t *testing.T) {
		b := newBundle(t, asRoot, "env:HOME")
		if err := unix.Mkfifo(filepath.Join(b.root, "etc/passwd"), 0o644); err != nil {
			t.Fatal(err)
		}
		expect(t, b.lines(t), "/")
	})
}

func TestNoNewPrivileges(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		// A step never gains privileges, whatever the spec asks for.
		for _, on := range []bool{false, true} {
			b := newBundle(t, w, "status:NoNewPrivs", "status:Seccomp")
			b.spec.Process.NoNewPrivileges = on
			expect(t, b.lines(t), "NoNewPrivs:\t1", "Seccomp:\t2")
		}
		unfiltered := newBundle(t, w, "status:NoNewPrivs", "status:Seccomp")
		unfiltered.spec.Linux.Seccomp = nil // as on a kernel that has none
		expect(t, unfiltered.lines(t), "NoNewPrivs:\t1", "Seccomp:\t0")
		// All but a step that is to run without a sandbox.
		unconfined := newBundle(t, w, "status:NoNewPrivs", "status:Seccomp")
		unconfined.spec.Linux.Seccomp = nil
		unconfined.spec.Process.Capabilities.Bounding = append([]string{"CAP_SYS_ADMIN"}, defaultCaps...)
		unconfined.spec.Process.NoNewPrivileges = false
		expect(t, unconfined.lines(t), "NoNewPrivs:\t0", "Seccomp:\t0")
	})
}

func TestMissingProgram(t *testing.T) {
	for _, test := range []struct {
		program, message string
		code             int
	}{
		{"foo", `exec: "foo": executable file not found in $PATH`, 127},
		{"/bin/foo", `exec: "/bin/foo": stat /bin/foo: no such file or directory`, 127},
		{"./foo", `exec: "./foo": stat ./foo: no such file or directory`, 127},
		{"plain", `exec: "plain": exec /bin/plain: permission denied`, 126},
		{"/work", `exec: "/work": exec /work: is a directory`, 126},
		{"garbage", `exec: "garbage": exec format error`, 126},
	} {
		t.Run(strings.ReplaceAll(test.program, "/", "_"), func(t *testing.T) {
			eachWay(t, func(t *testing.T, w way) {
				b := newBundle(t, w)
				b.write(t, "bin/plain", "text")
				b.write(t, "bin/garbage", "garbage")
				os.Chmod(filepath.Join(b.root, "bin/garbage"), 0o755)
				b.spec.Process.Args = []string{test.program}
				r := b.run(t)
				if r.code != test.code || !strings.Contains(r.stderr, test.message) {
					t.Errorf("got %+v, want code %d and %s", r, test.code, test.message)
				}
				var entry struct{ Level, Msg, Time string }
				data, _ := os.ReadFile(filepath.Join(b.dir, "log.json"))
				if err := json.Unmarshal(data, &entry); err != nil || entry.Level != "error" || !strings.Contains(entry.Msg, test.message) || entry.Time == "" {
					t.Errorf("log: %s (%v)", data, err)
				}
			})
		})
	}
}

func TestProgramLookup(t *testing.T) {
	// PATH is the container's, and a program that its user may not execute is passed over.
	b := newBundle(t, asRoot, "echo:found")
	b.write(t, "first/probe", "text")
	os.Chmod(filepath.Join(b.root, "first/probe"), 0o700)
	b.spec.Process.Env = []string{"PATH=/nowhere:/first:/bin/"}
	b.spec.Process.User = specs.User{UID: 1000, GID: 1000}
	b.spec.Process.Capabilities = nil // with CAP_DAC_OVERRIDE every file can be executed
	expect(t, b.lines(t), "found")
}

func TestNetwork(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		none := newBundle(t, w, "interfaces").lines(t)
		expect(t, none, "lo=up|loopback|running")
		b := newBundle(t, w, "readlink:/proc/self/ns/net", "readlink:/proc/self/ns/uts")
		b.spec.Linux.Namespaces = without(b.spec.Linux.Namespaces, specs.NetworkNamespace)
		host, err := os.Readlink("/proc/self/ns/net")
		if err != nil {
			t.Fatal(err)
		}
		if got := b.lines(t); got[0] != host {
			t.Errorf("network namespace %s, want the host's %s", got[0], host)
		}
	})
}

func TestJoinNetwork(t *testing.T) {
	b := newBundle(t, asRoot, "readlink:/proc/self/ns/net", "interfaces")
	b.spec.Linux.Namespaces = without(b.spec.Linux.Namespaces, specs.NetworkNamespace)
	// A namespace kept by a mount, as CNI does it.
	file := filepath.Join(t.TempDir(), "netns")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want := inNewNetwork(t, file)
	b.spec.Linux.Namespaces = append(b.spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.NetworkNamespace, Path: file})
	expect(t, b.lines(t), want, "lo=loopback")
}

// inNewNetwork makes a network namespace, mounts it on file, and returns its name.
func inNewNetwork(t *testing.T, file string) string {
	t.Helper()
	type answer struct {
		name string
		err  error
	}
	done := make(chan answer)
	go func() { // the thread is locked and ends with the goroutine
		var a answer
		defer func() { done <- a }()
		runtime.LockOSThread()
		if a.err = unix.Unshare(unix.CLONE_NEWNET); a.err != nil {
			return
		}
		if a.name, a.err = os.Readlink("/proc/thread-self/ns/net"); a.err == nil {
			a.err = unix.Mount("/proc/thread-self/ns/net", file, "", unix.MS_BIND, "")
		}
	}()
	a := <-done
	if a.err != nil {
		t.Fatal(a.err)
	}
	t.Cleanup(func() { unix.Unmount(file, unix.MNT_DETACH) })
	return a.name
}

func without(list []specs.LinuxNamespace, kind specs.LinuxNamespaceType) []specs.LinuxNamespace {
	var kept []specs.LinuxNamespace
	for _, n := range list {
		if n.Type != kind {
			kept = append(kept, n)
		}
	}
	return kept
}

func TestNoForeignFiles(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "fds")
		cmd := b.command(t, b.runArgs()...)
		secret, err := os.Open("/etc")
		if err != nil {
			t.Fatal(err)
		}
		defer secret.Close()
		cmd.ExtraFiles = []*os.File{secret, secret}
		r := finish(t, cmd)
		for _, fd := range strings.Fields(r.stdout) {
			number, target, _ := strings.Cut(fd, "=")
			switch number {
			case "0":
				if target != "/dev/null" {
					t.Errorf("standard input is %s", target)
				}
			case "1", "2":
			default:
				if !strings.HasPrefix(target, "/proc") && !strings.HasPrefix(target, "anon_inode:") {
					t.Errorf("file %s is open", fd)
				}
			}
		}
		if r.code != 0 {
			t.Errorf("got %+v", r)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	count := 100
	if testing.Short() {
		count = 10
	}
	for _, w := range []way{asRoot, singleID} {
		t.Run(w.name, func(t *testing.T) {
			var wg sync.WaitGroup
			for i := range count {
				b := newBundle(t, w, fmt.Sprint("echo:", i), fmt.Sprint("exit:", i))
				wg.Go(func() {
					if r := b.run(t); r.code != i || r.stdout != fmt.Sprintln(i) {
						t.Errorf("container %d: %+v", i, r)
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestRefused(t *testing.T) {
	for name, change := range map[string]func(*specs.Spec){
		"hooks":           func(s *specs.Spec) { s.Hooks = &specs.Hooks{Poststart: []specs.Hook{{Path: "/bin/true"}}} },
		"apparmorProfile": func(s *specs.Spec) { s.Process.ApparmorProfile = "x" },
		"mount namespace": func(s *specs.Spec) { s.Linux.Namespaces = without(s.Linux.Namespaces, specs.MountNamespace) },
		`type \"user\"`: func(s *specs.Spec) {
			s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: "user"})
		},
		"process.args":       func(s *specs.Spec) { s.Process.Args = nil },
		"not absolute":       func(s *specs.Spec) { s.Process.Cwd = "work" },
		"unknown capability": func(s *specs.Spec) { s.Process.Capabilities.Bounding = []string{"CAP_FLY"} },
		"rename the host":    func(s *specs.Spec) { s.Linux.Namespaces = without(s.Linux.Namespaces, specs.UTSNamespace) },
		"NUL":                func(s *specs.Spec) { s.Process.Env = append(s.Process.Env, "A=\x00") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBundle(t, asRoot, "echo:ran")
			change(b.spec)
			r := b.run(t)
			want := strings.ReplaceAll(name, `\"`, `"`)
			if r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, want) {
				t.Errorf("got %+v", r)
			}
		})
	}
}
