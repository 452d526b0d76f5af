package embedded_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// sharedFolder is like t.TempDir, but others can look into it.
func sharedFolder(t *testing.T, owner int) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "embedded")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, owner, owner); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ownProgram copies this program to where any user can run it.
func ownProgram(t *testing.T, dir string) string {
	t.Helper()
	in, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(dir, "program"), os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Name()
}

// As an ordinary user, the engine is in a user namespace.
func TestOrdinaryUser(t *testing.T) {
	owner := os.Geteuid()
	if owner == 0 {
		owner = 65534
	}
	home := sharedFolder(t, owner)
	cmd := helperCommand(t, job{
		Root: filepath.Join(home, "engine"),
		Args: []string{"write", "/x", "x"},
	})
	cmd.Path = ownProgram(t, sharedFolder(t, os.Geteuid()))
	cmd.Dir = "/"
	// An empty PATH hides the helpers that would map more than one id.
	cmd.Env = []string{"HOME=" + home, "PATH="}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(owner), Gid: uint32(owner)}}
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, out, 1)[0]
	if got.Error != "" {
		t.Fatal(got.Error)
	}
	if !got.Info.Rootless {
		t.Errorf("engine of an ordinary user: %+v", got.Info)
	}
	if ran := strings.Join(got.Executed, " "); ran != "rootfs step write" {
		t.Errorf("executed %q", ran)
	}
}

// tmpfsNamespaces let a helper mount a tmpfs that nobody else sees.
func tmpfsNamespaces() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		attr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
		}
	}
	return attr
}

// A disk that is full, at any point of the first start or of a step, is named as
// the reason, and does no harm once there is room.
func TestFullDisk(t *testing.T) {
	const page, enough = 4 << 10, 200 << 20
	sizes := []int64{2 * page, 4 * page, 8 * page, 12 * page, 16 * page, 24 * page, 50 * page, 8 << 20}
	if testing.Short() {
		sizes = []int64{8 * page, 8 << 20}
	}
	for _, size := range sizes {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			cmd := helperCommand(t, job{
				Root:  filepath.Join(t.TempDir(), "engine"),
				Args:  []string{"fill", "/big", "20000000"},
				Tmpfs: size,
				Again: enough,
			})
			cmd.SysProcAttr = tmpfsNamespaces()
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			got := decode(t, out, 2)
			// The last size is enough for everything but what the step itself
			// writes, which has only a status to show for it.
			if !strings.Contains(got[0].Error, "no space left on device") && !strings.Contains(got[0].Error, "exit code: 1") {
				t.Errorf("error on a full disk: %s", got[0].Error)
			}
			if got[1].Error != "" || got[1].Info.CacheID == "" {
				t.Errorf("with room again: %+v", got[1])
			}
		})
	}
}

// A step that fills the disk does not keep it: its room is free once the engine
// is closed.
func TestStepFillsDisk(t *testing.T) {
	const size = 32 << 20
	cmd := helperCommand(t, job{
		Root:  filepath.Join(t.TempDir(), "engine"),
		Args:  []string{"fill", "/big", fmt.Sprint(2 * size)},
		Tmpfs: size,
		Again: size,
	})
	cmd.SysProcAttr = tmpfsNamespaces()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range decode(t, out, 2) {
		if !strings.Contains(o.Error, "exit code: 1") {
			t.Errorf("build %d: %s", i, o.Error)
		}
		if o.Used > size/2 {
			t.Errorf("after build %d, %d of %d bytes are in use", i, o.Used, size)
		}
	}
}

// stateFiles returns the files of a state that match a pattern, wherever below the
// state folder the engine of this machine keeps it.
func stateFiles(t *testing.T, root, pattern string) []string {
	t.Helper()
	var found []string
	for _, folder := range []string{"", "apart"} {
		files, err := filepath.Glob(filepath.Join(root, folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, files...)
	}
	return found
}

// The state folder's databases, each overwritten with something else.
func TestDamagedState(t *testing.T) {
	tests := []struct {
		file   string // pattern below the state folder
		notice bool   // set aside; otherwise the start fails
	}{
		{"cache.db", true},
		{"history.db", true},
		{"runc-*/metadata_v2.db", false},
		{"runc-*/containerdmeta.db", false},
		{"runc-*/snapshots/metadata.db", false},
		{"runc-*/workerid", false},
		{"layerwise-engine.json", false},
	}
	for _, tt := range tests {
		for damage, text := range map[string]string{"garbage": strings.Repeat("damaged ", 8192), "zeros": strings.Repeat("\x00", 32768), "cut": "cut"} {
			if testing.Short() && damage != "garbage" {
				continue
			}
			t.Run(tt.file+" "+damage, func(t *testing.T) {
				root := stateFolder(t)
				e := start(t, embedded.Options{Root: root})
				solve(t, e, step(rootfs(), "write", "/x", "x"), nil)
				if err := e.Close(); err != nil {
					t.Fatal(err)
				}
				files := stateFiles(t, root, tt.file)
				if len(files) != 1 {
					t.Fatalf("find %s: %v", tt.file, files)
				}
				if err := os.Chmod(files[0], 0o600); err != nil { // BuildKit writes some of them once
					t.Fatal(err)
				}
				if err := os.WriteFile(files[0], []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				var notices []string
				e, err := embedded.Start(t.Context(), embedded.Options{Root: root, OnWait: func(m string) { notices = append(notices, m) }})
				if err == nil {
					t.Cleanup(func() { e.Close() })
				}
				var damaged *embedded.DamagedError
				switch {
				case tt.notice && err != nil:
					t.Fatal(err)
				case tt.notice:
					if len(notices) != 1 || !strings.Contains(notices[0], tt.file) {
						t.Errorf("notices: %q", notices)
					}
					solve(t, e, step(rootfs(), "write", "/x", "x"), nil)
					if err := e.Close(); err != nil {
						t.Error(err)
					}
				case !errors.As(err, &damaged):
					t.Errorf("start: %v", err)
				default:
					t.Log(err)
				}
			})
		}
	}
}
