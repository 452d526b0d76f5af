//go:build linux

package ociruntime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// linkFD is the init stage's end of the socket to the monitor.
//
// The monitor sends one order and closes its sending side. The init stage
// answers with messages, one JSON value a line: with a console, if one was made;
// ready, when nothing but the exec is left; and an error, if it failed. The
// socket closes on exec, so its end after ready means that the program runs.
const linkFD = 3

// order is what the init stage is to do.
type order struct {
	Spec         *specs.Spec
	ID           string
	NoNewKeyring bool
}

// message is one answer of the init stage.
type message struct {
	Console bool        `json:",omitempty"` // the terminal's master comes along
	Ready   bool        `json:",omitempty"`
	Error   *startError `json:",omitempty"`
}

// startError is why a container did not start. Code is the exit code that tells
// it, as a shell would: 127 for a program that was not found, 126 for one that
// cannot be executed, 0 for everything else.
type startError struct {
	Message string
	Code    int
}

func (e *startError) Error() string { return e.Message }

// newLink makes the socket pair. Both ends close on exec.
func newLink() (monitor, init *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socket to the init stage: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "monitor"), os.NewFile(uintptr(fds[1]), "init"), nil
}

// sendOrder sends the one order.
func sendOrder(link *os.File, o order) error {
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if _, err := link.Write(data); err != nil {
		return err
	}
	return unix.Shutdown(int(link.Fd()), unix.SHUT_WR)
}

// receiveOrder waits for the order.
func receiveOrder(link *os.File) (order, error) {
	var o order
	data, err := io.ReadAll(link)
	if err == nil {
		err = json.Unmarshal(data, &o)
	}
	if err != nil {
		return o, fmt.Errorf("receive the container's configuration: %w", err)
	}
	return o, nil
}

// answer sends a message, and a file descriptor with it when files has one.
func answer(link int, m message, files ...int) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	var rights []byte
	if len(files) > 0 {
		rights = unix.UnixRights(files...)
	}
	return unix.Sendmsg(link, append(data, '\n'), rights, nil, unix.MSG_NOSIGNAL)
}

// awaitStart follows the answers until the socket ends. It returns ready when the
// container's program runs (or ran), an error when the init stage sent one, and
// neither when the init stage ended without a word. console is called with the
// terminal's master as soon as it comes.
func awaitStart(link *os.File, console func(*os.File) error) (ready bool, err error) {
	var pending []byte
	for {
		data, file, err := receive(int(link.Fd()))
		if err != nil {
			return ready, fmt.Errorf("talk to the init stage: %w", err)
		}
		if file != nil {
			if err := console(file); err != nil {
				return ready, err
			}
		}
		if len(data) == 0 {
			return ready, nil
		}
		pending = append(pending, data...)
		for {
			line, rest, found := bytes.Cut(pending, []byte("\n"))
			if !found {
				break
			}
			pending = rest
			var m message
			if err := json.Unmarshal(line, &m); err != nil {
				return ready, fmt.Errorf("talk to the init stage: %w", err)
			}
			if m.Error != nil {
				return false, m.Error
			}
			ready = ready || m.Ready
		}
	}
}

// receive reads some bytes, none at the end, and the file that came with them.
func receive(fd int) (data []byte, file *os.File, err error) {
	buf, oob := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	for {
		n, oobn, _, _, err := unix.Recvmsg(fd, buf, oob, unix.MSG_CMSG_CLOEXEC)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if errors.Is(err, unix.ECONNRESET) { // ended with the order unread
			return nil, nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if oobn > 0 {
			file = receivedFile(oob[:oobn])
		}
		return buf[:n], file, nil
	}
}

func receivedFile(oob []byte) *os.File {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(messages) == 0 {
		return nil
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) == 0 {
		return nil
	}
	return os.NewFile(uintptr(fds[0]), "console")
}
