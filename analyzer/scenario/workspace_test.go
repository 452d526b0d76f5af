package scenario

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const holdVariable = "LAYERWISE_TEST_HOLD_WORKSPACE"

func TestMain(m *testing.M) {
	if folder := os.Getenv(holdVariable); folder != "" {
		hold(folder)
	}
	os.Exit(m.Run())
}

// hold makes a workspace with a read-only folder and keeps it until killed.
func hold(folder string) {
	w, err := newWorkspace(folder)
	if err != nil {
		panic(err)
	}
	if err := os.MkdirAll(filepath.Join(w.path, "copy", "a"), 0o755); err != nil {
		panic(err)
	}
	if err := os.Chmod(filepath.Join(w.path, "copy"), 0o555); err != nil {
		panic(err)
	}
	os.Stdout.WriteString("ready\n")
	time.Sleep(time.Hour)
}

// TestKilled: what a killed process left is removed by the next, but not
// before the process is dead.
func TestKilled(t *testing.T) {
	folder := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdVariable+"="+folder)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	_, err = bufio.NewReader(out).ReadString('\n')
	must(t, err)

	other := make1(t, folder)
	if n := count(t, folder); n != 2 {
		t.Errorf("%d workspaces while both processes live", n)
	}
	must(t, cmd.Process.Kill())
	cmd.Wait()
	third := make1(t, folder)
	if n := count(t, folder); n != 2 {
		t.Errorf("%d workspaces after one process was killed, want those of the others", n)
	}
	must(t, other.remove())
	must(t, third.remove())
	if n := count(t, folder); n != 0 {
		t.Errorf("%d workspaces are left", n)
	}
}

func make1(t *testing.T, folder string) *workspace {
	t.Helper()
	w, err := newWorkspace(folder)
	must(t, err)
	return w
}

func count(t *testing.T, folder string) int {
	t.Helper()
	entries, err := os.ReadDir(folder)
	must(t, err)
	return len(entries)
}

// TestSweep leaves alone what is no workspace, and one that is being made.
func TestSweep(t *testing.T) {
	folder := t.TempDir()
	made := func(name string, age time.Duration) {
		path := filepath.Join(folder, name)
		must(t, os.Mkdir(path, 0o700))
		then := time.Now().Add(-age)
		must(t, os.Chtimes(path, then, then))
	}
	made("other", 2*unfinished)
	made(workspacePrefix+"old", 2*unfinished)
	made(workspacePrefix+"new", 0)
	must(t, os.WriteFile(filepath.Join(folder, workspacePrefix+"file"), nil, 0o600))
	must(t, os.Symlink("other", filepath.Join(folder, workspacePrefix+"link")))
	must(t, make1(t, folder).remove())
	for name, want := range map[string]bool{
		"other": true, workspacePrefix + "old": false, workspacePrefix + "new": true,
		workspacePrefix + "file": true, workspacePrefix + "link": true,
	} {
		if _, err := os.Lstat(filepath.Join(folder, name)); (err == nil) != want {
			t.Errorf("%s: %v, want it to be there: %v", name, err, want)
		}
	}
}

// TestSwept: a workspace whose folder is removed before it is locked is noticed.
func TestSwept(t *testing.T) {
	w := &workspace{path: filepath.Join(t.TempDir(), "gone")}
	if locked, err := w.open(); locked || err != nil {
		t.Errorf("locked: %v, error %v", locked, err)
	}
}

func TestNoTempDir(t *testing.T) {
	if _, err := newWorkspace(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a workspace in a folder that is not there")
	}
}
