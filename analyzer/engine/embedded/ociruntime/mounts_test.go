//go:build linux

package ociruntime

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestMountOptions(t *testing.T) {
	for _, test := range []struct {
		kind    string
		options string
		want    mountOptions
	}{
		{"bind", "rbind,ro,nosuid", mountOptions{bind: true, recursive: true, attr: unix.MountAttr{Attr_set: 3}}},
		{"none", "bind,rw", mountOptions{bind: true, attr: unix.MountAttr{Attr_clr: 1}}},
		{"bind", "ro,rw", mountOptions{bind: true, attr: unix.MountAttr{Attr_clr: 1}}},
		{"bind", "rw,ro", mountOptions{bind: true, attr: unix.MountAttr{Attr_set: 1}}},
		{"bind", "bind,size=3", mountOptions{bind: true}},
		{"bind", "rbind,rro,rprivate", mountOptions{
			bind: true, recursive: true, subtree: unix.MountAttr{Attr_set: 1},
			propagation: []propagation{{unix.MS_PRIVATE, true}},
		}},
		{"tmpfs", "noatime,mode=755,size=1k,tmpcopyup", mountOptions{
			attr: unix.MountAttr{Attr_set: unix.MOUNT_ATTR_NOATIME, Attr_clr: unix.MOUNT_ATTR__ATIME},
			data: []string{"mode=755", "size=1k"}, copyUp: true,
		}},
		{"tmpfs", "noatime,strictatime,defaults", mountOptions{
			attr: unix.MountAttr{Attr_set: unix.MOUNT_ATTR_STRICTATIME, Attr_clr: unix.MOUNT_ATTR__ATIME&^unix.MOUNT_ATTR_STRICTATIME | unix.MOUNT_ATTR__ATIME},
		}},
		{"devpts", "newinstance,gid=5", mountOptions{data: []string{"newinstance", "gid=5"}}},
		{"overlay", "lowerdir=/a:/b", mountOptions{data: []string{"lowerdir=/a:/b"}}},
	} {
		got, err := parseMountOptions(specs.Mount{Type: test.kind, Options: strings.Split(test.options, ",")})
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(mountOptions{}, propagation{})); diff != "" || err != nil {
			t.Errorf("%s %s: error %v, -want +got\n%s", test.kind, test.options, err, diff)
		}
	}
	for _, m := range []specs.Mount{
		{Type: "proc", Options: []string{"tmpcopyup"}}, {Type: "bind", Options: []string{"remount"}}, {Type: "bind", Options: []string{"idmap"}},
	} {
		if _, err := parseMountOptions(m); err == nil {
			t.Errorf("%+v is accepted", m)
		}
	}
}

func TestMountFlags(t *testing.T) {
	attr := uint64(unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOEXEC | unix.MOUNT_ATTR_NOATIME | unix.MOUNT_ATTR_NOSYMFOLLOW)
	if got, want := mountFlags(attr), uintptr(unix.MS_RDONLY|unix.MS_NOEXEC|unix.MS_NOATIME|unix.MS_NOSYMFOLLOW); got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
}

func TestDefaultFiles(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "stat:/dev/null", "stat:/dev/tty", "write:/dev/full", "readlink:/dev/fd", "readlink:/dev/ptmx",
			"stat:/dev/pts/ptmx", "write:/dev/shm/x", "ls:/dev/*", "cat:/proc/keys", "cat:/proc/timer_list", "write:/proc/sys/kernel/domainname", "ls:/proc/[0-9]*")
		got := b.lines(t)
		null := "20666 0:0 1/3"
		tty := "20666 0:0 5/0"
		if w.owner != 0 { // the host's, whose owner is not in the namespace
			null, tty = "20666 65534:65534 1/3", "20666 65534:65534 5/0"
		}
		expect(t, got, null, tty, "error: no space left on device", "/proc/self/fd", "pts/ptmx", "20666 0:0 5/2", "written",
			"/dev/fd /dev/full /dev/mqueue /dev/null /dev/ptmx /dev/pts /dev/random /dev/shm /dev/stderr /dev/stdin /dev/stdout /dev/tty /dev/urandom /dev/zero",
			"", "", "error: read-only file system", "/proc/1")
	})
}

