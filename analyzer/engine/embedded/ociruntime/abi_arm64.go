//go:build linux

package ociruntime

import (
	_ "embed"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

//go:embed syscalls/arm64.txt
var syscallsARM64 string

//go:embed syscalls/arm.txt
var syscallsARM string

// nativeABIs are the ways into the kernel here, the program's own first.
var nativeABIs = []abi{
	{arch: specs.ArchAARCH64, audit: unix.AUDIT_ARCH_AARCH64, wide: true, table: syscallsARM64},
	{arch: specs.ArchARM, audit: unix.AUDIT_ARCH_ARM, table: syscallsARM},
}
