//go:build linux && (386 || arm)

package ociruntime

import "golang.org/x/sys/unix"

// The calls without 32 take ids of 16 bits here.
const (
	sysSetresuid = unix.SYS_SETRESUID32
	sysSetresgid = unix.SYS_SETRESGID32
	sysSetgroups = unix.SYS_SETGROUPS32
)
