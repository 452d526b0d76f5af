//go:build unix

package inputfile

import "golang.org/x/sys/unix"

// NoWait is a flag for opening that keeps the open of what has become a named pipe from
// waiting.
const NoWait = unix.O_NONBLOCK
