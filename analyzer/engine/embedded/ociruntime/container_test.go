//go:build linux

package ociruntime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// engineName is argv[0] of the process that stands in for the engine in tests: it
// starts the runtime in mount and PID namespaces of its own.
const engineName = "ociruntime-test-engine"

func TestMain(m *testing.M) {
	Main()
	if filepath.Base(os.Args[0]) == engineName {
		os.Exit(engineMain())
	}
	code := m.Run()
	os.RemoveAll(sharedDir)
	os.Exit(code)
}

// engineMain mounts its own /proc and runs the command that its arguments name.
func engineMain() int {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SLAVE, ""); err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		return 99
	}
	if err := syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""); err != nil {
		fmt.Fprintln(os.Stderr, "engine: proc:", err)
		return 99
	}
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		return 99
	}
	return cmd.ProcessState.ExitCode()
}

// A way is how the runtime is called: as whom, in which namespaces.
type way struct {
	name  string
	owner int // of the files; the id outside that is 0 inside
	attr  func() *syscall.SysProcAttr
}

var (
	asRoot = way{"root", 0, func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID}
	}}
	// As an ordinary user without /etc/subuid: one id, no groups.
	singleID = way{"single-id", ordinaryUser(), func() *syscall.SysProcAttr { return userNamespace(ordinaryUser(), 1, false) }}
	// As an ordinary user with /etc/subuid.
	manyIDs = way{"many-ids", 200000, func() *syscall.SysProcAttr { return userNamespace(200000, 65536, true) }}
	allWays = []way{asRoot, singleID, manyIDs}
)

// ordinaryUser is us, or when we are root somebody else.
func ordinaryUser() int {
	if uid := os.Getuid(); uid != 0 {
		return uid
	}
	return 12345
}

func userNamespace(first, count int, groups bool) *syscall.SysProcAttr {
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: first, Size: count}}
	return &syscall.SysProcAttr{
		Cloneflags:                 syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		UidMappings:                ids,
		GidMappings:                ids,
		GidMappingsEnableSetgroups: groups,
		Credential:                 &syscall.Credential{Uid: 0, Gid: 0, NoSetGroups: !groups},
	}
}

// bundle is a container to be: a root folder with the probe, and its specification.
type bundle struct {
	way  way
	dir  string // holds rootfs and config.json
	root string
	spec *specs.Spec
}

// newBundle makes a bundle as BuildKit does, with the default capabilities, mounts,
// namespaces and system call filter, that runs the probe with the given actions.
func newBundle(t *testing.T, w way, actions ...string) *bundle {
	t.Helper()
	if os.Getuid() != 0 && w.name != singleID.name {
		t.Skip("only root can start the engine as root, or map many ids: run the tests as root too")
	}
	b := &bundle{way: w, dir: t.TempDir()}
	for dir := b.dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		os.Chmod(dir, 0o755) // for the user that the runtime runs as
	}
	b.root = filepath.Join(b.dir, "c1", "rootfs")
	for _, dir := range []string{"bin", "etc", "tmp", "work"} {
		b.mkdir(t, dir)
	}
	os.Chmod(filepath.Join(b.root, "tmp"), 0o777|os.ModeSticky)
	if err := os.Link(shared(t).probe, filepath.Join(b.root, "bin/probe")); err != nil {
		t.Fatal(err)
	}
	b.spec = defaultSpec(append([]string{"probe"}, actions...))
	if w.owner != 0 {
		b.withoutSys()
	}
	var err error
	if b.spec.Linux.Seccomp, err = seccomp.GetDefaultProfile(b.spec); err != nil {
		t.Fatal(err)
	}
	return b
}

// withoutSys drops /sys, as BuildKit does when it is not root.
func (b *bundle) withoutSys() {
	var kept []specs.Mount
	for _, m := range b.spec.Mounts {
		if !strings.HasPrefix(m.Destination, "/sys") {
			kept = append(kept, m)
		}
	}
	b.spec.Mounts = kept
}

