//go:build unix

package buildcontext

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// makeTree makes files in a new folder, described a line each:
//
//	folder/            a folder
//	file = content     a file
//	link -> target     a symbolic link
//	link => file       a hard link
//	pipe |             a FIFO
//	socket %           a socket
//	path : 0750        the mode of what is there already
func makeTree(t testing.TB, lines ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, line := range lines {
		if err := makeFile(t, root, line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return root
}

func makeFile(t testing.TB, root, line string) error {
	name, what, rest := line, "/", ""
	if fields := strings.SplitN(line, " ", 3); len(fields) > 1 {
		name, what = fields[0], fields[1]
		rest = strings.Join(fields[2:], "")
	}
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	switch what {
	case "/":
		return os.MkdirAll(path, 0o755)
	case "=":
		return os.WriteFile(path, []byte(rest), 0o644)
	case "->":
		return os.Symlink(rest, path)
	case "=>":
		return os.Link(filepath.Join(root, rest), path)
	case "|":
		return syscall.Mkfifo(path, 0o644)
	case "%":
		// A socket's address is short; its name in the tree need not be.
		short := filepath.Join(os.TempDir(), fmt.Sprintf("lw-%d-%d", os.Getpid(), rand.Uint32()))
		listener, err := net.Listen("unix", short)
		if err != nil {
			return err
		}
		listener.(*net.UnixListener).SetUnlinkOnClose(false)
		t.Cleanup(func() { listener.Close() })
		return os.Rename(short, path)
	case ":":
		var mode uint32
		if _, err := fmt.Sscanf(rest, "%o", &mode); err != nil {
			return err
		}
		return syscall.Chmod(path, mode)
	}
	return fmt.Errorf("%q is not known", what)
}

// someTree is a folder with one of everything that may stand in a context.
func someTree(t testing.TB) string {
	return makeTree(t,
		"Dockerfile = FROM scratch", ".dockerignore = *.md", "README.md = hello",
		"src/main.go = package main", "src/main_test.go = package main", "src/lib/a.go = a", "src/lib/b.txt = b",
		"src.txt = beside src", "src-gen/x.go = x", "empty/", "deep/empty/folder/", "zero = ", "private = x", "private : 0600",
		"run.sh = #!/bin/sh", "run.sh : 4755", "locked/f = x", "locked : 0700", "sticky/", "sticky : 1777",
		"link -> src/main.go", "dirlink -> src", "abs -> /src/lib", "broken -> nowhere", "loop1 -> loop2", "loop2 -> loop1",
		"up -> ../../src", "src/self -> .", "chain -> dirlink/lib", "hard => src/main.go", "src/lib/hard2 => src/main.go",
		"pipe |", "sock %", "sp\tace\nnewline = odd", "ünï/cödé = utf-8", "bad\xff = not utf-8", "-dash = x", "star*[a] = x", "back\\slash = x",
	)
}

// randomTree makes a folder of a few dozen files with short names that often
// meet each other's patterns and links.
func randomTree(t testing.TB, r *rand.Rand) string {
	t.Helper()
	root := t.TempDir()
	names := []string{"a", "b", "c", "a.go", "b.md", "a-b", ".x"}
	folders := []string{""}
	pick := func() string { return folders[r.IntN(len(folders))] + names[r.IntN(len(names))] }
	for range 30 {
		path := pick()
		var err error
		switch r.IntN(6) {
		case 0, 1:
			err = makeFile(t, root, path+"/")
			if info, statErr := os.Lstat(filepath.Join(root, path)); statErr == nil && info.IsDir() {
				folders = append(folders, path+"/")
			}
		case 2:
			targets := []string{pick(), "/" + pick(), "../" + names[r.IntN(len(names))], ".", "/"}
			err = makeFile(t, root, path+" -> "+targets[r.IntN(len(targets))])
		default:
			if _, statErr := os.Lstat(filepath.Join(root, path)); statErr != nil {
				err = makeFile(t, root, fmt.Sprintf("%s = %d", path, r.Uint32()))
			}
		}
		_ = err // what is there already stays
	}
	return root
}

// randomPatterns returns patterns in the manner of a .dockerignore file.
func randomPatterns(r *rand.Rand, exceptions bool) []string {
	parts := []string{"a", "b", "c", "a.go", "*", "**", "*.go", "?", "[ab]", "a*", ".x"}
	var patterns []string
	for range 1 + r.IntN(3) {
		var p []string
		for range 1 + r.IntN(3) {
			p = append(p, parts[r.IntN(len(parts))])
		}
		pattern := strings.Join(p, "/")
		if exceptions && r.IntN(3) == 0 {
			pattern = "!" + pattern
		}
		patterns = append(patterns, pattern)
	}
	return patterns
}
