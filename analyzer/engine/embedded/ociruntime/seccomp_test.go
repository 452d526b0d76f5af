//go:build linux

package ociruntime

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const (
	allowed = uint32(unix.SECCOMP_RET_ALLOW)
	eperm   = uint32(unix.SECCOMP_RET_ERRNO) | uint32(unix.EPERM)
	enosys  = uint32(unix.SECCOMP_RET_ERRNO) | uint32(unix.ENOSYS)
	killed  = uint32(unix.SECCOMP_RET_KILL_PROCESS)
)

// simulate runs a filter on one call, in x/net/bpf's machine.
func simulate(t *testing.T, f *seccompFilter, audit, number uint32, args ...uint64) uint32 {
	t.Helper()
	vm, err := bpf.NewVM(f.program)
	if err != nil {
		t.Fatal(err)
	}
	words := make([]uint32, 16)
	words[offsetNumber/4], words[offsetArch/4] = number, audit
	for i, a := range args {
		first, second := uint32(a), uint32(a>>32)
		if isBigEndian() {
			first, second = second, first
		}
		words[offsetArgs/4+2*i], words[offsetArgs/4+2*i+1] = first, second
	}
	var data []byte // the machine loads words in network order
	for _, w := range words {
		data = binary.BigEndian.AppendUint32(data, w)
	}
	result, err := vm.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(result)
}

func compile(t *testing.T, config *specs.LinuxSeccomp) *seccompFilter {
	t.Helper()
	f, err := compileSeccomp(config)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// defaultFilter is the filter of build steps.
func defaultFilter(t *testing.T) *seccompFilter {
	t.Helper()
	config, err := seccomp.GetDefaultProfile(defaultSpec(nil))
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, config)
}

func native() abi { return nativeABIs[0] }

func TestDefaultProfile(t *testing.T) {
	f := defaultFilter(t)
	t.Logf("%d instructions", len(f.program))
	const newUser = unix.CLONE_NEWUSER
	cloneArgs := func(flags uint64) []uint64 { return []uint64{flags} }
	for _, a := range nativeABIs {
		numbers := a.numbers()
		for _, test := range []struct {
			name string
			args []uint64
			want uint32
		}{
			{"read", nil, allowed},
			{"write", nil, allowed},
			{"openat", nil, allowed},
			{"execve", nil, allowed},
			{"exit_group", nil, allowed},
			{"mount", nil, eperm},
			{"move_mount", nil, eperm},
			{"pivot_root", nil, eperm},
			{"unshare", []uint64{newUser}, eperm},
			{"setns", nil, eperm},
			{"keyctl", nil, eperm},
			{"add_key", nil, eperm},
			{"request_key", nil, eperm},
			{"bpf", nil, eperm},
			{"init_module", nil, eperm},
			{"kexec_load", nil, eperm},
			{"reboot", nil, eperm},
			{"userfaultfd", nil, eperm},
			{"open_by_handle_at", nil, eperm},
			{"clone", cloneArgs(0x1200011), allowed},
			{"clone", cloneArgs(newUser | 17), eperm},
			{"clone", cloneArgs(unix.CLONE_NEWNS), eperm},
			{"clone3", nil, enosys},
			{"socket", []uint64{unix.AF_INET, unix.SOCK_STREAM}, allowed},
			{"socket", []uint64{unix.AF_UNIX}, allowed},
			{"socket", []uint64{unix.AF_VSOCK}, eperm},
			{"socket", []uint64{unix.AF_ALG}, eperm},
			{"personality", []uint64{0}, allowed},
			{"personality", []uint64{0xffffffff}, allowed},
			{"personality", []uint64{0x0040000}, eperm},
		} {
			number, ok := numbers[test.name]
			if !ok {
				continue // not every ABI has every call
			}
			if got := simulate(t, f, a.audit, number, test.args...); got != test.want {
				t.Errorf("%s %s%#x: %#x, want %#x", a.arch, test.name, test.args, got, test.want)
			}
		}
		if got := simulate(t, f, a.audit, 5000); got != enosys {
			t.Errorf("%s: a call newer than the profile: %#x", a.arch, got)
		}
	}
	if got := simulate(t, f, unix.AUDIT_ARCH_SPARC, 0); got != killed {
		t.Errorf("a foreign ABI: %#x", got)
	}
	if native().x32 {
		for _, number := range []uint32{x32Bit, x32Bit + 1, x32Bit + 512, ^uint32(0)} {
			if got := simulate(t, f, native().audit, number); got != enosys {
				t.Errorf("x32 call %#x: %#x", number, got)
			}
		}
	}
}

