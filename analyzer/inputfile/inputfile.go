// Package inputfile opens the files that the program reads.
//
// Many of them lie where others put them, in a repository that was cloned, say. A
// pipe there would be waited for until somebody writes to it, and a device may
// have no end; so only regular files are read, at most a given size of each.
package inputfile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// NotRegularError is a name of something that is no file with content.
type NotRegularError struct {
	Path string
	Kind string // "a pipe", "a folder", …
}

func (e *NotRegularError) Error() string {
	return fmt.Sprintf("%s is not a regular file: it is %s", e.Path, e.Kind)
}

// TooLargeError is a file that has more than is read of one.
type TooLargeError struct {
	Path  string
	Limit int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s is larger than %d bytes", e.Path, e.Limit)
}

// Open opens a regular file, and never waits. Links are followed. Errors are a
// *NotRegularError, or the system's with the path in them.
func Open(path string) (*os.File, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if err := check(path, info); err != nil { // opening a device may do something
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|NoWait, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = check(path, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Read reads a regular file of at most limit bytes.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, &TooLargeError{path, limit}
	}
	return data, err
}

func check(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return NotRegular(path, info.Mode())
}

// NotRegular is the error for something of this mode.
func NotRegular(path string, mode fs.FileMode) error { return &NotRegularError{path, kind(mode)} }

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a special file"
}
