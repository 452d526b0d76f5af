package main_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// strange is what a context may hold beside files and folders.
var strange = []struct {
	name string
	root bool // only root can make it
	make func(w *world)
	edit func(w *world) // something in it that changes the step's key
	file string         // the name by which the report names the edit
}{
	{
		name: "FIFO",
		make: func(w *world) { w.must(syscall.Mkfifo(w.path("context/in/fifo"), 0o644)) },
		edit: func(w *world) { w.must(os.Remove(w.path("context/in/fifo"))) },
		file: "in/fifo",
	},
	{
		name: "device",
		root: true,
		make: func(w *world) {
			w.must(unix.Mknod(w.path("context/in/device"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))))
		},
		edit: func(w *world) { w.must(os.Remove(w.path("context/in/device"))) },
		file: "in/device",
	},
	{
		name: "socket",
		make: func(w *world) {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: w.path("context/in/socket")})
			w.must(err)
			w.Cleanup(func() { l.Close() })
		},
	},
	{
		name: "links to nowhere and in circles",
		make: func(w *world) {
			for link, target := range map[string]string{
				"self": "self", "there": "back", "back": "there", "up": "..", "out": "../../../../../../etc/passwd", "dangling": "no/such/file",
			} {
				w.must(os.Symlink(target, w.path("context/in/"+link)))
			}
		},
		edit: func(w *world) {
			w.must(os.Remove(w.path("context/in/dangling")))
			w.must(os.Symlink("nor/this", w.path("context/in/dangling")))
		},
		file: "in/dangling",
	},
	{
		name: "names with control characters",
		make: func(w *world) {
			for _, name := range []string{"new\nline", "esc\x1b[31mred\x1b[0m", "bell\x07", "back\\slash", "tab\t", "\u202egnp.exe", " ", "'\"$(id)`", "-rf", "*", "[a", "c1\u009b31m"} {
				w.write("context/in/"+name, "x")
			}
		},
		edit: func(w *world) { w.write("context/in/esc\x1b[31mred\x1b[0m", "y") },
		file: "in/esc\x1b[31mred\x1b[0m",
	},
	{
		name: "a deep path",
		make: func(w *world) { w.deep("context/in", 3800) },
		edit: func(w *world) { w.write("context/in/f", "y") },
		file: "in/f",
	},
}

// deep makes a path of so many bytes below a folder, one folder at a time, as
// the whole is more than a call takes.
func (w *world) deep(name string, length int) {
	w.Helper()
	at, err := os.OpenRoot(w.path(name))
	w.must(err)
	part := strings.Repeat("d", 200)
	for n := 0; n < length; n += len(part) + 1 {
		w.must(at.Mkdir(part, 0o755))
		next, err := at.OpenRoot(part)
		w.must(err)
		at.Close()
		at = next
	}
	w.must(at.WriteFile("bottom", []byte("x"), 0o644))
	at.Close()
}

// A context may hold anything that a file system holds. The build ends with a
// clear error or a report that names what was edited, and nothing of a name
// reaches the terminal raw.
func TestFaultStrangeContext(t *testing.T) {
	for _, tt := range strange {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 0)
			if tt.root && os.Getuid() != 0 {
				t.Skip("only root can make it")
			}
			w.dockerfile("COPY in /in", "RUN find /in | wc -l")
			w.write("context/in/f", "x")
			tt.make(w)
			w.ok("explain", "-v", "context").isSafe(t)
			first := w.run("build", "--offline", "context")
			first.isSafe(t)
			if first.code != 0 {
				first.wants(t, 1, "error: ")
				t.Logf("refused: %s", line(first.stderr, "error: "))
				return
			}
			for _, warning := range []string{"warning", "scan of"} {
				if strings.Contains(first.stderr+first.stdout, warning) {
					t.Errorf("first build: %s", line(first.stderr+first.stdout, warning))
				}
			}
			again := w.ok("build", "--offline", "context")
			again.isSafe(t)
			if !strings.Contains(again.stdout, "no misses") {
				t.Errorf("nothing was edited\n%s", again.stdout)
			}
			if tt.edit == nil {
				return
			}
			tt.edit(w)
			edited := w.ok("build", "--offline", "--report", "text", "--report", "json="+w.path("r.json"), "context")
			edited.isSafe(t)
			if files := w.changedFiles("r.json"); len(files) != 1 || files[0] != tt.file {
				t.Errorf("files named by the report: %q, want %q\n%s", files, tt.file, edited.stdout)
			}
		})
	}
}

// changedFiles are those that a report names as causes of roots.
func (w *world) changedFiles(name string) []string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	w.must(err)
	var r struct {
		Builds []struct {
			Steps []struct {
				Causes []struct {
					Root  bool
					Files []struct{ Path string }
				}
			}
		}
	}
	w.must(json.Unmarshal(text, &r))
	var files []string
	for _, s := range r.Builds[0].Steps {
		for _, c := range s.Causes {
			for _, f := range c.Files {
				if c.Root {
					files = append(files, f.Path)
				}
			}
		}
	}
	return files
}

// A name that is no UTF-8 cannot be told to an engine.
func TestFaultNameIsNoUTF8(t *testing.T) {
	w := newWorld(t, 0)
	w.dockerfile("COPY in /in")
	w.write("context/in/\xff\xfe", "x")
	w.run("explain", "context").isSafe(t)
	o := w.run("build", "--offline", "context")
	o.isSafe(t)
	if o.code != 0 {
		o.wants(t, 1, "error: ", "UTF-8")
	}
	t.Logf("exit %d: %s", o.code, line(o.stderr, "error:"))
}

// A file that cannot be read is sent as an empty one by BuildKit's client, and
// layerwise says so.
func TestFaultUnreadableFile(t *testing.T) {
	w := newWorld(t, plainUser)
	w.write("context/Dockerfile", "FROM scratch\nCOPY in /in\n")
	path := w.write("context/in/secret", "x")
	w.must(os.Chmod(path, 0))
	o := w.ok("build", "-o", w.path("out"), "context")
	if !strings.Contains(o.stdout, "warning: in/secret cannot be read") {
		t.Errorf("no warning\n%s", o.stdout)
	}
	if info, err := os.Stat(w.path("out/in/secret")); err != nil || info.Size() != 0 {
		t.Errorf("what BuildKit made of it: %v, %v", info, err)
	}
}