func TestHostIsHidden(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "cat:/proc/self/mountinfo", "ls:/*", "ls:/bin/../../*")
		lines := b.lines(t)
		for _, line := range lines {
			if strings.Contains(line, "ext4") && !strings.Contains(line, "/rootfs / ") {
				t.Errorf("a mount of the host is visible: %s", line)
			}
		}
		want := "/bin /dev /etc /proc /sys /tmp /work"
		if w.owner != 0 {
			want = "/bin /dev /etc /proc /tmp /work"
		}
		expect(t, lines[len(lines)-2:], want, want)
	})
}

func TestReadonlyRoot(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "write:/etc/x", "write:/dev/shm/x", "write:/data/x")
		b.mkdir(t, "data")
		b.spec.Root.Readonly = true
		b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Destination: "/data", Type: "bind", Source: b.hostDir(t, "data"), Options: []string{"rbind"}})
		expect(t, b.lines(t), "error: read-only file system", "written", "written")
	})
}

// hostDir makes a folder outside the root folder.
func (b *bundle) hostDir(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(b.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestBindMounts(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "cat:/new/deep/file", "write:/new/deep/file", "write:/rw/x", "write:/ro/x", "cat:/ro/inner", "cat:/relative",
			"stat:/new", "stat:/new/deep/file", "stat:/rw")
		dir := b.hostDir(t, "dir")
		if err := os.WriteFile(filepath.Join(dir, "inner"), []byte("inside"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(b.dir, "c1", "beside"), []byte("beside"), 0o644); err != nil {
			t.Fatal(err)
		}
		bind := func(from, to string, options ...string) {
			b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Type: "bind", Source: from, Destination: to, Options: options})
		}
		bind(filepath.Join(dir, "inner"), "/new/deep/file", "rbind", "ro", "nosuid", "noexec", "nodev")
		bind(dir, "/rw", "rbind", "rw", "rprivate")
		bind(dir, "/ro", "bind", "ro")
		bind("beside", "relative")
		expect(t, b.lines(t), "inside", "error: read-only file system", "written", "error: read-only file system", "inside", "beside",
			"40755 0:0 0/0", "100644 0:0 0/0", "40755 0:0 0/0")
		if st, err := os.Stat(filepath.Join(b.root, "new/deep/file")); err != nil || st.Mode().Perm() != 0o755 || st.Size() != 0 {
			t.Errorf("mount point: %v %v", st, err)
		}
	})
}

// What the source's mount forbids stays forbidden, though the options do not say so.
func TestBindKeepsFlags(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make the mount that is the source")
	}
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "cat:/proc/self/mountinfo")
		if err := unix.Mount("tmpfs", b.hostDir(t, "locked"), "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Unmount(filepath.Join(b.dir, "locked"), unix.MNT_DETACH) })
		b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Type: "bind", Source: filepath.Join(b.dir, "locked"), Destination: "/locked", Options: []string{"rbind", "ro"}})
		for _, line := range b.lines(t) {
			if strings.Contains(line, " /locked ") {
				if !strings.Contains(line, "ro,nosuid,nodev,noexec") {
					t.Errorf("flags are lost: %s", line)
				}
				return
			}
		}
		t.Error("not mounted")
	})
}

func TestTmpfs(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "ls:/plain/*", "stat:/plain", "ls:/up/*", "cat:/up/dir/file", "readlink:/up/link", "stat:/up/dir", "write:/up/x",
			"stat:/sized", "write:/ro/x", "cat:/ro/file")
		for _, dir := range []string{"plain", "up", "ro"} {
			b.write(t, dir+"/file", "content")
			b.write(t, dir+"/dir/file", "deep")
		}
		os.Chmod(filepath.Join(b.root, "plain"), 0o777|os.ModeSticky)
		os.Chmod(filepath.Join(b.root, "up/dir"), 0o750)
		os.Symlink("/etc/shadow", filepath.Join(b.root, "up/link"))
		tmpfs := func(to string, options ...string) {
			b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: to, Options: options})
		}
		tmpfs("/plain", "nosuid")
		tmpfs("/up", "tmpcopyup")
		tmpfs("/sized", "size=4096", "mode=700")
		tmpfs("/ro", "tmpcopyup", "ro")
		expect(t, b.lines(t), "", "41777 0:0 0/0", "/up/dir /up/file /up/link", "deep", "/etc/shadow", "40750 0:0 0/0", "written",
			"40700 0:0 0/0", "error: read-only file system", "content")
		if _, err := os.Stat(filepath.Join(b.root, "up/x")); err == nil {
			t.Error("the write went to the image")
		}
	})
}

