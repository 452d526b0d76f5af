package workspace

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
	w, err := New(folder, Rebuild)
	if err != nil {
		panic(err)
	}
	if err := os.MkdirAll(filepath.Join(w.Path, "copy", "a"), 0o755); err != nil {
		panic(err)
	}
	if err := os.Chmod(filepath.Join(w.Path, "copy"), 0o555); err != nil {
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
	must(t, other.Remove())
	must(t, third.Remove())
	if n := count(t, folder); n != 0 {
		t.Errorf("%d workspaces are left", n)
	}
}

func make1(t *testing.T, folder string) *Folder {
	t.Helper()
	w, err := New(folder, Rebuild)
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
	made(string(Rebuild)+"old", 2*unfinished)
	made(string(Since)+"old", 2*unfinished)
	made(string(Rebuild)+"new", 0)
	must(t, os.WriteFile(filepath.Join(folder, string(Rebuild)+"file"), nil, 0o600))
	must(t, os.Symlink("other", filepath.Join(folder, string(Rebuild)+"link")))
	must(t, make1(t, folder).Remove())
	for name, want := range map[string]bool{
		"other": true, string(Rebuild) + "old": false, string(Since) + "old": false, string(Rebuild) + "new": true,
		string(Rebuild) + "file": true, string(Rebuild) + "link": true,
	} {
		if _, err := os.Lstat(filepath.Join(folder, name)); (err == nil) != want {
			t.Errorf("%s: %v, want it to be there: %v", name, err, want)
		}
	}
}

// TestSwept: a workspace whose folder is removed before it is locked is noticed.
func TestSwept(t *testing.T) {
	w := &Folder{Path: filepath.Join(t.TempDir(), "gone")}
	if locked, err := w.open(); locked || err != nil {
		t.Errorf("locked: %v, error %v", locked, err)
	}
}

func TestNoTempDir(t *testing.T) {
	if _, err := New(filepath.Join(t.TempDir(), "none"), Since); err == nil {
		t.Error("a workspace in a folder that is not there")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