// Every call the profile allows without conditions is allowed, and no other.
func TestDefaultProfileIsComplete(t *testing.T) {
	config, err := seccomp.GetDefaultProfile(defaultSpec(nil))
	if err != nil {
		t.Fatal(err)
	}
	f := compile(t, config)
	for _, a := range nativeABIs {
		free := map[string]bool{}
		for _, call := range config.Syscalls {
			for _, name := range call.Names {
				if len(call.Args) == 0 && call.Action == specs.ActAllow {
					free[name] = true
				}
			}
		}
		for name, number := range a.numbers() {
			// With all bits set, no condition of the profile holds for the arguments.
			all := ^uint64(0)
			got := simulate(t, f, a.audit, number, all, all, all, all, all, all)
			if !a.wide && name == "personality" {
				continue // all bits are one of the values it allows
			}
			if (got == allowed) != free[name] {
				t.Errorf("%s %s: %#x, allowed in the profile: %v", a.arch, name, got, free[name])
			}
		}
	}
}

// Only listed foreign ABIs may be used.
func TestForeignABIs(t *testing.T) {
	f := compile(t, &specs.LinuxSeccomp{DefaultAction: specs.ActAllow})
	for i, a := range nativeABIs {
		want := allowed
		if i > 0 {
			want = killed
		}
		if got := simulate(t, f, a.audit, 1); got != want {
			t.Errorf("%s: %#x, want %#x", a.arch, got, want)
		}
	}
}

func TestConditions(t *testing.T) {
	const big = 0x1_0000_0005
	values := []uint64{0, 4, 5, 6, 0xffffffff, 0x1_0000_0004, big, 0x1_0000_0006, 0x2_0000_0005, 0x2_0000_0000, ^uint64(0)}
	for op, holds := range map[specs.LinuxSeccompOperator]func(a, v uint64) bool{
		specs.OpEqualTo:      func(a, v uint64) bool { return a == v },
		specs.OpNotEqual:     func(a, v uint64) bool { return a != v },
		specs.OpLessThan:     func(a, v uint64) bool { return a < v },
		specs.OpLessEqual:    func(a, v uint64) bool { return a <= v },
		specs.OpGreaterThan:  func(a, v uint64) bool { return a > v },
		specs.OpGreaterEqual: func(a, v uint64) bool { return a >= v },
		specs.OpMaskedEqual:  func(a, v uint64) bool { return a&v == 5&v },
	} {
		for _, v := range values {
			for _, before := range []bool{false, true} { // a condition that holds stands before, or behind
				args := []specs.LinuxSeccompArg{{Index: 2, Value: v, ValueTwo: 5, Op: op}, {Index: 3, Value: 7, Op: specs.OpEqualTo}}
				if before {
					args[0], args[1] = args[1], args[0]
				}
				f := compile(t, &specs.LinuxSeccomp{
					DefaultAction: specs.ActAllow,
					Syscalls:      []specs.LinuxSyscall{{Names: []string{"write"}, Action: specs.ActErrno, Args: args}},
				})
				for _, a := range values {
					want := allowed
					if holds(a, v) {
						want = eperm
					}
					if got := simulate(t, f, native().audit, native().numbers()["write"], 0, 0, a, 7); got != want {
						t.Errorf("%#x %s %#x: %#x", a, op, v, got)
					}
					if got := simulate(t, f, native().audit, native().numbers()["write"], 0, 0, a, 8); got != allowed {
						t.Errorf("%#x %s %#x, and a condition that does not hold: %#x", a, op, v, got)
					}
				}
			}
		}
	}
}

