//go:build linux

package ociruntime

import (
	_ "embed"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

//go:embed syscalls/s390x.txt
var syscallsS390X string

// nativeABIs are the ways into the kernel here, the program's own first.
var nativeABIs = []abi{
	{arch: specs.ArchS390X, audit: unix.AUDIT_ARCH_S390X, wide: true, table: syscallsS390X},
}
