package playground

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/layerwise/layerwise/analyzer/internal/playground/shell"
	"github.com/layerwise/layerwise/analyzer/internal/playground/tool"
)

// mark ends the copy of the program that lies in the image. The kernel ignores what follows an ELF file.
const mark = "\n[layerwise playground program]\n"

// multicall are the names under which the program takes the tool's name from its first argument.
var multicall = []string{"playground", "busybox"}

// Main runs a tool of the image and exits, when the running program is the image's. Otherwise it
// returns at once, and has cost a few system calls. It must be the first call of main, and of
// TestMain in tests that call [Layout].
func Main() {
	self, err := marked()
	if err != nil {
		return
	}
	tool.Program = self
	os.Exit(run(context.Background(), os.Args))
}

// marked returns the path of the running program if it ends in the mark, and an error in any other case.
func marked() (string, error) {
	path, err := os.Readlink("/proc/self/exe")
	if err != nil { // no /proc, as in a bare chroot
		if path, err = calledAs(); err != nil {
			return "", err
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	end := make([]byte, len(mark))
	if _, err := f.Seek(-int64(len(mark)), io.SeekEnd); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(f, end); err != nil {
		return "", err
	}
	if string(end) != mark {
		return "", fmt.Errorf("%s is not the playground's program", path)
	}
	return path, nil
}

// calledAs returns the path that the kernel was asked to execute, without links.
func calledAs() (string, error) {
	vec, err := unix.Auxv()
	if err != nil {
		return "", err
	}
	const atExecFn = 31 // AT_EXECFN of getauxval(3)
	for _, pair := range vec {
		if pair[0] == atExecFn {
			return filepath.EvalSymlinks(execFn(pair[1]))
		}
	}
	return "", os.ErrNotExist
}

// run runs the tool that args[0] names, and returns its exit status.
func run(ctx context.Context, args []string) int {
	name := strings.TrimPrefix(filepath.Base(args[0]), "-") // a login shell's name starts with a dash
	if slices.Contains(multicall, name) {
		if len(args) < 2 {
			fmt.Fprintf(os.Stdout, "layerwise playground, a stand-in base image. Its tools:\n%s\n", strings.Join(Tools(), " "))
			return 0
		}
		args = args[1:]
		name = filepath.Base(args[0])
	}
	if shell.Is(name) {
		return shell.Main(ctx, args)
	}
	if !tool.Is(name) {
		fmt.Fprintf(os.Stderr, "%s: not a tool of the layerwise playground, which has: %s\n", name, strings.Join(Tools(), " "))
		return 127
	}
	return tool.Main(ctx, args)
}

// Tools returns the names of all programs in the image, sorted.
func Tools() []string {
	names := append(tool.Names(), shell.Names...)
	slices.Sort(names)
	return names
}
