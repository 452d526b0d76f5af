//go:build linux

package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// RefusedError says that the machine allows none of the namespaces.
type RefusedError struct {
	Hint string // what to do
	err  error
}

func (e *RefusedError) Error() string {
	tried := strings.ReplaceAll(e.err.Error(), "\n", "; ")
	return fmt.Sprintf("cannot make the engine's own namespaces (%s): %s", tried, e.Hint)
}

func (e *RefusedError) Unwrap() error { return e.err }

// restrictions are the settings of the kernel that keep users from making user
// namespaces, by their files in /proc/sys.
var restrictions = []struct{ file, bad, change string }{
	{"user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"},
	{"kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"},
	{"kernel/apparmor_restrict_unprivileged_userns", "1", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
}

// hint says what to do on a machine whose files are below root.
func hint(root string) string {
	const instead = "name a running BuildKit with --addr or BUILDKIT_HOST"
	for _, r := range restrictions {
		value, err := os.ReadFile(filepath.Join(root, "proc/sys", r.file))
		if err == nil && strings.TrimSpace(string(value)) == r.bad {
			return "user namespaces are restricted on this machine; allow them with " + r.change + ", or " + instead
		}
	}
	for _, container := range []string{".dockerenv", "run/.containerenv"} {
		if _, err := os.Lstat(filepath.Join(root, container)); err == nil {
			return "this is a container that may not make any; run it with --privileged or with --security-opt seccomp=unconfined, or " + instead
		}
	}
	return instead
}
