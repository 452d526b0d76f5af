package escape

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// sentinelName is the argument with which this program is the sentinel.
const sentinelName = "sentinel"

// facts are what a step is told of the machine, as it would have to guess.
type facts struct {
	Mark     string
	Content  string
	Secret   string
	PID      int
	Abstract string
	TCP4     string
	TCP6     string
	UDP4     string
	Outside  string
}

// host is what the machine has that steps must not reach.
type host struct {
	facts
	folder   string // with the file of the secret, and a list of users
	before   string // a description of it
	machine  string // a description of files of the machine
	sentinel *exec.Cmd
	reached  atomic.Int64 // connections and datagrams
	outside  atomic.Int64 // connections to the address that steps may reach
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{folder: filepath.Join(t.TempDir(), "machine")}
	h.Mark = "mark-" + rand.Text()
	h.Secret = filepath.Join(h.folder, "secret")
	if err := os.Mkdir(h.folder, 0o777); err != nil {
		t.Fatal(err)
	}
	secret := rand.Text()
	h.Content = fmt.Sprintf("%x", sha256.Sum256([]byte(secret)))
	if err := os.WriteFile(h.Secret, []byte(secret), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.folder, "passwd"), []byte("stranger:x:4242:4242::/:/\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	// In reach of whoever gets there: nothing but the step's confinement is in the
	// way.
	for path := h.Secret; strings.HasPrefix(path, os.TempDir()+"/"); path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	h.before, h.machine = describe(t, h.folder), describeMachine(t)
	t.Setenv("LAYERWISE_ESCAPE_MARK", h.Mark) // which the engine inherits
	h.startSentinel(t)
	h.listen(t)
	return h
}

func (h *host) startSentinel(t *testing.T) {
	h.sentinel = exec.Command("/proc/self/exe", sentinelName)
	h.sentinel.Env = append(os.Environ(), "LAYERWISE_ESCAPE_MARK="+h.Mark)
	input, err := h.sentinel.StdinPipe()
	if err == nil {
		err = h.sentinel.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		_ = h.sentinel.Wait()
	})
	h.PID = h.sentinel.Process.Pid
}

func (h *host) listen(t *testing.T) {
	h.Abstract = "escape-" + rand.Text()
	h.count(t, &h.reached, "unix", "@"+h.Abstract)
	h.TCP4 = h.count(t, &h.reached, "tcp4", "127.0.0.1:0")
	h.TCP6 = h.count(t, &h.reached, "tcp6", "[::1]:0")
	if own := outsideAddress(t); own != "" {
		h.Outside = h.count(t, &h.outside, "tcp", net.JoinHostPort(own, "0"))
	}
	packets, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { packets.Close() })
	h.UDP4 = packets.LocalAddr().String()
	go func() {
		for {
			if _, _, err := packets.ReadFrom(make([]byte, 64)); err != nil {
				return
			}
			h.reached.Add(1)
		}
	}()
}

// count listens and counts who connects.
func (h *host) count(t *testing.T, n *atomic.Int64, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n.Add(1)
			c.Close()
		}
	}()
	return l.Addr().String()
}

// outsideAddress is one of the machine's that is not on its loopback interface.
func outsideAddress(t *testing.T) string {
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		addresses, err := i.Addrs()
		if err != nil || i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
				return n.IP.String()
			}
		}
	}
	return ""
}

// check fails the test where a step reached the machine.
func (h *host) check(t *testing.T) {
	t.Helper()
	if n := h.reached.Load(); n > 0 {
		t.Errorf("steps reached sockets of the machine %d times", n)
	}
	if err := h.sentinel.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the machine's process: %v", err)
	}
	if after := describe(t, h.folder); after != h.before {
		t.Errorf("the machine's files were\n%s\nand are\n%s", h.before, after)
	}
	if after := describeMachine(t); after != h.machine {
		t.Errorf("the machine was\n%s\nand is\n%s", h.machine, after)
	}
}

// describe is a text that any change of a folder or file changes.
func describe(t *testing.T, root string) string {
	t.Helper()
	var text strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		fmt.Fprintf(&text, "%s %o %d:%d %x", path, st.Mode, st.Uid, st.Gid, st.Rdev)
		if d.Type().IsRegular() {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			sum := sha256.New()
			if _, err := io.Copy(sum, f); err != nil {
				return err
			}
			fmt.Fprintf(&text, " %x", sum.Sum(nil))
		}
		text.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// describeMachine is of what steps might get at by way of the runtime: devices,
// the programs that run them, and the machine's name.
func describeMachine(t *testing.T) string {
	t.Helper()
	paths := []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	paths = append(paths, self, probeProgram)
	if runc, err := exec.LookPath("runc"); err == nil {
		paths = append(paths, runc)
	}
	var text strings.Builder
	for _, path := range paths {
		text.WriteString(describe(t, path))
	}
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	return text.String() + name
}

// files are those that every build's context has, but for the probe.
func (h *host) files(t *testing.T) map[string]string {
	t.Helper()
	text, err := json.Marshal(h.facts)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"facts.json": string(text)}
}