func TestRules(t *testing.T) {
	arg := func(index uint, value uint64) specs.LinuxSeccompArg {
		return specs.LinuxSeccompArg{Index: index, Value: value, Op: specs.OpEqualTo}
	}
	errno := uint(unix.EBUSY)
	f := compile(t, &specs.LinuxSeccomp{
		DefaultAction: specs.ActErrno,
		Syscalls: []specs.LinuxSyscall{
			{Names: []string{"read", "nonsense"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{arg(0, 1), arg(1, 2)}},
			{Names: []string{"read"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{arg(0, 9)}},
			{Names: []string{"write"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{arg(0, 1), arg(0, 2)}},
			{Names: []string{"close"}, Action: specs.ActErrno, ErrnoRet: &errno, Args: []specs.LinuxSeccompArg{arg(0, 1)}},
			{Names: []string{"close"}, Action: specs.ActAllow},
			{Names: []string{"close"}, Action: specs.ActKillProcess},
			{Names: []string{"fchdir"}, Action: specs.ActErrno, ErrnoRet: &errno},
			{Names: []string{"sync"}, Action: specs.ActTrap},
			{Names: []string{"exit"}, Action: specs.ActErrno}, // the default: says nothing
			{Names: []string{"exit"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{arg(0, 1)}},
		},
	})
	for _, test := range []struct {
		name string
		args []uint64
		want uint32
	}{
		{"read", []uint64{1, 2}, allowed},
		{"read", []uint64{1, 3}, eperm},
		{"read", []uint64{9, 3}, allowed},
		{"write", []uint64{1}, allowed},
		{"write", []uint64{2}, allowed},
		{"write", []uint64{3}, eperm},
		{"close", []uint64{1}, allowed},
		{"fchdir", nil, uint32(unix.SECCOMP_RET_ERRNO) | uint32(unix.EBUSY)},
		{"sync", nil, unix.SECCOMP_RET_TRAP},
		{"exit", []uint64{1}, allowed},
		{"exit", []uint64{2}, eperm},
		{"getpid", nil, eperm},
	} {
		if got := simulate(t, f, native().audit, native().numbers()[test.name], test.args...); got != test.want {
			t.Errorf("%s%d: %#x, want %#x", test.name, test.args, got, test.want)
		}
	}
}

func TestBadSeccomp(t *testing.T) {
	huge := uint(1 << 20)
	for _, config := range []specs.LinuxSeccomp{
		{DefaultAction: "SCMP_ACT_DANCE"},
		{DefaultAction: specs.ActNotify},
		{DefaultAction: specs.ActErrno, DefaultErrnoRet: &huge},
		{DefaultAction: specs.ActAllow, ListenerPath: "/x"},
		{DefaultAction: specs.ActAllow, Flags: []specs.LinuxSeccompFlag{"X"}},
		{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"read"}, Action: "X"}}},
		{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"read"}, Action: specs.ActErrno, Args: []specs.LinuxSeccompArg{{Index: 6, Op: specs.OpEqualTo}}}}},
		{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"read"}, Action: specs.ActErrno, Args: []specs.LinuxSeccompArg{{Op: "X"}}}}},
	} {
		if _, err := compileSeccomp(&config); err == nil {
			t.Errorf("%+v is accepted", config)
		}
	}
	// More rules than a filter can hold.
	var calls []specs.LinuxSyscall
	for i := range uint64(3000) {
		calls = append(calls, specs.LinuxSyscall{Names: []string{"read"}, Action: specs.ActErrno, Args: []specs.LinuxSeccompArg{{Value: i, Op: specs.OpEqualTo}}})
	}
	if _, err := compileSeccomp(&specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: calls}); err == nil {
		t.Error("a filter of any length is accepted")
	}
}

func TestSyscallTable(t *testing.T) {
	numbers := native().numbers()
	for name, want := range map[string]uint32{
		"clone": unix.SYS_CLONE, "execve": unix.SYS_EXECVE, "openat2": unix.SYS_OPENAT2, "keyctl": unix.SYS_KEYCTL,
		"mount": unix.SYS_MOUNT, "seccomp": unix.SYS_SECCOMP, "unshare": unix.SYS_UNSHARE,
	} {
		if got, ok := numbers[name]; !ok || got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

// The filter as the kernel applies it.
func TestFilteredContainer(t *testing.T) {
	calls := []struct {
		number, arg uint64
		want        string
	}{
		{unix.SYS_KEYCTL, 0, "operation not permitted"},
		{unix.SYS_MOUNT, 0, "operation not permitted"},
		{unix.SYS_UNSHARE, unix.CLONE_NEWUSER, "operation not permitted"},
		{unix.SYS_CLONE, unix.CLONE_NEWUSER, "operation not permitted"},
		{unix.SYS_CLONE3, 0, "function not implemented"},
		{unix.SYS_BPF, 0, "operation not permitted"},
		{unix.SYS_SOCKET, unix.AF_VSOCK, "operation not permitted"},
		{4000, 0, "function not implemented"},
		{x32Bit + 1, 0, "function not implemented"},
	}
	var actions, want []string
	for _, c := range calls {
		actions = append(actions, fmt.Sprintf("syscall:%d,%d", c.number, c.arg))
		want = append(want, "error: "+c.want)
	}
	eachWay(t, func(t *testing.T, w way) {
		for _, noNewPrivileges := range []bool{false, true} {
			b := newBundle(t, w, slices.Concat(actions, []string{"run:/bin/probe", "status:Seccomp"})...)
			b.spec.Process.NoNewPrivileges = noNewPrivileges
			expect(t, b.lines(t), slices.Concat(want, []string{"", "Seccomp:\t2"})...)
		}
	})
}

// 32-bit programs have the same filter.
func TestFiltered386(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		return // nothing foreign to run with the toolchain alone
	}
	if testing.Short() {
		t.Skip("builds a program and the standard library for another processor")
	}
	b := newBundle(t, asRoot)
	program := build386(t, b)
	b.spec.Process.Args = []string{program, "echo:ran", "syscall:21,0", "syscall:310,268435456", "syscall:999", "status:Seccomp"}
	expect(t, b.lines(t), "ran", "error: operation not permitted", "error: operation not permitted", "error: function not implemented", "Seccomp:\t2")
	b.spec.Linux.Seccomp.Architectures = nil
	if r := b.run(t); r.code != 128+int(unix.SIGSYS) || strings.Contains(r.stdout, "ran") {
		t.Errorf("not listed: %+v", r)
	}
}
