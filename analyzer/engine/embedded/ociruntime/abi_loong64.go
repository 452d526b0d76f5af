//go:build linux

package ociruntime

import (
	_ "embed"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

//go:embed syscalls/loong64.txt
var syscallsLOONG64 string

// nativeABIs are the ways into the kernel here, the program's own first.
var nativeABIs = []abi{
	{arch: specs.ArchLOONGARCH64, audit: unix.AUDIT_ARCH_LOONGARCH64, wide: true, table: syscallsLOONG64},
}