// An overlay of many layers has options longer than fsconfig takes.
func TestLongOverlay(t *testing.T) {
	for _, w := range allWays {
		t.Run(w.name, func(t *testing.T) {
			b := newBundle(t, w, "cat:/merged/file0", "cat:/merged/file9", "write:/merged/x")
			var lower []string
			for i := range 10 {
				dir := b.hostDir(t, fmt.Sprintf("%s%d", strings.Repeat("layer", 8), i))
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprint("file", i)), fmt.Append(nil, i), 0o644); err != nil {
					t.Fatal(err)
				}
				lower = append(lower, dir)
			}
			b.spec.Mounts = append(b.spec.Mounts, specs.Mount{
				Type: "overlay", Source: "overlay", Destination: "/merged", Options: []string{"ro", "lowerdir=" + strings.Join(lower, ":")},
			})
			expect(t, b.lines(t), "0", "9", "error: read-only file system")
		})
	}
}

// Symlinks of the image lead to places in the image, wherever they point.
func TestHostileSymlinks(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "cat:/etc/resolv.conf", "stat:/outside", "ls:/escape/*")
		outside := b.hostDir(t, "outside")
		source := filepath.Join(b.hostDir(t, "source"), "resolv.conf")
		if err := os.WriteFile(source, []byte("nameserver"), 0o644); err != nil {
			t.Fatal(err)
		}
		os.Symlink(outside, filepath.Join(b.root, "up"))
		os.Symlink("../../../../../../.."+outside+"/made", filepath.Join(b.root, "etc/resolv.conf"))
		os.Symlink("/proc/self/root/../../"+outside, filepath.Join(b.root, "magic"))
		bind := func(to string) {
			b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Type: "bind", Source: source, Destination: to, Options: []string{"rbind", "ro"}})
		}
		bind("/etc/resolv.conf")
		bind("/up/../file")
		bind("/../../up/other")
		b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: "/up/tmpfs"})
		if got := b.lines(t); got[0] != "nameserver" {
			t.Errorf("got %q", got)
		}
		if files, _ := filepath.Glob(outside + "/*"); len(files) > 0 {
			t.Errorf("made outside the root: %q", files)
		}
	})
}

func TestHostileProc(t *testing.T) {
	for name, target := range map[string]string{"in the image": "../../tmp", "outside": "../../../../../../../../tmp", "loop": "proc"} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, w way) {
				b := newBundle(t, w, "echo:ran")
				os.Symlink(target, filepath.Join(b.root, "proc"))
				r := b.run(t)
				if r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "symlink") {
					t.Errorf("got %+v", r)
				}
			})
		})
	}
}

// A working folder must not lead out through an open file of the runtime.
func TestHostileFolder(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		for fd := range 20 {
			b := newBundle(t, w, "cwd")
			b.spec.Process.Cwd = fmt.Sprintf("/proc/self/fd/%d", fd)
			if r := b.run(t); r.code == 0 && !strings.HasPrefix(r.stdout, "/") || strings.Contains(r.stdout, b.dir) {
				t.Errorf("%s: %+v", b.spec.Process.Cwd, r)
			}
		}
	})
}

// The program of the runtime cannot be opened for writing by a container.
func TestProgramIsProtected(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w)
		// Executed in a container, the runtime's program fails, as there is no link. In
		// these tests it is this test program, which then is the engine: it runs the
		// probe on itself.
		b.spec.Process.Args = []string{engineName, "/bin/probe", "overwrite:1"}
		os.Symlink("/proc/self/exe", filepath.Join(b.root, "bin", engineName))
		for _, dir := range []string{"/lib", "/lib64", "/usr/lib"} { // for a test program that is not static
			if _, err := os.Stat(dir); err == nil {
				b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Type: "bind", Source: dir, Destination: dir, Options: []string{"rbind", "ro"}})
			}
		}
		b.spec.Linux.Seccomp = nil // the engine mounts
		all := append([]string{"CAP_SYS_ADMIN", "CAP_SYS_PTRACE"}, defaultCaps...)
		b.spec.Process.Capabilities = &specs.LinuxCapabilities{Bounding: all, Permitted: all, Effective: all}
		if got := b.run(t); got.stdout != "error: read-only file system\n" {
			t.Errorf("got %+v", got)
		}
	})
}

