package image

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/opencontainers/go-digest"
)

// A list of files is written entry by entry: the type's index in types, mode,
// owner and size as varints, path and target with their lengths, and the 32 bytes
// of a regular file's digest. JSON has no place for names that are no UTF-8, and
// takes ten times as long.

// types are those of files, in the order that stored lists count them.
var types = []Type{Other, Regular, Folder, Symlink, HardLink, FIFO, Device, Whiteout, Opaque}

// maxName is the length of a name that archive/tar reads.
const maxName = 1 << 20

func appendFile(b []byte, f File) ([]byte, error) {
	var kind byte
	for i, t := range types {
		if t == f.Type {
			kind = byte(i)
		}
	}
	if len(f.Path) > maxName || len(f.Target) > maxName {
		return nil, fmt.Errorf("a name of %d bytes", max(len(f.Path), len(f.Target)))
	}
	b = append(b, kind)
	for _, n := range []uint64{uint64(f.Mode), uint64(f.UID), uint64(f.GID), uint64(f.Size)} {
		b = binary.AppendUvarint(b, n)
	}
	for _, s := range []string{f.Path, f.Target} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	if f.Type == Regular {
		sum, err := hex.DecodeString(f.Digest.Encoded())
		if err != nil || len(sum) != digest.Canonical.Size() {
			return nil, fmt.Errorf("a file's digest is %q", f.Digest)
		}
		b = append(b, sum...)
	}
	return b, nil
}

// readFiles reads a list of so many files.
func readFiles(r io.Reader, entries int) ([]File, error) {
	in := &listReader{r: bufio.NewReader(r)}
	files := []File{} // grows as there is something to read, whatever the number says
	for range entries {
		f := in.file()
		if in.err != nil {
			return nil, in.err
		}
		files = append(files, f)
	}
	if _, err := in.r.ReadByte(); err != io.EOF {
		return nil, errors.New("the list of files goes on behind its end")
	}
	return files, nil
}

// listReader keeps the first error.
type listReader struct {
	r     *bufio.Reader
	names int64
	err   error
}

func (l *listReader) file() File {
	var f File
	if kind := l.byte(); int(kind) < len(types) {
		f.Type = types[kind]
	} else {
		l.fail(fmt.Errorf("an entry of type %d", kind))
	}
	f.Mode, f.UID, f.GID, f.Size = uint32(l.number()), int(l.number()), int(l.number()), int64(l.number())
	f.Path, f.Target = l.name(), l.name()
	if f.Type == Regular {
		f.Digest = digest.NewDigestFromBytes(digest.Canonical, l.bytes(digest.Canonical.Size()))
	}
	return f
}

func (l *listReader) fail(err error) {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if l.err == nil && err != nil {
		l.err = err
	}
}

func (l *listReader) byte() byte {
	if l.err != nil {
		return 0
	}
	b, err := l.r.ReadByte()
	l.fail(err)
	return b
}

func (l *listReader) number() uint64 {
	if l.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(l.r)
	l.fail(err)
	return n
}

func (l *listReader) name() string {
	n := l.number()
	l.names += int64(min(n, maxName))
	if n > maxName || l.names > DefaultMaxNames {
		l.fail(fmt.Errorf("names of more than %d bytes", min(l.names, maxName)))
		return ""
	}
	return string(l.bytes(int(n)))
}

func (l *listReader) bytes(n int) []byte {
	if l.err != nil {
		return nil
	}
	b := make([]byte, n)
	_, err := io.ReadFull(l.r, b)
	l.fail(err)
	return b
}
