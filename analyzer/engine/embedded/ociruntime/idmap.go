//go:build linux

package ociruntime

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
)

// idMapped reports whether a uid or gid exists in our user namespace. kind is
// "uid" or "gid". When the map cannot be read it does, and the kernel decides.
func idMapped(kind string, id uint32) bool {
	data, err := os.ReadFile("/proc/self/" + kind + "_map")
	if err != nil {
		return true
	}
	return inMap(data, id)
}

// inMap reads lines of: first id inside, first id outside, count.
func inMap(data []byte, id uint32) bool {
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var first, outside, count uint64
		if _, err := fmt.Sscan(lines.Text(), &first, &outside, &count); err != nil {
			continue
		}
		if uint64(id) >= first && uint64(id)-first < count {
			return true
		}
	}
	return false
}
