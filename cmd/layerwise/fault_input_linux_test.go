package main_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// at once is how long the program may take to say that something is no file.
const atOnce = 15 * time.Second

// Whatever is read may be something that never ends, or that nobody writes to: the
// answer is an error at once, that names it, or the same as without it.
func TestFaultInputIsNoFile(t *testing.T) {
	inputs := []struct {
		name  string
		args  []string
		fails bool
	}{
		{"context/Dockerfile", build("--offline"), true},
		{"context/Dockerfile", []string{"explain", "context"}, true},
		{"context/Dockerfile", []string{"lint", "context/Dockerfile"}, true},
		{"context/.dockerignore", build("--offline"), true},
		{"context/.dockerignore", []string{"explain", "context"}, true},
		{"context/.dockerignore", []string{"lint", "context"}, false},
		{"context/Dockerfile.dockerignore", build("--offline"), true},
		{"context/scenario.yaml", []string{"rebuild", "--offline", "context"}, true},
		{"context/.layerwise.yaml", []string{"lint", "context"}, true},
		{"context/.gitignore", []string{"lint", "context"}, false},
		{"base.json", []string{"lint", "--baseline", "base.json", "context"}, true},
		{"a.json.zst", []string{"compare", "a.json.zst", "a.json.zst"}, true},
		{"report.json", []string{"render", "report.json"}, true},
		{"context/a", build("--offline"), false},
	}
	kinds := []struct {
		name string
		make func(path string) error
	}{
		{"a pipe", func(path string) error { return syscall.Mkfifo(path, 0o644) }},
		{"a link to a device", func(path string) error { return os.Symlink("/dev/zero", path) }},
		{"a link to a pipe", func(path string) error {
			if err := syscall.Mkfifo(path+".pipe", 0o644); err != nil {
				return err
			}
			return os.Symlink(path[strings.LastIndex(path, "/")+1:]+".pipe", path)
		}},
	}
	for _, kind := range kinds {
		for _, in := range inputs {
			t.Run(kind.name+" as "+in.name+" for "+in.args[0], func(t *testing.T) {
				w := newWorld(t, 0)
				w.dockerfile("COPY a* /")
				w.write("context/b", "x")
				w.write("context/ab", "x")
				_ = os.Remove(w.path(in.name))
				w.must(kind.make(w.path(in.name)))
				o := w.start(in.args...).wait(atOnce)
				switch {
				case !in.fails:
					o.wants(t, o.code)
				case o.code == 0 && kind.name == "a link to a device" && strings.Contains(in.name, "ignore"):
					// An engine finds nothing behind a link that leads out of the context.
				case o.code != 1 && o.code != 3 || !strings.Contains(o.stdout+o.stderr, "regular file"):
					t.Errorf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
				}
			})
		}
	}
}
