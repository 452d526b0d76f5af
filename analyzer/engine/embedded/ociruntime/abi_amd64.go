//go:build linux

package ociruntime

import (
	_ "embed"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

//go:embed syscalls/amd64.txt
var syscallsAMD64 string

//go:embed syscalls/386.txt
var syscalls386 string

// nativeABIs are the ways into the kernel here, the program's own first.
var nativeABIs = []abi{
	{arch: specs.ArchX86_64, audit: unix.AUDIT_ARCH_X86_64, wide: true, table: syscallsAMD64, x32: true},
	{arch: specs.ArchX86, audit: unix.AUDIT_ARCH_I386, table: syscalls386},
}
