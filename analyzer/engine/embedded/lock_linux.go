package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const lockPoll = 50 * time.Millisecond

// acquire takes the lock of a state folder: an flock(2), which belongs to the
// open file and so to every process that inherits it. While another process
// holds it, acquire calls onWait once and waits until ctx is done; with a nil
// onWait it returns an *InUseError.
func acquire(ctx context.Context, root string, onWait func(*InUseError)) (*os.File, error) {
	for waiting := false; ; {
		f, err := tryLock(filepath.Join(root, lockName))
		switch {
		case err == nil:
			return f, nil
		case errors.Is(err, fs.ErrNotExist):
			// The folder was removed while we waited for it.
			if err := os.MkdirAll(root, 0o700); err != nil {
				return nil, fmt.Errorf("make the engine's state folder: %w", err)
			}
		case errors.Is(err, errReplaced):
		case errors.Is(err, unix.EWOULDBLOCK):
			inUse := &InUseError{Root: root, PID: holder(root)}
			if onWait == nil {
				return nil, inUse
			}
			if !waiting {
				waiting = true
				onWait(inUse)
			}
		default:
			return nil, fmt.Errorf("lock state folder %s: %w", root, err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for state folder %s: %w", root, context.Cause(ctx))
		case <-time.After(lockPoll):
		}
	}
}

// errReplaced says that the lock was taken on a file that is not there anymore.
// Remove deletes it with its folder; a lock on it keeps nobody out.
var errReplaced = errors.New("lock file was replaced")

// tryLock returns EWOULDBLOCK when another process has the lock.
func tryLock(path string) (_ *os.File, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, err
	}
	if !isCurrent(f, path) {
		return nil, errReplaced
	}
	// The number is for messages alone; a full disk must not stop a start that
	// may yet make room.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return f, nil
}

func isCurrent(f *os.File, path string) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	return err == nil && os.SameFile(held, there)
}

func holder(root string) int {
	text, err := os.ReadFile(filepath.Join(root, lockName))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}
