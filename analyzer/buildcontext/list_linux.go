package buildcontext

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"
)

// list reads the names in an open folder, in no order. It does what
// os.File.ReadDir does with a fraction of its allocations, which tell at the
// second scan of a folder.
func (h *handle) list(buffer []byte) ([]found, error) {
	var all []found
	for {
		n, err := retry(func() (int, error) { return unix.Getdents(h.fd, buffer) })
		if err != nil {
			return nil, &fs.PathError{Op: "readdirent", Path: h.path, Err: err}
		}
		if n == 0 {
			return all, nil
		}
		if all == nil {
			all = make([]found, 0, n/40)
		}
		// All names of a block share one string.
		names := string(buffer[:n])
		for at := 0; at < n; {
			size, kind, name, err := parseDirent(buffer[at:n], names[at:])
			if err != nil {
				return nil, &fs.PathError{Op: "readdirent", Path: h.path, Err: err}
			}
			at += size
			if name == "." || name == ".." {
				continue
			}
			if kind == unix.DT_UNKNOWN { // not every file system tells
				id, err := h.identify(name)
				if isGone(err) {
					continue
				}
				if err != nil {
					return nil, err
				}
				kind = byte(id.mode & typeMask >> 12)
			}
			all = append(all, found{name, uint32(kind) << 12}) // DT_DIR is S_IFDIR>>12, and so on
		}
	}
}

// Offsets in the kernel's struct linux_dirent64, from getdents64(2).
const (
	direntSize = 16 // of the record's length, two bytes
	direntType = 18
	direntName = 19
)

// parseDirent takes a record apart; text is the same bytes as a string.
func parseDirent(record []byte, text string) (size int, kind byte, name string, err error) {
	if len(record) < direntName {
		return 0, 0, "", errBadDirent
	}
	size = int(binary.NativeEndian.Uint16(record[direntSize:]))
	if size <= direntName || size > len(record) {
		return 0, 0, "", errBadDirent
	}
	name, _, ok := strings.Cut(text[direntName:size], "\x00")
	if !ok {
		return 0, 0, "", errBadDirent
	}
	return size, record[direntType], name, nil
}

var errBadDirent = errors.New("the system's list of names makes no sense")
