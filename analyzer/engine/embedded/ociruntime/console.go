//go:build linux

package ociruntime

import (
	"fmt"
	"io"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// newTerminal makes a terminal in the container's devpts, shows it as
// /dev/console, makes it standard input, output and error and the controlling
// terminal, and sends its master over the link. The process leads its session.
func newTerminal(r rootDir, p *specs.Process, link int) error {
	master, err := r.openFlags("/dev/pts/ptmx", unix.O_RDWR|unix.O_NOCTTY, unix.RESOLVE_NO_SYMLINKS)
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	defer master.Close()
	var fsInfo unix.Statfs_t
	if err := unix.Fstatfs(int(master.Fd()), &fsInfo); err != nil || fsInfo.Type != unix.DEVPTS_SUPER_MAGIC {
		return fmt.Errorf("terminal: /dev/pts of the container is not devpts")
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		return fmt.Errorf("unlock the terminal: %w", err)
	}
	// The kernel opens the other side itself: no path can be swapped.
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, master.Fd(), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		return fmt.Errorf("open the terminal: %w", errno)
	}
	slave := os.NewFile(fd, "terminal")
	defer slave.Close()
	if size := p.ConsoleSize; size != nil {
		// A size that cannot be set is no reason not to run.
		unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(size.Height), Col: uint16(size.Width)})
	}
	if err := r.mountConsole(slave); err != nil {
		return fmt.Errorf("/dev/console: %w", err)
	}
	if err := answer(link, message{Console: true}, int(master.Fd())); err != nil {
		return fmt.Errorf("hand over the terminal: %w", err)
	}
	for std := range 3 {
		if err := unix.Dup3(int(fd), std, 0); err != nil {
			return fmt.Errorf("terminal: %w", err)
		}
	}
	if err := unix.IoctlSetInt(0, unix.TIOCSCTTY, 0); err != nil {
		return fmt.Errorf("controlling terminal: %w", err)
	}
	return nil
}

func (r rootDir) mountConsole(slave *os.File) error {
	tree, err := cloneTree(int(slave.Fd()), "", false)
	if err != nil {
		return err
	}
	defer tree.Close()
	target, err := r.ensure("/dev/console", false)
	if err != nil {
		return err
	}
	defer target.Close()
	return attach(tree, target)
}

// sizeTerminal has the container's terminal start with the size of ours: the
// program runs, and may ask for it, before this process has the terminal's other
// side. Behind a console socket the size is for who listens there to set.
func (c *container) sizeTerminal() {
	p := c.spec.Process
	if !p.Terminal || p.ConsoleSize != nil || c.opt.consoleSocket != "" {
		return
	}
	if size, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ); err == nil {
		p.ConsoleSize = &specs.Box{Height: uint(size.Row), Width: uint(size.Col)}
	}
}

// console copies between a container's terminal and our standard streams.
type console struct {
	master  *os.File
	restore *unix.Termios // of our standard input; nil when it is no terminal
	copied  chan struct{} // closed when all output is written
}

// attachConsole takes the terminal's master: to the console socket when there is
// one, which is all there is to do then, else to our standard streams.
func (c *container) attachConsole(master *os.File) error {
	if c.opt.consoleSocket != "" {
		defer master.Close()
		return sendConsole(c.opt.consoleSocket, master)
	}
	// Non-blocking, so that Go's poller reads it and close interrupts.
	if err := unix.SetNonblock(int(master.Fd()), true); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	master.Close()
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	terminal := &console{master: os.NewFile(uintptr(fd), "terminal"), copied: make(chan struct{})}
	terminal.makeRaw()
	terminal.resize()
	c.console.Store(terminal)
	go io.Copy(terminal.master, os.Stdin) // ends with the process at the latest
	go func() {
		io.Copy(os.Stdout, terminal.master) // its end is an error: EIO
		close(terminal.copied)
	}()
	return nil
}

// makeRaw leaves echo and line editing to the container's terminal, when our
// standard input is one too.
func (c *console) makeRaw() {
	old, err := unix.IoctlGetTermios(0, unix.TCGETS)
	if err != nil {
		return
	}
	raw := *old
	raw.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	raw.Oflag &^= unix.OPOST
	raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	raw.Cflag = raw.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	if unix.IoctlSetTermios(0, unix.TCSETS, &raw) == nil {
		c.restore = old
	}
}

// resize gives the container's terminal the size of ours, if we have one.
func (c *console) resize() {
	size, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
	if err != nil || size.Row == 0 && size.Col == 0 {
		return
	}
	if raw, err := c.master.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size) })
	}
}

// close waits for the last output and gives our terminal its settings back. Every
// process that could write has ended.
func (c *console) close() {
	<-c.copied
	c.master.Close()
	if c.restore != nil {
		unix.IoctlSetTermios(0, unix.TCSETS, c.restore)
	}
}

// sendConsole sends the terminal's master to a listening unix socket.
func sendConsole(path string, master *os.File) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("console socket: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		return fmt.Errorf("console socket %s: %w", path, err)
	}
	// The name is what runc sends with it.
	if err := unix.Sendmsg(fd, []byte("/dev/ptmx"), unix.UnixRights(int(master.Fd())), nil, unix.MSG_NOSIGNAL); err != nil {
		return fmt.Errorf("console socket %s: %w", path, err)
	}
	return nil
}
