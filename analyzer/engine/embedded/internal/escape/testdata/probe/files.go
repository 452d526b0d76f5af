package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// openFiles are the descriptors of this process and what they lead to.
func openFiles() map[int]string {
	open := map[int]string{}
	for fd := range 4096 {
		if link, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd)); err == nil {
			open[fd] = link
		}
	}
	return open
}

func descriptors(open map[int]string) []probe {
	return []probe{
		{"files/descriptors", func() string {
			var text []string
			for fd := range 4096 {
				if link, ok := open[fd]; ok {
					kind, _, _ := strings.Cut(link, ":[")
					text = append(text, fmt.Sprintf("%d=%s", fd, kind))
				}
			}
			return strings.Join(text, " ")
		}},
		{"files/descriptors-of-all", leads},
		{"files/fchmod-stdin", func() string { return outcome(unix.Fchmod(0, 0o600)) }},
		{"files/fchmod-stdin-back", func() string { return outcome(unix.Fchmod(0, 0o666)) }},
		{"files/cwd", currentFolder},
		{"files/host-path", func() string {
			_, err := os.Stat(machine.Secret)
			return outcome(err)
		}},
		{"files/above-root", func() string {
			_, err := os.Stat(strings.Repeat("../", 64) + machine.Secret)
			return outcome(err)
		}},
		{"files/root-names", rootNames},
		{"files/own-program", opening("/proc/self/exe", unix.O_WRONLY)},
		{"files/memfd", func() string {
			_, err := unix.MemfdCreate("probe", 0)
			return outcome(err)
		}},
	}
}

// rootNames leaves out what probes made.
func rootNames() string {
	entries, err := os.ReadDir("/")
	if err != nil {
		return outcome(err)
	}
	var list []string
	for _, e := range entries {
		if name := e.Name(); name != "jail" && !strings.HasPrefix(name, "node-") {
			list = append(list, name)
		}
	}
	return strings.Join(list, " ")
}

// leads follows every descriptor of every process to a file of the machine.
func leads() string {
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if _, err := os.Stat(link + machine.Secret); err == nil {
			return "found by " + link
		}
		if _, err := os.Stat(link + strings.Repeat("/..", 32) + machine.Secret); err == nil {
			return "found above " + link
		}
	}
	return "only own"
}

// currentFolder tells whether this process is in its own file system.
func currentFolder() string {
	folder, err := unix.Getwd()
	if err != nil {
		return outcome(err)
	}
	if strings.HasPrefix(folder, "(unreachable)") {
		return folder
	}
	if _, err := os.Stat("./" + strings.Repeat("../", 64) + machine.Secret); err == nil {
		return "outside"
	}
	return "inside"
}

// isSecret reports whether a file has the content of the machine's.
func isSecret(path string) bool {
	text, err := os.ReadFile(path)
	return err == nil && fmt.Sprintf("%x", sha256.Sum256(text)) == machine.Content
}

// readAll reads the named files, and those in the named folders, through links.
func readAll() string {
	for _, path := range os.Args[2:] {
		below, _ := filepath.Glob(path + "/*")
		for _, path := range append(below, path) {
			if isSecret(path) {
				return "secret in " + path
			}
		}
	}
	return "no secret"
}

// owner tells whose a file is.
func owner() string {
	var st unix.Stat_t
	if err := unix.Lstat(os.Args[2], &st); err != nil {
		return outcome(err)
	}
	return strconv.Itoa(int(st.Uid))
}

// writeAll overwrites the named files, and makes files in the named folders.
func writeAll() string {
	for _, path := range os.Args[2:] {
		_ = os.WriteFile(path, []byte("overwritten"), 0o666)
		_ = os.WriteFile(path+"/secret", []byte("overwritten"), 0o666)
		_ = os.WriteFile(path+"/new", []byte("overwritten"), 0o666)
	}
	return "ok"
}

// openNode opens device nodes that it finds.
func openNode() string {
	var text []string
	for _, path := range os.Args[2:] {
		info, err := os.Lstat(path)
		if err == nil && info.Mode()&os.ModeDevice == 0 {
			text = append(text, "no device")
			continue
		}
		text = append(text, opening(path, unix.O_RDONLY)())
	}
	return strings.Join(text, " ")
}

// rewrite writes to a descriptor that was made with O_PATH, what is there already:
// the first byte of a program. A sealed file can be opened, and not written.
func rewrite() string {
	fd, err := unix.Open("/proc/self/fd/"+os.Args[2], unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return outcome(err)
	}
	defer unix.Close(fd)
	_, err = unix.Pwrite(fd, []byte{0x7f}, 0)
	return outcome(err)
}
