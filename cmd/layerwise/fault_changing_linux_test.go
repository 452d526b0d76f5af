package main_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// A context that changes while it is read: a build ends, works or names a file that
// changed, and what lies behind a link is in no report.
func TestFaultChangingContext(t *testing.T) {
	w := newWorld(t, 0)
	w.dockerfile("COPY . /c")
	const files = 1500
	name := func(i int) string { return w.path(fmt.Sprintf("context/d/%d", i)) }
	for i := range files {
		w.write(fmt.Sprintf("context/d/%d", i), fmt.Sprint(i))
	}
	w.write("outside/secret-name", "x")
	w.ok(build("--offline")...)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			path := name(rand.IntN(files))
			switch rand.IntN(5) {
			case 0:
				os.RemoveAll(path)
			case 1:
				os.WriteFile(path, make([]byte, rand.IntN(20000)), 0o644)
			case 2:
				os.Rename(path, path+"x")
			case 3:
				os.RemoveAll(path)
				os.Mkdir(path, 0o755)
			default:
				os.RemoveAll(path)
				os.Symlink(w.path("outside"), path)
			}
		}
	}()
	named := 0
	builds := 12
	if testing.Short() {
		builds = 5
	}
	for range builds {
		o := w.run(build("--offline", "--report", "text", "--report", "json="+w.path("r.json"))...)
		if o.took > prompt {
			t.Errorf("a build took %v", o.took)
		}
		report, _ := os.ReadFile(w.path("r.json"))
		if strings.Contains(string(report)+o.stdout, "secret-name") {
			t.Error("a file outside of the context is in the report")
		}
		if o.code != 0 {
			o.wants(t, 1, "error: read the build context: d/", " changed while it was read: it was ", "hint: build again")
			named++
		}
		if strings.Contains(lastLine(o.stderr), "context canceled") {
			t.Error(lastLine(o.stderr))
		}
	}
	close(stop)
	<-stopped
	t.Logf("%d of %d builds named a file", named, builds)
	w.must(os.RemoveAll(w.path("context/d")))
	w.write("context/d/1", "x")
	w.ok(build("--offline")...)
}

// Names that are no UTF-8 keep their bytes in records: they are blamed where they
// changed, and nowhere else.
func TestFaultNamesKeepTheirBytes(t *testing.T) {
	w := newWorld(t, 0)
	w.dockerfile("COPY in /in")
	w.write("context/in/plain", "1")
	w.write("context/in/inv\xff", "x")
	w.must(os.Symlink("\xfe\xff", w.path("context/in/link")))
	w.ok(build("--offline")...)
	w.write("context/in/plain", "2")
	w.ok(build("--offline", "--report", "json="+w.path("r.json"))...)
	if files := w.changedFiles("r.json"); len(files) != 1 || files[0] != "in/plain" {
		t.Errorf("blamed: %q", files)
	}
	w.write("context/in/inv\xff", "y")
	w.ok(build("--offline", "--report", "json="+w.path("r.json"))...)
	if files := w.changedFiles("r.json"); len(files) != 1 || !strings.HasPrefix(files[0], "in/inv") {
		t.Errorf("blamed: %q", files)
	}
}
