//go:build linux && !amd64 && !arm64

package ociruntime

// nativeABIs is empty: there is no table of system calls for this processor, and a
// step that is to have a system call filter does not run.
var nativeABIs []abi
