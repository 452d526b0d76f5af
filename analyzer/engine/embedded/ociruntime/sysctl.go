//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// writeSysctls sets kernel parameters through the container's own /proc, which
// must be a real one.
func writeSysctls(r rootDir, values map[string]string) error {
	for name, value := range values {
		if err := writeSysctl(r, name, value); err != nil {
			return fmt.Errorf("sysctl %s: %w", name, err)
		}
	}
	return nil
}

func writeSysctl(r rootDir, name, value string) error {
	// net.ipv4.ip_forward and net/ipv4/ip_forward are both in use; with slashes,
	// dots belong to names (of interfaces).
	if !strings.Contains(name, "/") {
		name = strings.ReplaceAll(name, ".", "/")
	}
	if strings.Contains("/"+name+"/", "/../") {
		return errors.New("not a parameter's name")
	}
	f, err := r.openFlags("/proc/sys/"+name, unix.O_WRONLY, unix.RESOLVE_NO_SYMLINKS)
	if err != nil {
		return err
	}
	defer f.Close()
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &st); err != nil {
		return err
	}
	if st.Type != unix.PROC_SUPER_MAGIC {
		return errors.New("/proc of the container is not procfs")
	}
	_, err = f.WriteString(value)
	return err
}
