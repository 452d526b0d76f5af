package scenario

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/workspace"
	"golang.org/x/sys/unix"
)

// copyOf copies a folder and returns where the copy is.
func copyOf(t *testing.T, ctx context.Context, from string) (string, error) {
	t.Helper()
	to := t.TempDir()
	src, err := os.OpenRoot(from)
	must(t, err)
	defer src.Close()
	dst, err := os.OpenRoot(to)
	must(t, err)
	defer dst.Close()
	c := copier{ctx: ctx}
	return to, c.copyAll(src, dst, ".")
}

func TestCopy(t *testing.T) {
	from := t.TempDir()
	path := func(name string) string { return filepath.Join(from, name) }
	must(t, os.MkdirAll(path("deep/er"), 0o755))
	must(t, os.MkdirAll(path("empty"), 0o1777))
	must(t, os.Mkdir(path(".git"), 0o700))
	must(t, os.WriteFile(path(".git/HEAD"), []byte("ref\n"), 0o400))
	must(t, os.WriteFile(path("deep/er/odd\nname\x1b[31m"), []byte("x"), 0o640))
	must(t, os.WriteFile(path("tool"), []byte("x"), 0o755))
	must(t, os.Chmod(path("tool"), 0o755|os.ModeSetuid))
	must(t, os.Chmod(path("empty"), 0o777|os.ModeSticky))
	must(t, os.Link(path("tool"), path("hard")))
	for link, target := range map[string]string{"abs": "/etc/passwd", "loop": "loop", "up": "../..", "dangling": "no\nwhere", "in": "tool"} {
		must(t, os.Symlink(target, path(link)))
	}
	must(t, unix.Mkfifo(path("pipe"), 0o620))
	socket(t, path("socket"))
	then := time.Date(2001, 2, 3, 4, 5, 6, 7000, time.UTC)
	for _, name := range []string{"tool", "pipe", "deep/er", "deep"} {
		must(t, os.Chtimes(path(name), then, then))
	}
	must(t, os.Chmod(path("deep"), 0o555))
	t.Cleanup(func() { os.Chmod(path("deep"), 0o755) })

	to, err := copyOf(t, t.Context(), from)
	t.Cleanup(func() { os.Chmod(filepath.Join(to, "deep"), 0o755) })
	must(t, err)
	want := slices.DeleteFunc(snapshot(t, from), func(line string) bool { return strings.Contains(line, " socket ") })
	if diff := cmp.Diff(want, snapshot(t, to)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, name := range []string{"tool", "pipe", "deep/er", "deep", "hard"} {
		if info, err := os.Lstat(filepath.Join(to, name)); err != nil || !info.ModTime().Equal(then) {
			t.Errorf("%s has the time %v (%v), want %v", name, info.ModTime(), err, then)
		}
	}
}

// socket makes a Unix socket; the name is too long for net.Listen in a deep
// folder, hence mknod.
func socket(t *testing.T, path string) {
	t.Helper()
	must(t, unix.Mknod(path, unix.S_IFSOCK|0o600, 0))
}

// TestCopyDeep: a path longer than the system takes in one piece.
func TestCopyDeep(t *testing.T) {
	from := t.TempDir()
	root, err := os.OpenRoot(from)
	must(t, err)
	name := strings.Repeat("n", 200)
	for range 30 {
		must(t, root.Mkdir(name, 0o755))
		below, err := root.OpenRoot(name)
		must(t, err)
		root.Close()
		root = below
	}
	must(t, root.WriteFile("end", []byte("here"), 0o644))
	root.Close()
	to, err := copyOf(t, t.Context(), from)
	must(t, err)
	root, err = os.OpenRoot(to)
	must(t, err)
	defer root.Close()
	content, err := root.ReadFile(strings.Repeat(name+"/", 30) + "end")
	if string(content) != "here" {
		t.Errorf("the file at the end has %q (%v)", content, err)
	}
}

// TestCopySparse: holes take no room in the copy either.
func TestCopySparse(t *testing.T) {
	from := t.TempDir()
	file, err := os.Create(filepath.Join(from, "sparse"))
	must(t, err)
	_, err = file.WriteAt([]byte("start"), 0)
	must(t, err)
	_, err = file.WriteAt([]byte("middle"), 1<<30)
	must(t, err)
	must(t, file.Truncate(1<<40))
	must(t, file.Close())
	to, err := copyOf(t, t.Context(), from)
	must(t, err)
	info, err := os.Stat(filepath.Join(to, "sparse"))
	must(t, err)
	if blocks := info.Sys().(*syscall.Stat_t).Blocks; info.Size() != 1<<40 || blocks > 1<<12 {
		t.Errorf("size %d with %d blocks", info.Size(), blocks)
	}
	copied, err := os.Open(filepath.Join(to, "sparse"))
	must(t, err)
	defer copied.Close()
	middle := make([]byte, 6)
	if _, err := copied.ReadAt(middle, 1<<30); string(middle) != "middle" {
		t.Errorf("in the middle is %q (%v)", middle, err)
	}
}

func TestCopyCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	from := t.TempDir()
	must(t, os.WriteFile(filepath.Join(from, "a"), nil, 0o644))
	if _, err := copyOf(t, ctx, from); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestCopyIntoItself: the folder for temporary files may lie in the context.
func TestCopyIntoItself(t *testing.T) {
	o, b := options(t, Default())
	o.TempDir = filepath.Join(o.Context, "src")
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for _, line := range b.snapshots[0] {
		if strings.Contains(line, string(workspace.Rebuild)) {
			t.Errorf("copied: %s", line)
		}
	}
}

// TestOrdinaryUser runs the tests once more without root's rights, where files
// can be read-only, and unreadable.
func TestOrdinaryUser(t *testing.T) {
	const nobody = 65534
	if os.Geteuid() != 0 {
		asOrdinaryUser(t)
		return
	}
	folder := t.TempDir()
	must(t, os.Chmod(folder, 0o777|os.ModeSticky))
	for above := filepath.Dir(folder); above != os.TempDir() && above != "/"; above = filepath.Dir(above) {
		must(t, os.Chmod(above, 0o755))
	}
	program, err := os.ReadFile(os.Args[0])
	must(t, err)
	must(t, os.WriteFile(filepath.Join(folder, "scenario.test"), program, 0o755))
	cmd := exec.Command(filepath.Join(folder, "scenario.test"), "-test.short")
	cmd.Dir = folder
	cmd.Env = []string{"TMPDIR=" + folder, "HOME=" + folder}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// asOrdinaryUser: what cannot be read is in the copy, and cannot be read there.
func asOrdinaryUser(t *testing.T) {
	from := t.TempDir()
	must(t, os.WriteFile(filepath.Join(from, "secret"), []byte("x"), 0o200))
	must(t, os.Mkdir(filepath.Join(from, "closed"), 0o300))
	must(t, os.Mkdir(filepath.Join(from, "unsearchable"), 0o600))
	must(t, os.WriteFile(filepath.Join(from, "a"), []byte("x"), 0o644))
	t.Cleanup(func() {
		os.Chmod(filepath.Join(from, "closed"), 0o700)
		os.Chmod(filepath.Join(from, "unsearchable"), 0o700)
	})
	to, err := copyOf(t, t.Context(), from)
	must(t, err)
	got := map[string]os.FileMode{}
	for _, name := range []string{"secret", "closed", "unsearchable", "a"} {
		info, err := os.Lstat(filepath.Join(to, name))
		must(t, err)
		got[name] = info.Mode()
	}
	want := map[string]os.FileMode{"secret": 0o200, "closed": os.ModeDir | 0o200, "unsearchable": os.ModeDir | 0o200, "a": 0o644}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"closed", "unsearchable"} {
		os.Chmod(filepath.Join(to, name), 0o700)
	}
}
