package scenario

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// copyFIFO makes a named pipe like another one.
func copyFIFO(to *os.Root, name string, info fs.FileInfo) error {
	dir, err := to.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := unix.Mkfifoat(int(dir.Fd()), name, 0o600); err != nil {
		return err
	}
	return finish(to, name, info)
}

// nextData returns the next stretch of a file that is no hole, from start to
// end; both are the file's size when nothing but a hole is left.
func nextData(file *os.File, at int64, info fs.FileInfo) (start, end int64, err error) {
	size := info.Size()
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || stat.Blocks*512 >= size {
		return at, size, nil // no holes
	}
	start, err = unix.Seek(int(file.Fd()), at, unix.SEEK_DATA)
	switch {
	case errors.Is(err, unix.ENXIO):
		return size, size, nil
	case err != nil:
		return at, size, nil // a file system that does not tell
	}
	end, err = unix.Seek(int(file.Fd()), start, unix.SEEK_HOLE)
	if err != nil {
		return start, size, nil
	}
	return min(start, size), min(end, size), nil
}
