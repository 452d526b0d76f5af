package main_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// smallDisk mounts a disk of so many megabytes over a folder of the world.
func (w *world) smallDisk(name string, megabytes int) (path string) {
	w.Helper()
	path = w.mkdir(name)
	w.must(syscall.Mount("tmpfs", path, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)))
	w.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) })
	return path
}

// resize gives a disk another size.
func (w *world) resize(path string, megabytes int) {
	w.Helper()
	w.must(syscall.Mount("tmpfs", path, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%dm", megabytes)))
}

// fill takes all room but so many bytes.
func (w *world) fill(path string, leave int64) {
	w.Helper()
	var st syscall.Statfs_t
	w.must(syscall.Statfs(path, &st))
	f, err := os.Create(path + "/filler")
	w.must(err)
	defer f.Close()
	w.must(syscall.Fallocate(int(f.Fd()), 0, 0, int64(st.Bavail)*st.Bsize-leave))
}

func (w *world) needsRoot() {
	w.Helper()
	if os.Getuid() != 0 {
		w.Skip("only root can mount a small disk")
	}
}

// A disk without room is named in a clear error, and once there is room the
// same folder works.
func TestFaultFullDisk(t *testing.T) {
	t.Run("state folder", func(t *testing.T) {
		w := newWorld(t, 0)
		w.needsRoot()
		disk := w.smallDisk("full", 64)
		w.env["XDG_DATA_HOME"] = disk
		w.dockerfile("RUN head -c 100000000 /dev/urandom > /big", "RUN true")
		room := []string{"no space left on device", "hint: make room on the disk of the engine's state in " + disk, "free on its disk"}
		w.refused(room, "build", "--offline", "context")
		w.refused(room, "build", "--offline", "context")
		w.resize(disk, 1000)
		w.ok("build", "--offline", "context")
	})
	t.Run("state folder, no room at all", func(t *testing.T) {
		w := newWorld(t, 0)
		w.needsRoot()
		disk := w.smallDisk("full", 64)
		w.env["XDG_DATA_HOME"] = disk
		w.dockerfile("RUN true")
		w.fill(disk, 0)
		w.refused([]string{"no space left on device"}, "build", "--offline", "context")
		w.must(os.Remove(disk + "/filler"))
		w.resize(disk, 1000)
		w.ok("build", "--offline", "context")
		w.fill(disk, 0) // a state folder that was in use
		if o := w.run("build", "--offline", "--no-cache", "context"); o.code != 0 {
			o.wants(t, 1, "no space left on device")
		}
		w.must(os.Remove(disk + "/filler"))
		w.ok("build", "--offline", "context")
	})
	t.Run("room runs out in a step", func(t *testing.T) {
		w := newWorld(t, 0)
		w.needsRoot()
		disk := w.smallDisk("full", 400)
		w.env["XDG_DATA_HOME"] = disk
		w.dockerfile("RUN true", "RUN head -c 600000000 /dev/zero > /big")
		o := w.refused([]string{"No space left on device"}, "build", "--offline", "context")
		if row := line(o.stdout, "RUN head"); !strings.Contains(row, "FAILED") {
			t.Errorf("the step that failed: %q\n%s", row, o.stdout)
		}
		w.dockerfile("RUN true")
		w.ok("build", "--offline", "context")
	})
	t.Run("records", func(t *testing.T) {
		w := newWorld(t, 0)
		w.needsRoot()
		disk := w.smallDisk("full", 1)
		w.env["XDG_STATE_HOME"] = disk
		w.dockerfile("RUN true")
		w.fill(disk, 0)
		o := w.ok("build", "--offline", "context")
		o.wants(t, 0, "warning: this build is not recorded", "o space left on device")
		w.must(os.Remove(disk + "/filler"))
		w.ok("build", "--offline", "context")
		if w.records() != 1 {
			t.Errorf("%d records, want one", w.records())
		}
	})
	t.Run("temporary folder", func(t *testing.T) {
		w := newWorld(t, 0)
		w.needsRoot()
		disk := w.smallDisk("full", 1)
		w.env["TMPDIR"] = disk
		w.dockerfile("COPY big /")
		w.write("context/big", strings.Repeat("x", 3<<20))
		w.refused([]string{"no space left on device"}, "rebuild", "--offline", "context")
		if left, _ := os.ReadDir(disk); len(left) > 0 {
			t.Errorf("left in the temporary folder: %v", left)
		}
		w.fill(disk, 0)
		w.ok("build", "--offline", "context")
	})
	t.Run("cache folder", func(t *testing.T) {
		w := newWorld(t, 0)
		w.needsRoot()
		disk := w.smallDisk("full", 16)
		w.env["XDG_CACHE_HOME"] = disk
		w.dockerfile("COPY Dockerfile /")
		w.refused([]string{"no space left on device"}, "build", "--offline", "context")
		w.resize(disk, 200)
		w.ok("build", "--offline", "context")
		w.fill(disk, 0) // checksums of the context cannot be kept: no reason to fail
		w.ok("build", "--offline", "context")
	})
	t.Run("output", func(t *testing.T) {
		w := newWorld(t, 0)
		w.needsRoot()
		disk := w.smallDisk("full", 8)
		w.dockerfile("RUN true")
		for _, kind := range []string{"oci", "tar", "local"} {
			o := w.refused(nil, "build", "--offline", "-o", "type="+kind+",dest="+disk+"/out", "context")
			// BuildKit loses the reason now and then, when it writes a folder.
			if !strings.Contains(o.stderr, "no space left on device") && !strings.Contains(o.stderr, "could not be written to "+disk+"/out; is there room") {
				t.Errorf("output %s: no word on the room\n%s", kind, o.stderr)
			}
			if left, _ := os.ReadDir(disk); len(left) > 0 && kind != "local" {
				t.Errorf("left of the output %s: %v", kind, left)
			}
		}
		w.must(os.RemoveAll(disk + "/out"))
		w.fill(disk, 0)
		w.refused([]string{"no space left on device"}, "build", "--offline", "--report", "json="+disk+"/r.json", "context")
	})
}
