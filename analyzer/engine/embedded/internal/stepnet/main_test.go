//go:build linux

package stepnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The tests run in a network of their own, in which they are the machine: with
// addresses beyond the loopback, a second address on it, and the right to listen
// on port 53. An ordinary user has that in a user namespace.
const (
	insideVariable = "STEPNET_TEST_INSIDE"
	probeVariable  = "STEPNET_TEST_PROBE"

	machine4    = "203.0.113.1"
	machine6    = "fd99::1"
	onLoopback4 = "10.98.7.6"   // of lo
	silent4     = "203.0.113.9" // takes packets and never answers
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(probeVariable) != "":
		os.Exit(probe(strings.Fields(os.Getenv(probeVariable))))
	case os.Getenv(insideVariable) == "":
		os.Exit(inside())
	}
	if err := setUpMachine(); err != nil {
		fmt.Fprintln(os.Stderr, "set up the tests' network:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// inside runs the tests again in the network, and returns their status.
func inside() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return exit.ExitCode()
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func setUpMachine() error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = "machine"
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attributes, PeerName: "cable"}); err != nil {
		return err
	}
	for _, name := range []string{"lo", "machine", "cable"} {
		l, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if err := netlink.LinkSetUp(l); err != nil {
			return err
		}
	}
	for _, a := range []struct{ link, address string }{
		{"machine", machine4 + "/24"}, {"machine", machine6 + "/64"}, {"lo", onLoopback4 + "/32"},
	} {
		l, err := netlink.LinkByName(a.link)
		if err != nil {
			return err
		}
		address, err := netlink.ParseAddr(a.address)
		if err != nil {
			return err
		}
		address.Flags = unix.IFA_F_NODAD
		if err := netlink.AddrAdd(l, address); err != nil {
			return err
		}
	}
	machine, err := netlink.LinkByName("machine")
	if err != nil {
		return err
	}
	return netlink.NeighAdd(&netlink.Neigh{
		LinkIndex: machine.Attrs().Index, State: netlink.NUD_PERMANENT,
		IP: net.ParseIP(silent4), HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 9},
	})
}

// probe is a program of a step. It prints what it got, and on a second line the
// error.
func probe(args []string) int {
	said, err := runProbe(args)
	fmt.Println(said)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

const probeTimeout = 20 * time.Second

func runProbe(args []string) (string, error) {
	switch args[0] {
	case "tcp", "unix", "udp", "udp4", "udp6": // NETWORK ADDRESS TEXT [TIMEOUT]: an exchange
		timeout := probeTimeout
		if len(args) > 3 {
			var err error
			if timeout, err = time.ParseDuration(args[3]); err != nil {
				return "", err
			}
		}
		conn, err := net.DialTimeout(args[0], args[1], timeout)
		if err != nil {
			return "", err
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(timeout))
		if _, err := io.WriteString(conn, args[2]); err != nil {
			return "", err
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			if err := tcp.CloseWrite(); err != nil {
				return "", err
			}
			text, err := io.ReadAll(conn)
			return string(text), err
		}
		text := make([]byte, 1<<16)
		n, err := conn.Read(text)
		return string(text[:n]), err
	case "again": // ADDRESS COUNT: connections from one port, each ended by the server
		count, err := strconv.Atoi(args[2])
		from := &net.TCPAddr{Port: 34567}
		for i := 0; i < count && err == nil; i++ {
			var conn net.Conn
			d := net.Dialer{LocalAddr: from, Timeout: probeTimeout}
			conn, err = d.Dial("tcp", args[1])
			for wait := 0; errors.Is(err, unix.EADDRINUSE) && wait < 2000; wait++ { // the last word is on its way
				time.Sleep(time.Millisecond)
				conn, err = d.Dial("tcp", args[1])
			}
			if err == nil {
				_, err = io.ReadAll(conn)
				conn.Close()
			}
		}
		return "", err
	case "many": // ADDRESS COUNT: short connections; the longest one's time
		count, err := strconv.Atoi(args[2])
		var longest time.Duration
		for i := 0; i < count && err == nil; i++ {
			start := time.Now()
			_, err = runProbe([]string{"tcp", args[1], "x"})
			longest = max(longest, time.Since(start))
		}
		return longest.String(), err
	case "serve": // ADDRESS TIME
		while, err := time.ParseDuration(args[2])
		if err != nil {
			return "", err
		}
		return "", serve(args[1], while)
	case "files": // FILE…: what is in them
		var texts []string
		for _, name := range args[1:] {
			text, err := os.ReadFile(name)
			if err != nil {
				return "", err
			}
			texts = append(texts, strings.Join(strings.Fields(string(text)), " "))
		}
		return strings.Join(texts, ", "), nil
	case "download": // ADDRESS: bytes, and how many are wrong
		conn, err := net.DialTimeout("tcp", args[1], probeTimeout)
		if err != nil {
			return "", err
		}
		defer conn.Close()
		return receive(conn)
	case "name": // NETWORK NAME
		ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
		defer cancel()
		resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			if args[1] == "tcp" {
				network = "tcp"
			}
			return (&net.Dialer{}).DialContext(ctx, network, nameService.String())
		}}
		found, err := resolver.LookupNetIP(ctx, "ip4", args[2])
		return fmt.Sprint(found), err
	case "interfaces":
		interfaces, err := net.Interfaces()
		var names []string
		for _, i := range interfaces {
			names = append(names, i.Name)
		}
		return strings.Join(names, " "), err
	}
	return "", fmt.Errorf("unknown probe %q", args)
}

// run runs a probe in a step's network.
func run(t *testing.T, ns *namespace, args ...string) (string, error) {
	t.Helper()
	return runIn(t, ns.link.netns.Fd(), args...)
}

// runIn is run for a step that may be closed meanwhile, by the descriptor of its
// namespace.
func runIn(t *testing.T, netns uintptr, args ...string) (string, error) {
	t.Helper()
	var out []byte
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // the thread ends with the goroutine
		if err = unix.Setns(int(netns), unix.CLONE_NEWNET); err != nil {
			return
		}
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), probeVariable+"="+strings.Join(args, " "))
		out, err = cmd.Output()
	}()
	<-done
	said, message, _ := strings.Cut(string(out), "\n")
	if err != nil && message != "" {
		err = errors.New(strings.TrimSpace(message))
	}
	return said, err
}

// newStep makes the network of a step, by the first device that works.
func newStep(t *testing.T, kinds ...func(*os.File) (device, error)) *namespace {
	t.Helper()
	return newStepWithin(t, newLimits(), kinds...)
}

func newStepWithin(t *testing.T, most limits, kinds ...func(*os.File) (device, error)) *namespace {
	t.Helper()
	if kinds == nil {
		kinds = deviceKinds
	}
	l, err := newLink(kinds...)
	if err != nil {
		t.Fatal(err)
	}
	var ending sync.WaitGroup
	ns, err := newNamespace(l, most, &ending)
	if err != nil {
		l.close()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ns.Close(); err != nil {
			t.Error(err)
		}
		ending.Wait()
	})
	return ns
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("it did not come to pass that %s", what)
}

// listen serves TCP at an address of the machine, and returns it with its port.
func listen(t *testing.T, network, address string, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// answer says back what it was told, once the other side has said all.
func answer(conn net.Conn) {
	text, _ := io.ReadAll(conn)
	_, _ = conn.Write(text)
}

// configureMachine gives the machine a resolv.conf, and returns its path.
func configureMachine(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	old := machineConfig
	machineConfig = path
	t.Cleanup(func() { machineConfig = old })
	return path
}
