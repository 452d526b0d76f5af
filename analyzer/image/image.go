// Package image reads the layers of images: which files each holds, and how
// large it is.
//
// # Design
//
// A layer is read once, from the blob that an engine or a registry has, and to
// its end: the digest of the blob and that of the archive in it say that what
// was read is what was named. What it holds is then kept on disk under its
// diffID, see Cache, so that a build that made no layer reads none. A layer is
// never held in memory; its files go to the cache as they come.
//
// Layers are anybody's. What they unpack to, how many entries they have and how
// long their names are is bounded; nothing of a layer is ever written to a file
// of its own, so that no name leads anywhere.
package image

import (
	"fmt"

	"github.com/opencontainers/go-digest"
)

// Layer says what a layer holds.
type Layer struct {
	DiffID digest.Digest `json:"diffID"` // of the unpacked archive
	Size   int64         `json:"size"`   // bytes of the unpacked archive, with its headers
	// Content is the bytes of the files in it. A hard link has none of its own.
	Content   int64 `json:"content"`
	Entries   int   `json:"entries"`
	Files     int   `json:"files"`     // entries that are no folders, whiteouts too
	Whiteouts int   `json:"whiteouts"` // of both types
}

// Type is the type of an entry.
type Type string

// The types.
const (
	Regular  Type = "file"
	Folder   Type = "dir"
	Symlink  Type = "symlink"
	HardLink Type = "hardlink"
	FIFO     Type = "fifo"
	Device   Type = "device"
	// Whiteout removes what the layers below have at its path, Opaque all that they
	// have in the folder at its path.
	Whiteout Type = "whiteout"
	Opaque   Type = "opaque"
	Other    Type = "other"
)

// File is one entry of a layer.
type File struct {
	// Path is relative to the root of the image, with "/", without "." and "..",
	// and "" for the root. It is bytes, not always UTF-8. For a whiteout it is the
	// path that is removed, for an opaque one the folder.
	Path string
	Type Type
	// Mode has the permission, setuid, setgid and sticky bits as in POSIX.
	Mode     uint32
	UID, GID int
	Size     int64  // bytes of a regular file
	Target   string // of a link; that of a hard link is a path like Path
	// Digest is that of a regular file's content, "" for any other entry.
	Digest digest.Digest
}

// DamagedError is a layer that is not what it is said to be, or no layer at all.
type DamagedError struct {
	Blob digest.Digest
	Err  error
}

func (e *DamagedError) Error() string { return fmt.Sprintf("layer %s is damaged: %v", e.Blob, e.Err) }
func (e *DamagedError) Unwrap() error { return e.Err }

// LimitError is a layer that holds more than is read of one.
type LimitError struct {
	Blob  digest.Digest
	Limit string // "more than 5 entries"
}

func (e *LimitError) Error() string { return fmt.Sprintf("layer %s is not read: %s", e.Blob, e.Limit) }

// MediaTypeError is a layer in a form that is not known here.
type MediaTypeError struct {
	Blob      digest.Digest
	MediaType string
}

func (e *MediaTypeError) Error() string {
	return fmt.Sprintf("layer %s is not read: it is of an unknown kind %.100q", e.Blob, e.MediaType)
}
