//go:build linux

package stepnet

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// tun is a TUN device, which ends with its descriptor.
type tun struct{ *os.File }

// newTun makes one in the calling thread's network namespace.
func newTun(*os.File) (device, error) {
	const path = "/dev/net/tun"
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	request, err := unix.NewIfreq(interfaceName)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("make TUN device: %w", err)
	}
	return tun{os.NewFile(uintptr(fd), path)}, nil
}

func (t tun) write(parts [][]byte) error {
	return writeTo(t.File, func(fd int) error {
		_, err := unix.Writev(fd, parts)
		return err
	})
}

// writeTo calls write again once the file takes more, as long as it says that it
// takes none.
func writeTo(f *os.File, write func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var writeErr error
	err = raw.Write(func(fd uintptr) bool {
		writeErr = write(int(fd))
		return writeErr != unix.EAGAIN
	})
	if err != nil {
		return err
	}
	return writeErr
}
