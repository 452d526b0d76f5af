package buildcontext

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestScanSpecialFiles: none of these may be opened for reading, which would
// wait for ever.
func TestScanSpecialFiles(t *testing.T) {
	root := makeTree(t, "pipe |", "sock %", "loop -> loop", "a -> b", "b -> a", "out -> /dev/zero", "d/self -> ../d", "ok = x")
	if os.Geteuid() == 0 { // others may not make devices
		if err := syscall.Mknod(filepath.Join(root, "zero"), syscall.S_IFCHR|0o666, 1<<8|5); err != nil {
			t.Log(err)
		}
	}
	done := make(chan *Tree)
	go func() {
		tree, err := Scan(t.Context(), root, Options{})
		if err != nil {
			t.Error(err)
		}
		done <- tree
	}()
	select {
	case tree := <-done:
		if len(tree.Unstable)+len(tree.Unreadable) > 0 {
			t.Errorf("unstable: %q, unreadable: %q", tree.Unstable, tree.Unreadable)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the scan hangs")
	}
}

// TestScanRace scans a folder in which another goroutine keeps replacing
// files by others and by pipes, links and folders, and removing them.
func TestScanRace(t *testing.T) {
	root := makeTree(t, "steady = x", "d/steady = x")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ctx.Err() == nil; i++ {
			name := fmt.Sprintf("d/f%d", i%20)
			os.RemoveAll(filepath.Join(root, name))
			switch i % 6 {
			case 0:
				makeFile(t, root, name+" |")
			case 1:
				makeFile(t, root, name+" -> /dev/zero")
			case 2:
				makeFile(t, root, name+"/")
			case 3:
				makeFile(t, root, name+"/x/y = z")
			default:
				os.WriteFile(filepath.Join(root, name), make([]byte, 100_000), 0o644)
			}
		}
	}()
	for range 100 {
		tree, err := Scan(t.Context(), root, Options{Cache: NewStatCache(filepath.Join(root, "..", "cache"))})
		if err != nil {
			t.Error(err)
			break
		}
		all := paths(tree.Files())
		if !strings.Contains(all, "d/steady") || !strings.HasSuffix(all, "steady") {
			t.Errorf("got %s", all)
		}
		if !slices.IsSorted(tree.Unstable) {
			t.Errorf("not sorted: %q", tree.Unstable)
		}
		if _, err := tree.Checksum(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	stop()
	<-ended
}

// TestScanNoticesChange changes a file while it is read.
func TestScanNoticesChange(t *testing.T) {
	root := makeTree(t, "f = x", "gone = x")
	s := newScan(root, &filter{}, nil)
	s.ctx = t.Context()
	var err error
	if s.opened, err = openRoot(root); err != nil {
		t.Fatal(err)
	}
	defer s.opened.close()
	w := &worker{scan: s, filter: &filter{}, buffer: make([]byte, 1000)}
	handle, list, err := w.list(s.top)
	if err != nil {
		t.Fatal(err)
	}
	defer handle.close()
	if _, err := w.matchFiles(s.top, list); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, "gone")); err != nil {
		t.Fatal(err)
	}
	f := &s.top.files[0]
	if f.id, err = handle.identify("f"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "f"), []byte("longer"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.readContent(handle, f, discard{}); err != nil {
		t.Fatal(err)
	}
	if err := w.readFile(&s.top.files[1], handle, &knownFolder{}); err != nil || !s.top.files[1].gone {
		t.Errorf("gone: %v, %v", s.top.files[1].gone, err)
	}
	if got := strings.Join(s.unstable, " "); got != "f gone" {
		t.Errorf("unstable: %s", got)
	}
	if f.cacheable(time.Now().Add(time.Hour).UnixNano()) {
		t.Error("a file that changed would be cached")
	}
}

// discard is a hash that takes anything.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Sum([]byte) []byte           { return nil }
func (discard) Reset()                      {}
func (discard) Size() int                   { return 0 }
func (discard) BlockSize() int              { return 1 }

// asUser names the folder that this process shall scan as an ordinary user.
const asUser = "LAYERWISE_TEST_SCAN"

// TestScanUnreadable runs itself as a user who may not read everything.
func TestScanUnreadable(t *testing.T) {
	if root := os.Getenv(asUser); root != "" {
		printScan(root)
		return
	}
	scanAs := func(root string) string {
		// The process may run from a folder that an ordinary user cannot enter.
		cmd := exec.Command("/proc/self/exe", "-test.run", "^TestScanUnreadable$")
		cmd.Env, cmd.Dir = append(os.Environ(), asUser+"="+root), "/"
		if os.Geteuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	enter := func(root string) string {
		for _, folder := range []string{root, filepath.Dir(root)} {
			if err := os.Chmod(folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return root
	}

	files := enter(makeTree(t, "secret = x", "secret : 0", "open = x"))
	if out := scanAs(files); !strings.Contains(out, "read: open secret, unreadable: secret\n") {
		t.Errorf("a file: %s", out)
	}
	folder := enter(makeTree(t, "locked/f = x", "locked : 0", "open = x"))
	out := scanAs(folder)
	if !strings.Contains(out, filepath.Join(folder, "locked")+": permission denied") {
		t.Errorf("a folder: %s", out)
	}
	if err := os.Chmod(filepath.Join(folder, "locked"), 0o755); err != nil { // so that it can be removed
		t.Fatal(err)
	}
}

func printScan(root string) {
	tree, err := Scan(context.Background(), root, Options{})
	var denied *fs.PathError
	switch {
	case errors.As(err, &denied):
		fmt.Println("denied:", err)
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Printf("read: %s, unreadable: %s\n", paths(tree.Files()), strings.Join(tree.Unreadable, " "))
	}
}
