// Package tool holds the programs of the playground image other than its shell: what ordinary RUN
// lines need, with the flags and messages of GNU's and busybox's.
//
// A tool is a function of a [Process], which stands for what the operating system gives a process.
// Several run at once in one process, so a tool reads and changes nothing of the process that it
// runs in: paths are relative to Process.Dir, variables come from Process.Env, and nothing sets a
// mask, a folder, or an identity.
package tool

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"maps"
	"os"
	"slices"
	"sync"
)

// hidden are tools for the image's own use.
var hidden = []string{"with-umask"}

var (
	tableOnce sync.Once
	tools     map[string]func(context.Context, *Process) int
)

// table returns every tool under each of its names. It is made on first use, since most programs
// that import this package never run a tool.
func table() map[string]func(context.Context, *Process) int {
	tableOnce.Do(func() {
		tools = map[string]func(context.Context, *Process) int{
			"[": test, "basename": basename, "cat": cat, "chgrp": chown, "chmod": chmod, "chown": chown,
			"cp": cp, "cut": cut, "date": date, "dirname": dirname, "echo": echo, "egrep": grep, "env": env,
			"false": always(1), "fgrep": grep, "find": find, "grep": grep, "gunzip": gzipTool,
			"gzip": gzipTool, "head": head, "id": id, "kill": kill, "ln": ln, "ls": ls,
			"md5sum": checksum("MD5", md5.New), "mkdir": mkdir, "mv": mv, "nproc": nproc, "printf": printf,
			"pwd": pwd, "readlink": readlink, "realpath": readlink, "rm": rm, "rmdir": rmdir, "sed": sed,
			"seq": seq, "sha1sum": checksum("SHA1", sha1.New), "sha224sum": checksum("SHA224", sha256.New224),
			"sha256sum": checksum("SHA256", sha256.New), "sha384sum": checksum("SHA384", sha512.New384),
			"sha512sum": checksum("SHA512", sha512.New), "sleep": sleep, "sort": sortLines, "stat": stat,
			"tail": tail, "tar": tarTool, "tee": tee, "test": test, "touch": touch, "tr": tr,
			"true": always(0), "uname": uname, "uniq": uniq, "wc": wc, "which": which, "whoami": whoami,
			"with-umask": withUmask, "xargs": xargs, "yes": yes, "zcat": gzipTool,
		}
	})
	return tools
}

// Is tells whether there is a tool of this name.
func Is(name string) bool { _, ok := table()[name]; return ok }

// Names returns the names of all tools, sorted.
func Names() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(table())), func(n string) bool { return slices.Contains(hidden, n) })
}

// Main runs the tool that args[0] names in a process of its own, and returns the exit status.
func Main(ctx context.Context, args []string) int {
	dir, err := os.Getwd()
	if err != nil {
		dir = "/"
	}
	p := &Process{Args: args, Dir: dir, Env: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Umask: -1}
	return Builtin(ctx, p)
}

// Builtin runs the tool that p.Args[0] names in this process, whatever the search path says.
func Builtin(ctx context.Context, p *Process) int { return exec(ctx, table()[p.Name()], p) }