func (b *bundle) mkdir(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(b.root, name), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) write(t *testing.T, name, content string) {
	t.Helper()
	b.mkdir(t, filepath.Dir(name))
	if err := os.WriteFile(filepath.Join(b.root, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// result is what came of a command.
type result struct {
	code           int
	stdout, stderr string
}

// command returns the runtime's command line for the bundle's container, c1, in
// the form that BuildKit uses.
func (b *bundle) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	config, err := json.Marshal(b.spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "c1", "config.json"), config, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := b.own(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(b.dir, Name)
	if err := os.Symlink(shared(t).program, path); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	global := []string{path, "--log", filepath.Join(b.dir, "log.json"), "--log-format", "json"}
	cmd := exec.Command("/proc/self/exe", append(global, args...)...)
	cmd.Args[0] = engineName
	cmd.SysProcAttr = b.way.attr()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	return cmd
}

// own gives the files to the user that the runtime runs as.
func (b *bundle) own() error {
	return filepath.Walk(b.dir, func(path string, info os.FileInfo, err error) error {
		st, ok := info.Sys().(*syscall.Stat_t)
		if err != nil || !ok || info.Mode().IsRegular() && st.Nlink > 1 || int(st.Uid) != 0 {
			return err
		}
		return os.Lchown(path, b.way.owner, b.way.owner)
	})
}

func (b *bundle) runArgs() []string {
	return []string{"run", "--bundle", filepath.Join(b.dir, "c1"), "c1"}
}

// run runs the container to its end.
func (b *bundle) run(t *testing.T) result {
	t.Helper()
	return finish(t, b.command(t, b.runArgs()...))
}

func finish(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer timer.Stop()
	cmd.Wait()
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// lines runs the container, which must succeed, and returns its output.
func (b *bundle) lines(t *testing.T) []string {
	t.Helper()
	r := b.run(t)
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	return strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
}

// sharedFiles are made once for all tests.
type sharedFiles struct {
	probe   string // runs in the containers
	program string // this program, where other users can reach it
}

var sharedDir string // "" until a test needed them

var makeShared = sync.OnceValues(func() (s sharedFiles, err error) {
	if sharedDir, err = os.MkdirTemp("", "ociruntime"); err != nil {
		return s, err
	}
	s.probe, s.program = filepath.Join(sharedDir, "probe"), filepath.Join(sharedDir, "program")
	cmd := exec.Command("go", "build", "-o", s.probe, "./testdata/probe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return s, fmt.Errorf("%w\n%s", err, out)
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return s, err
	}
	return s, errors.Join(os.WriteFile(s.program, self, 0o755), os.Chmod(sharedDir, 0o755),
		os.Chmod(s.program, 0o777)) // only its mount keeps a container from writing to it
})

func shared(t *testing.T) sharedFiles {
	t.Helper()
	s, err := makeShared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var defaultCaps = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
}

// defaultCapsMask is defaultCaps without CAP_MKNOD.
const defaultCapsMask = "00000000a00405fb"

// defaultSpec is what BuildKit asks for, by way of containerd's defaults.
func defaultSpec(args []string) *specs.Spec {
	secure := []string{"nosuid", "noexec", "nodev"}
	mount := func(kind, to string, options ...string) specs.Mount {
		return specs.Mount{Type: kind, Source: kind, Destination: to, Options: options}
	}
	return &specs.Spec{
		Version: specs.Version,
		Root:    &specs.Root{Path: "rootfs"},
		Process: &specs.Process{
			Args: args, Cwd: "/", Env: []string{"PATH=/bin", "GODEBUG="},
			Capabilities: &specs.LinuxCapabilities{Bounding: defaultCaps, Permitted: defaultCaps, Effective: defaultCaps},
		},
		Hostname: "buildkitsandbox",
		Mounts: []specs.Mount{
			mount("proc", "/proc", secure...),
			mount("tmpfs", "/dev", "nosuid", "strictatime", "mode=755", "size=65536k"),
			mount("devpts", "/dev/pts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
			mount("tmpfs", "/dev/shm", append(secure, "mode=1777", "size=65536k")...),
			mount("mqueue", "/dev/mqueue", secure...),
			mount("sysfs", "/sys", append(secure, "ro")...),
			mount("cgroup", "/sys/fs/cgroup", append(secure, "ro")...),
		},
		Linux: &specs.Linux{
			MaskedPaths:   []string{"/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware", "/proc/scsi"},
			ReadonlyPaths: []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.PIDNamespace}, {Type: specs.IPCNamespace}, {Type: specs.UTSNamespace},
				{Type: specs.MountNamespace}, {Type: specs.NetworkNamespace}, {Type: specs.CgroupNamespace},
			},
		},
	}
}

// build386 puts the probe for 32-bit x86 into the container.
func build386(t *testing.T, b *bundle) string {
	t.Helper()
	cmd := exec.Command("go", "build", "-o", filepath.Join(b.root, "bin/probe386"), "./testdata/probe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH=386")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return "/bin/probe386"
}
