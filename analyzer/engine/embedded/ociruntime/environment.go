//go:build linux

package ociruntime

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"
)

// maxPasswd is how much of an image's /etc/passwd is read, in bytes.
const maxPasswd = 4 << 20

// programEnv is the program's environment, by the rules of runc, so that a step
// sees the same whatever runs it: of a name that is set twice the last value
// counts, and where HOME is not set, or empty, it is what the container's
// /etc/passwd says of the user, "/" where that has no such user. It is called in
// the container's root.
func programEnv(env []string, uid uint32) []string {
	set := map[string]bool{}
	var kept []string
	for _, entry := range slices.Backward(env) {
		name, value, _ := strings.Cut(entry, "=")
		if set[name] || name == "HOME" && value == "" {
			continue
		}
		set[name] = true
		kept = append(kept, entry)
	}
	slices.Reverse(kept)
	if !set["HOME"] {
		kept = append(kept, "HOME="+homeOf(uid))
	}
	return kept
}

// homeOf returns the home folder of a user of the container. What cannot be read
// names nobody.
func homeOf(uid uint32) string {
	const none = "/"
	// An image may have anything there, also what would never end.
	fd, err := unix.Open("/etc/passwd", unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return none
	}
	passwd := os.NewFile(uintptr(fd), "/etc/passwd")
	defer passwd.Close()
	if info, err := passwd.Stat(); err != nil || !info.Mode().IsRegular() {
		return none
	}
	users, err := user.ParsePasswdFilter(io.LimitReader(passwd, maxPasswd), func(u user.User) bool { return u.Uid == int(uid) })
	if err != nil || len(users) == 0 {
		return none
	}
	return users[0].Home
}
