package buildcontext

import "io/fs"

// File types in a POSIX mode, the same numbers on every system that has them.
const (
	typeMask    = 0o170000
	typeSocket  = 0o140000
	typeSymlink = 0o120000
	typeRegular = 0o100000
	typeBlock   = 0o060000
	typeFolder  = 0o040000
	typeChar    = 0o020000
	typeFIFO    = 0o010000
)

func (e entry) isFolder() bool  { return e.mode&typeMask == typeFolder }
func (e entry) isSymlink() bool { return e.mode&typeMask == typeSymlink }

// kind is the type as a record names it.
func (e entry) kind() string {
	switch e.mode & typeMask {
	case typeRegular, typeSocket: // a socket is sent as an empty file
		return "file"
	case typeFolder:
		return "dir"
	case typeSymlink:
		return "symlink"
	case typeFIFO:
		return "fifo"
	case typeBlock, typeChar:
		return "device"
	}
	return "other"
}

// posixMode turns Go's mode into that of POSIX.
func posixMode(m fs.FileMode) uint32 {
	mode := uint32(m.Perm())
	if m&fs.ModeSetuid != 0 {
		mode |= 0o4000
	}
	if m&fs.ModeSetgid != 0 {
		mode |= 0o2000
	}
	if m&fs.ModeSticky != 0 {
		mode |= 0o1000
	}
	switch {
	case m.IsRegular():
		mode |= typeRegular
	case m.IsDir():
		mode |= typeFolder
	case m&fs.ModeSymlink != 0:
		mode |= typeSymlink
	case m&fs.ModeNamedPipe != 0:
		mode |= typeFIFO
	case m&fs.ModeSocket != 0:
		mode |= typeSocket
	case m&fs.ModeCharDevice != 0:
		mode |= typeChar
	case m&fs.ModeDevice != 0:
		mode |= typeBlock
	}
	return mode
}

// fileType turns the type in a POSIX mode into Go's.
func fileType(mode uint32) fs.FileMode {
	switch mode & typeMask {
	case typeRegular:
		return 0
	case typeFolder:
		return fs.ModeDir
	case typeSymlink:
		return fs.ModeSymlink
	case typeFIFO:
		return fs.ModeNamedPipe
	case typeSocket:
		return fs.ModeSocket
	case typeChar:
		return fs.ModeDevice | fs.ModeCharDevice
	case typeBlock:
		return fs.ModeDevice
	}
	return fs.ModeIrregular
}
