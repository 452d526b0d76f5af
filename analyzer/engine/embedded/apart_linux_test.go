package embedded_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// needRoot skips what only the machine's root meets. The tests run as root and
// as an ordinary user.
func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root has ids to keep steps apart from itself: run the tests as root too")
	}
}

// As root, the built-in runtime runs steps with other ids, on a state of its own
// beside the one that runc's engine has.
func TestBuiltinIsApart(t *testing.T) {
	needRoot(t)
	root := stateFolder(t)
	var other *embedded.Beside
	remove := false
	once := func(o embedded.Options, state, want string) {
		t.Helper()
		o.Root = root
		e, err := embedded.Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if apart := o.Runtime == embedded.RuntimeBuiltin && !o.Insecure; e.Info().Rootless != apart {
			t.Errorf("%+v: engine is %+v", o, e.Info())
		}
		b := solve(t, e, step(rootfs(), state), nil)
		if ran := strings.Join(b.executed(), ", "); ran != want {
			t.Errorf("%+v: ran %q, want %q", o, ran, want)
		}
		other = e.Beside()
		if remove && other == nil {
			t.Error("nothing beside")
		} else if remove {
			if size, err := other.Size(); err != nil || size < 1<<20 {
				t.Errorf("%d bytes beside, %v", size, err)
			}
			if err := other.Remove(); err != nil {
				t.Error(err)
			}
			if e.Beside() != nil {
				t.Error("something is left beside")
			}
		}
	}
	apart := embedded.Options{Runtime: embedded.RuntimeBuiltin}
	insists := embedded.Options{Runtime: embedded.RuntimeBuiltin, Insecure: true}
	once(apart, "apart", "rootfs, step apart")
	if other != nil {
		t.Errorf("beside the first: %+v", other)
	}
	once(insists, "modes", "rootfs, step modes")
	if other == nil || other.Runtime != embedded.RuntimeBuiltin {
		t.Errorf("beside root's own: %+v", other)
	}
	once(apart, "apart", "")
	once(insists, "modes", "")
	checkOwners(t, root)
	if _, err := exec.LookPath("runc"); err == nil { // which shares what root's ids made
		once(embedded.Options{}, "modes", "")
	}
	remove = true
	once(apart, "apart", "")
	once(insists, "modes", "rootfs, step modes")
}

