package playground

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// libraries returns the absolute paths of what a dynamically linked program needs to start: its ELF
// interpreter and the shared libraries that the interpreter would load. It is empty for a static
// program.
func libraries(ctx context.Context, program string) ([]string, error) {
	interpreter, err := elfInterpreter(program)
	if err != nil || interpreter == "" {
		return nil, err
	}
	// Both glibc's and musl's interpreter, called with --list, print what they would load, as ldd does.
	cmd := exec.CommandContext(ctx, interpreter, "--list", program)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var errout bytes.Buffer
	cmd.Stderr = &errout
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the shared libraries of %s with %s: %w: %s",
			program, interpreter, err, strings.TrimSpace(errout.String()))
	}
	return append(parseList(out), interpreter), nil
}

// parseList reads lines of the forms `libc.so.6 => /lib/libc.so.6 (0x…)` and `/lib/ld.so (0x…)`. A
// line without an absolute path is the kernel's own library. Order is kept, duplicates are dropped.
func parseList(out []byte) []string {
	var libs []string
	for sc := bufio.NewScanner(bytes.NewReader(out)); sc.Scan(); {
		line := sc.Text()
		if _, target, ok := strings.Cut(line, "=>"); ok {
			line = target
		}
		line, _, _ = strings.Cut(line, " (0x")
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "/") && !slices.Contains(libs, line) {
			libs = append(libs, line)
		}
	}
	return libs
}

// elfInterpreter returns the path in the PT_INTERP header, "" when there is none.
func elfInterpreter(program string) (string, error) {
	f, err := elf.Open(program)
	if err != nil {
		return "", fmt.Errorf("read the ELF header of %s: %w", program, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			path, err := io.ReadAll(io.LimitReader(p.Open(), 4096))
			if err != nil {
				return "", fmt.Errorf("read the ELF interpreter of %s: %w", program, err)
			}
			return string(bytes.TrimRight(path, "\x00")), nil
		}
	}
	return "", nil
}