func TestDevices(t *testing.T) {
	b := newBundle(t, asRoot, "stat:/dev/net/thing", "stat:/dev/null")
	mode, id := os.FileMode(0o640), uint32(7)
	b.spec.Linux.Devices = []specs.LinuxDevice{
		{Path: "/dev/net/thing", Type: "c", Major: 10, Minor: 200, FileMode: &mode, UID: &id, GID: &id},
		{Path: "/dev/null", Type: "c", Major: 1, Minor: 3, FileMode: &mode},
	}
	expect(t, b.lines(t), "20640 7:7 10/200", "20640 0:0 1/3")
}

// A device node that is in the image, or in a folder that is mounted, stays shut,
// and nothing is mounted where one could be opened.
func TestNoForeignDevices(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "open:/node", "open:/mounted/node", "open:/mounted/below/node", "open:/tmpfs", "open:/dev/null", "cat:/proc/self/mountinfo")
		dir := b.hostDir(t, "mounted")
		b.spec.Mounts = append(b.spec.Mounts,
			specs.Mount{Type: "bind", Source: dir, Destination: "/mounted", Options: []string{"rbind", "dev"}},
			specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: "/tmpfs", Options: []string{"dev"}})
		shut := "error: permission denied"
		if os.Getuid() != 0 {
			shut = "error: no such file or directory" // none to be had
		} else {
			below := b.hostDir(t, "mounted/below")
			if err := unix.Mount("tmpfs", below, "tmpfs", 0, ""); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { unix.Unmount(below, unix.MNT_DETACH) })
			for _, folder := range []string{b.root, dir, below} {
				node := filepath.Join(folder, "node")
				if err := unix.Mknod(node, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(node, 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		lines := b.lines(t)
		expect(t, lines[:5], shut, shut, shut, "error: is a directory", "opened")
		for _, line := range lines[5:] {
			fields := strings.Fields(line)
			if len(fields) < 6 || strings.Contains(fields[5], "nodev") {
				continue
			}
			switch point := fields[4]; {
			case point == "/dev/pts", point == "/dev":
			case w.owner != 0 && strings.HasPrefix(point, "/dev/") && strings.HasPrefix(fields[5], "ro,"): // one device
			default:
				t.Errorf("devices can be opened in a mount: %s", line)
			}
		}
	})
}

// What covers a hidden file, and what stands in /dev, is not the host's to change.
func TestCoversAreOwn(t *testing.T) {
	before, err := os.Stat("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range allWays {
		t.Run(w.name, func(t *testing.T) {
			b := newBundle(t, w, "cat:/proc/keys", "chmod:/proc/keys", "stat:/proc/keys", "write:/proc/timer_list", "cat:/proc/timer_list", "chmod:/dev/null", "chmod:/sys/firmware")
			null := "changed"
			if w.owner != 0 {
				null = "error: read-only file system"
			}
			firmware := "error: read-only file system"
			if w.owner != 0 {
				firmware = "error: no such file or directory"
			}
			expect(t, b.lines(t), "", "changed", "100600 0:0 0/0", "written", "x", null, firmware)
		})
	}
	after, err := os.Stat("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	if before.Mode() != after.Mode() || before.Sys().(*syscall.Stat_t).Ctim != after.Sys().(*syscall.Stat_t).Ctim {
		t.Error("the host's /dev/null was changed")
	}
}

func TestSysctl(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "cat:/proc/sys/net/ipv4/ping_group_range", "cat:/proc/sys/kernel/msgmax")
		b.spec.Linux.Sysctl = map[string]string{"net.ipv4.ping_group_range": "0 0", "kernel/msgmax": "4242"}
		expect(t, b.lines(t), "0\t0", "", "4242", "")
		b.spec.Linux.Sysctl = map[string]string{"../../etc/x": "1"}
		if r := b.run(t); r.code != 1 {
			t.Errorf("got %+v", r)
		}
	})
}

func TestSysfs(t *testing.T) {
	t.Run("own network", func(t *testing.T) {
		expect(t, newBundle(t, asRoot, "ls:/sys/class/net/*", "write:/sys/x").lines(t), "/sys/class/net/lo", "error: read-only file system")
	})
	t.Run("host network", func(t *testing.T) { // refused, so a view of the host's
		b := newBundle(t, singleID, "stat:/sys/kernel", "write:/sys/x")
		b.spec.Linux.Namespaces = without(b.spec.Linux.Namespaces, specs.NetworkNamespace)
		b.spec.Linux.MaskedPaths = nil
		b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"ro", "nosuid"}})
		got := b.lines(t)
		if !strings.HasPrefix(got[0], "40755") || got[1] != "error: read-only file system" {
			t.Errorf("got %q", got)
		}
	})
}
