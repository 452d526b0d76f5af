//go:build linux && !386 && !amd64 && !arm && !arm64 && !loong64 && !ppc64le && !riscv64 && !s390x

package ociruntime

// nativeABIs is empty: there is no table of system calls for this processor.
var nativeABIs []abi
