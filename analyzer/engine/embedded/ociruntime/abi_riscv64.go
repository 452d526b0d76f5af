//go:build linux

package ociruntime

import (
	_ "embed"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

//go:embed syscalls/riscv64.txt
var syscallsRISCV64 string

// nativeABIs are the ways into the kernel here, the program's own first.
var nativeABIs = []abi{
	{arch: specs.ArchRISCV64, audit: unix.AUDIT_ARCH_RISCV64, wide: true, table: syscallsRISCV64},
}
