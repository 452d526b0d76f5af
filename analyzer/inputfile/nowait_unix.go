//go:build unix

package inputfile

import "golang.org/x/sys/unix"

const noWait = unix.O_NONBLOCK
