//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

//go:generate sh -c "cd syscalls && go run generate.go"

// abi is one way of calling the kernel on this machine.
type abi struct {
	arch  specs.Arch
	audit uint32 // AUDIT_ARCH_…, as the filter sees it
	wide  bool   // arguments have 64 bits
	table string // lines of: name number
	x32   bool   // shares audit with x32, which sets a bit in the number
}

// numbers parses the table.
func (a abi) numbers() map[string]uint32 {
	numbers := map[string]uint32{}
	for line := range strings.Lines(a.table) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseUint(value, 10, 32); err == nil {
			numbers[name] = uint32(n)
		}
	}
	return numbers
}

// seccompFilter is a system call filter, ready to load. nil filters nothing.
type seccompFilter struct {
	program []bpf.Instruction
	flags   uintptr
}

// compileSeccomp makes the filter of config.json. Its meaning is that of runc with
// libseccomp:
//
//   - a call's rule without conditions wins over those with; among these, the
//     first that matches does;
//   - all conditions of a rule must hold, unless two of them are on one argument:
//     then each is a rule of its own;
//   - names that a table does not know are left out, since a profile lists the
//     calls of all systems;
//   - a call newer than all that the profile names fails with ENOSYS rather than
//     the default error, so that programs fall back to an older one.
//
// The native system call interface is always filtered, foreign ones when they are
// listed and known here. All others end the process, but x32 calls fail with
// ENOSYS as they do on kernels without x32.
func compileSeccomp(config *specs.LinuxSeccomp) (*seccompFilter, error) {
	if config == nil {
		return nil, nil
	}
	if len(nativeABIs) == 0 {
		return nil, fmt.Errorf("system call filters are not supported on %s; install runc", runtime.GOARCH)
	}
	if config.ListenerPath != "" {
		return nil, errors.New("seccomp: listenerPath is not supported by the built-in runtime")
	}
	filter := new(seccompFilter)
	for _, flag := range config.Flags {
		value, ok := seccompFlags[flag]
		if !ok {
			return nil, fmt.Errorf("seccomp: flag %q is not supported by the built-in runtime", flag)
		}
		filter.flags |= value
	}
	var blocks []abiBlock
	for i, a := range nativeABIs {
		if i > 0 && !slices.Contains(config.Architectures, a.arch) {
			continue
		}
		segments, err := callSegments(config, a)
		if err != nil {
			return nil, fmt.Errorf("seccomp: %w", err)
		}
		blocks = append(blocks, abiBlock{a, segments})
	}
	filter.program = assemble(blocks)
	if n := len(filter.program); n > unix.BPF_MAXINSNS {
		return nil, fmt.Errorf("seccomp: the filter has %d instructions, the kernel takes %d", n, unix.BPF_MAXINSNS)
	}
	return filter, nil
}

var seccompFlags = map[specs.LinuxSeccompFlag]uintptr{
	specs.LinuxSeccompFlagLog:       unix.SECCOMP_FILTER_FLAG_LOG,
	specs.LinuxSeccompFlagSpecAllow: unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW,
}

// load puts the filter on this thread. Other threads are not touched; the
// execution of the program ends them.
func (f *seccompFilter) load() error {
	if f == nil {
		return nil
	}
	raw, err := bpf.Assemble(f.program)
	if err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	code := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		code[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	program := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	_, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, f.flags, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(code)
	if errno != 0 {
		return fmt.Errorf("load the system call filter: %w", errno)
	}
	return nil
}

// seccompAction is the value a filter returns for an action.
func seccompAction(action specs.LinuxSeccompAction, errnoRet *uint) (uint32, error) {
	data := uint32(unix.EPERM)
	if errnoRet != nil {
		if *errnoRet > unix.SECCOMP_RET_DATA {
			return 0, fmt.Errorf("error number %d is too large", *errnoRet)
		}
		data = uint32(*errnoRet)
	}
	switch action {
	case specs.ActKill, specs.ActKillThread:
		return unix.SECCOMP_RET_KILL_THREAD, nil
	case specs.ActKillProcess:
		return unix.SECCOMP_RET_KILL_PROCESS, nil
	case specs.ActTrap:
		return unix.SECCOMP_RET_TRAP, nil
	case specs.ActErrno:
		return unix.SECCOMP_RET_ERRNO | data, nil
	case specs.ActTrace:
		return unix.SECCOMP_RET_TRACE | data, nil
	case specs.ActLog:
		return unix.SECCOMP_RET_LOG, nil
	case specs.ActAllow:
		return unix.SECCOMP_RET_ALLOW, nil
	}
	return 0, fmt.Errorf("action %q is not supported by the built-in runtime", action)
}
