//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// becomeProgram gives up every privilege that the container is not to have and
// executes its program. The order matters: limits may need privileges to be
// raised; without no-new-privileges a filter needs them too, with it the filter
// comes last and covers the least of our own system calls.
func becomeProgram(spec *specs.Spec) error {
	p := spec.Process
	filter, err := compileSeccomp(spec.Linux.Seccomp)
	if err != nil {
		return err
	}
	if err := adoptStdio(p.User); err != nil {
		return err
	}
	if err := setLimits(p.Rlimits); err != nil {
		return err
	}
	env := programEnv(p.Env, p.User.UID)
	if p.NoNewPrivileges {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("no-new-privileges: %w", err)
		}
	} else if err := filter.load(); err != nil {
		return err
	}
	if err := changeIdentity(p); err != nil {
		return err
	}
	// The kernel forgets it when an identity changes.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("parent-death signal: %w", err)
	}
	if err := enterFolder(p.Cwd); err != nil {
		return err
	}
	path, err := findProgram(p.Args[0], env)
	if err != nil {
		return err
	}
	umask := 0o022
	if p.User.Umask != nil {
		umask = int(*p.User.Umask & 0o777)
	}
	unix.Umask(umask)
	// A monitor that has gone meanwhile is noticed here: nobody reads this.
	if err := answer(linkFD, message{Ready: true}); err != nil {
		return fmt.Errorf("the monitor is gone: %w", err)
	}
	if p.NoNewPrivileges {
		if err := filter.load(); err != nil {
			return err
		}
	}
	return execError(p.Args[0], unix.Exec(path, p.Args, env))
}

// enterFolder changes to the working folder, with the rights of the container's
// user, and makes sure that it is inside the container: /proc/self/fd could lead
// to a folder of the host.
func enterFolder(path string) error {
	if err := unix.Chdir(path); err != nil {
		return fmt.Errorf("change to the working folder %s: %w", path, err)
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Getcwd(buf)
	if err == nil && (n == 0 || buf[0] != '/') { // "(unreachable)…"
		err = unix.ENOENT
	}
	if err != nil {
		return fmt.Errorf("working folder %s is outside the container: %w", path, err)
	}
	return nil
}

// adoptStdio replaces the host's null device among the standard streams by the
// container's, and gives the streams to the container's user, so that it can
// open /dev/stdout again. What cannot be given away is left.
func adoptStdio(user specs.User) error {
	var null unix.Stat_t
	haveNull := unix.Stat("/dev/null", &null) == nil && uint64(null.Rdev) == unix.Mkdev(1, 3)
	for fd := range 3 {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return fmt.Errorf("standard stream %d is not open: %w", fd, err)
		}
		if uint64(st.Rdev) == unix.Mkdev(1, 3) && st.Mode&unix.S_IFMT == unix.S_IFCHR {
			if haveNull {
				if err := reopenNull(fd); err != nil {
					return err
				}
			}
			continue
		}
		if st.Uid != user.UID {
			_ = unix.Fchown(fd, int(user.UID), int(st.Gid)) // see above
		}
	}
	return nil
}

func reopenNull(fd int) error {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("/dev/null: %w", err)
	}
	defer unix.Close(null)
	return unix.Dup3(null, fd, 0)
}

// findProgram looks a program up in the container, with its PATH and its user's
// rights. A name with a slash is a path.
func findProgram(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, execError(name, executable(name))
	}
	var denied error
	for dir := range strings.SplitSeq(lookUp(env, "PATH"), ":") {
		if dir == "" {
			dir = "."
		}
		path := strings.TrimSuffix(dir, "/") + "/" + name
		err := executable(path)
		if err == nil {
			return path, nil
		}
		if errors.Is(err, unix.EACCES) {
			denied = err
		}
	}
	if denied != nil {
		return "", execError(name, denied)
	}
	return "", &startError{fmt.Sprintf("exec: %q: executable file not found in $PATH", name), 127}
}

// executable returns nil for a file that the current user may execute.
func executable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return &os.PathError{Op: "exec", Path: path, Err: unix.EISDIR}
	}
	err = unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS)
	// A filter may not know the call; the mode then has to do, and exec decides.
	if (errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM)) && info.Mode()&0o111 != 0 {
		return nil
	}
	if err != nil {
		return &os.PathError{Op: "exec", Path: path, Err: err}
	}
	return nil
}

// lookUp returns the value of a variable, the last if there are several.
func lookUp(env []string, name string) string {
	value := ""
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			value = v
		}
	}
	return value
}

// execError is why a program was not executed, in runc's words, with a shell's
// exit code. It is nil for nil.
func execError(name string, err error) error {
	if err == nil {
		return nil
	}
	code := 126
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		code = 127
	}
	if errno := syscall.Errno(0); errors.As(err, &errno) && errno == unix.ENOEXEC {
		return &startError{fmt.Sprintf("exec: %q: %s (a script without #!, or a program for another processor)", name, errno), code}
	}
	return &startError{fmt.Sprintf("exec: %q: %s", name, err), code}
}