func checkOwners(t *testing.T, root string) {
	t.Helper()
	var marker struct{ Apart struct{ UID, Size int } }
	text, err := os.ReadFile(filepath.Join(root, "layerwise-engine.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &marker); err != nil || marker.Apart.UID == 0 {
		t.Fatalf("marker is %s (%v)", text, err)
	}
	err = filepath.WalkDir(filepath.Join(root, "apart"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if uid := int(info.Sys().(*syscall.Stat_t).Uid); uid < marker.Apart.UID || uid >= marker.Apart.UID+marker.Apart.Size {
			t.Errorf("%s belongs to %d", path, uid)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// helperRuns runs a job as a helper and returns its outcome.
func helperRuns(t *testing.T, j job, env ...string) outcome {
	t.Helper()
	cmd := helperCommand(t, j)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, out, 1)[0]
}

// Without a runc that works, root's steps are apart, too.
func TestWithoutRuncIsApart(t *testing.T) {
	needRoot(t)
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "runc"), []byte("#!/bin/sh\necho broken >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"missing": t.TempDir(), "broken": broken} {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "engine")
			got := helperRuns(t, job{Root: root, Args: []string{"apart"}}, "PATH="+path)
			if got.Error != "" || !got.Info.Rootless || got.Info.Isolation != embedded.RuntimeBuiltin {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// Where the kernel makes no user namespaces, only runc runs root's steps, unless
// the caller insists.
func TestNoUserNamespaces(t *testing.T) {
	needRoot(t)
	run := func(path string, o embedded.Options) outcome {
		root := filepath.Join(t.TempDir(), "engine")
		return helperRuns(t, job{Root: root, Args: []string{"modes"}, NoUserNamespaces: true, Runtime: o.Runtime, Insecure: o.Insecure}, path)
	}
	const none = "PATH="
	for _, o := range []embedded.Options{{}, {Runtime: embedded.RuntimeBuiltin}} {
		if got := run(none, o); !strings.Contains(got.Error, "does not run steps as the machine's root, and cannot run them apart from it: cannot make the engine's own namespaces") {
			t.Errorf("%+v: %+v", o, got)
		}
	}
	insists := embedded.Options{Runtime: embedded.RuntimeBuiltin, Insecure: true}
	if got := run(none, insists); got.Error != "" || !strings.HasPrefix(got.Info.Isolation, "builtin, insecure") {
		t.Errorf("%+v: %+v", insists, got)
	}
	if _, err := exec.LookPath("runc"); err == nil {
		if got := run("PATH="+os.Getenv("PATH"), embedded.Options{}); got.Error != "" || got.Info.Isolation != embedded.RuntimeRunc {
			t.Errorf("runc: %+v", got)
		}
	}
}

// refuseUserNamespaces puts a filter on this process, as a container has it. What
// is no system call of this machine's own kind passes.
func refuseUserNamespaces() error {
	runtime.LockOSThread()
	const number, flags = 0, 16 // offsets in struct seccomp_data
	refuse := bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)}
	program, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: number, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_CLONE3, SkipFalse: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_CLONE, SkipTrue: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SYS_UNSHARE, SkipTrue: 3},
		bpf.LoadAbsolute{Off: flags, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: unix.CLONE_NEWUSER, SkipFalse: 1},
		refuse,
		bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW},
	})
	if err != nil {
		return err
	}
	code := make([]unix.SockFilter, len(program))
	for i, p := range program {
		code[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	filter := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	_, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&filter)))
	runtime.KeepAlive(code)
	if errno != 0 {
		return fmt.Errorf("load filter: %w", errno)
	}
	return nil
}

// A range that was given to somebody else is not used anymore, and nor are the
// files that belong to it.
func TestRangeIsTaken(t *testing.T) {
	needRoot(t)
	root := stateFolder(t)
	builtin := func(want string) (notices []string) {
		t.Helper()
		e, err := embedded.Start(t.Context(), embedded.Options{
			Root: root, Runtime: embedded.RuntimeBuiltin,
			OnWait: func(message string) { notices = append(notices, message) },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if ran := strings.Join(solve(t, e, step(rootfs(), "apart"), nil).executed(), ", "); ran != want {
			t.Errorf("ran %q, want %q", ran, want)
		}
		return notices
	}
	if got := builtin("rootfs, step apart"); len(got) != 0 {
		t.Errorf("notices: %q", got)
	}
	checkOwners(t, root)
	if got := builtin(""); len(got) != 0 {
		t.Errorf("notices: %q", got)
	}
	// Those of all the machine's users.
	marker := filepath.Join(root, "layerwise-engine.json")
	if err := os.WriteFile(marker, []byte(`{"format":1,"apart":{"uid":1,"gid":1,"size":65536}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(root, "apart"), 1, 1); err != nil {
		t.Fatal(err)
	}
	if got := builtin("rootfs, step apart"); len(got) != 1 || !strings.Contains(got[0], "belong to user 1") {
		t.Errorf("notices: %q", got)
	}
	checkOwners(t, root)
	if err := embedded.Remove(context.Background(), root); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(root); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left: %v", err)
	}
}

// The modes of what an engine makes are the same under any umask of the caller.
func TestUmask(t *testing.T) {
	for _, name := range []string{embedded.Auto, embedded.RuntimeBuiltin} {
		got := helperRuns(t, job{
			Root:    filepath.Join(t.TempDir(), "engine"),
			Args:    []string{"modes", "/=drwxr-xr-x", "/step=-rwxr-xr-x"},
			Umask:   0o077,
			Runtime: name,
		})
		if got.Error != "" {
			t.Errorf("%s: %s", name, got.Error)
		}
	}
}
