//go:build linux

package ociruntime

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty makes a terminal, as BuildKit does for a step with one.
func pty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, master.Fd(), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		t.Fatal(errno)
	}
	slave = os.NewFile(fd, "slave")
	t.Cleanup(func() { master.Close(); slave.Close() })
	return master, slave
}

// readUntil reads until the text was seen, and returns all that was read.
func readUntil(t *testing.T, f *os.File, text string) string {
	t.Helper()
	timer := time.AfterFunc(30*time.Second, func() { f.Close() })
	defer timer.Stop()
	var seen strings.Builder
	buf := make([]byte, 1024)
	for !strings.Contains(seen.String(), text) {
		n, err := f.Read(buf)
		seen.Write(buf[:n])
		if err != nil {
			t.Fatalf("waiting for %q: %v, got %q", text, err, seen.String())
		}
	}
	return seen.String()
}

func TestTerminal(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "tty", "readlink:/proc/self/fd/0", "stat:/dev/console", "write:/dev/tty", "line", "exit:3")
		b.spec.Process.Terminal = true
		master, slave := pty(t)
		if err := unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 33, Col: 44}); err != nil {
			t.Fatal(err)
		}
		before, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		cmd := b.command(t, b.runArgs()...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		out := readUntil(t, master, "written")
		for _, want := range []string{"tty 33x44\r\n", "/dev/pts/0\r\n", "206"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in %q", want, out)
			}
		}
		if _, err := master.WriteString("typed\n"); err != nil {
			t.Fatal(err)
		}
		readUntil(t, master, "read typed\r\n")
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 3 {
			t.Errorf("exit code %d", code)
		}
		after, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
		if err != nil || *after != *before {
			t.Errorf("the terminal's settings are not restored: %+v, were %+v (%v)", after, before, err)
		}
	})
}

func TestConsoleSocket(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		b := newBundle(t, w, "tty", "line", "exit:3")
		b.spec.Process.Terminal = true
		dir, err := os.MkdirTemp("", "s") // a short path, as sockets need
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		socket := filepath.Join(dir, "s")
		listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket})
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(socket, 0o777)); err != nil {
			t.Fatal(err)
		}
		cmd := b.command(t, "run", "--console-socket", socket, "--bundle", filepath.Join(b.dir, "c1"), "c1")
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		conn, err := listener.AcceptUnix()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		file, err := conn.File()
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := unix.SetNonblock(int(file.Fd()), false); err != nil {
			t.Fatal(err)
		}
		_, master, err := receive(int(file.Fd()))
		if err != nil || master == nil {
			t.Fatalf("no terminal came: %v", err)
		}
		defer master.Close()
		readUntil(t, master, "tty 0x0\r\n")
		if _, err := master.WriteString("typed\n"); err != nil {
			t.Fatal(err)
		}
		readUntil(t, master, "read typed\r\n")
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 3 {
			t.Errorf("exit code %d", code)
		}
	})
}

func TestTerminalNeedsDevpts(t *testing.T) {
	b := newBundle(t, asRoot, "tty")
	b.spec.Process.Terminal = true
	b.spec.Mounts = b.spec.Mounts[:2]
	b.write(t, "dev/pts/ptmx", "")
	if r := b.run(t); r.code != 1 || !strings.Contains(r.stderr, "terminal") {
		t.Errorf("got %+v", r)
	}
}
