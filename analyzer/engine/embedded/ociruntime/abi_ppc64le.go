//go:build linux

package ociruntime

import (
	_ "embed"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

//go:embed syscalls/ppc64le.txt
var syscallsPPC64LE string

// nativeABIs are the ways into the kernel here, the program's own first.
var nativeABIs = []abi{
	{arch: specs.ArchPPC64LE, audit: unix.AUDIT_ARCH_PPC64LE, wide: true, table: syscallsPPC64LE},
}
