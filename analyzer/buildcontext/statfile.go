package buildcontext

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// The file of a scanned folder:
//
//	magic, root, block…, CRC-32C of all before
//	block: path of a folder, age, entries as one string
//	entry: name, target, device, inode, size, mtime, ctime, mode, digest
//
// Numbers are little endian; strings follow their length as a varint. Entries
// of a folder are sorted by name, so that a scan compares them in passing. An
// entry is only taken apart when its folder is visited.
const (
	statMagic   = "layerwise stat 1\n"
	fixedSize   = 5*8 + 4 + 32 // of an entry behind its strings
	checksumLen = 4
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errDamaged = errors.New("damaged stat cache")
)

// statFile is what is known of a scanned folder, by the path of each folder in
// it, relative and in the system's form. The zero value knows nothing.
type statFile struct {
	folders map[string]statBlock
}

type statBlock struct {
	age     uint8 // how many times the file was written since the folder was visited
	entries []byte
}

func parseStatFile(data []byte, root string) (*statFile, error) {
	body := len(data) - checksumLen
	if body < len(statMagic) || !bytes.HasPrefix(data, []byte(statMagic)) ||
		crc32.Checksum(data[:body], castagnoli) != binary.LittleEndian.Uint32(data[body:]) {
		return nil, errDamaged
	}
	data = data[len(statMagic):body]
	written, data, ok := cutString(data)
	if !ok || string(written) != root {
		return nil, errDamaged
	}
	known := &statFile{folders: map[string]statBlock{}}
	for len(data) > 0 {
		var path, entries []byte
		if path, data, ok = cutString(data); !ok || len(data) == 0 {
			return nil, errDamaged
		}
		age := data[0]
		if entries, data, ok = cutString(data[1:]); !ok {
			return nil, errDamaged
		}
		known.folders[string(path)] = statBlock{age, entries}
	}
	return known, nil
}

// cutString cuts a string off data.
func cutString(data []byte) (s, rest []byte, ok bool) {
	length, n := binary.Uvarint(data)
	if n <= 0 || length > uint64(len(data)-n) {
		return nil, nil, false
	}
	end := n + int(length)
	return data[n:end], data[end:], true
}

// folder returns what is known of one folder.
func (k *statFile) folder(path string) knownFolder {
	return knownFolder{rest: k.folders[path].entries}
}

// knownFolder goes once through the entries of a folder, in the order of their
// names.
type knownFolder struct {
	rest []byte
}

// next returns the next entry, and how long it is as a whole. There is none,
// also, when the rest makes no sense.
func (k *knownFolder) next() (name, target, fixed []byte, size int) {
	name, rest, ok := cutString(k.rest)
	if ok {
		target, rest, ok = cutString(rest)
	}
	if !ok || len(rest) < fixedSize {
		return nil, nil, nil, 0
	}
	return name, target, rest[:fixedSize], len(k.rest) - len(rest) + fixedSize
}

// skipTo passes over the entries in front of a name.
func (k *knownFolder) skipTo(name string) {
	for {
		at, _, _, size := k.next()
		if size == 0 || string(at) >= name {
			return
		}
		k.rest = k.rest[size:]
	}
}

// find looks a file up and takes its digest where it is unchanged. Files must
// be asked for in the order of their names.
func (k *knownFolder) find(f *file) bool {
	k.skipTo(f.name)
	name, target, fixed, size := k.next()
	if size == 0 || string(name) != f.name || !f.id.fixed || f.id != decodeIdentity(fixed) {
		return false
	}
	if len(target) > 0 {
		f.target = string(target)
	}
	copy(f.digest[:], fixed[fixedSize-32:])
	return true
}

// copyEntry copies the entry of a name, if there is one, as find would find it.
func (k *knownFolder) copyEntry(to *bytes.Buffer, name string) {
	k.skipTo(name)
	if at, _, _, size := k.next(); size > 0 && string(at) == name {
		to.Write(k.rest[:size])
	}
}

func writeEntry(to *bytes.Buffer, f *file) {
	var b [2 * binary.MaxVarintLen64]byte
	to.Write(binary.AppendUvarint(b[:0], uint64(len(f.name))))
	to.WriteString(f.name)
	to.Write(binary.AppendUvarint(b[:0], uint64(len(f.target))))
	to.WriteString(f.target)
	var fixed [fixedSize]byte
	encodeIdentity(fixed[:0], f.id)
	copy(fixed[fixedSize-32:], f.digest[:])
	to.Write(fixed[:])
}

func encodeIdentity(to []byte, id identity) {
	to = binary.LittleEndian.AppendUint64(to, id.device)
	to = binary.LittleEndian.AppendUint64(to, id.inode)
	to = binary.LittleEndian.AppendUint64(to, uint64(id.size))
	to = binary.LittleEndian.AppendUint64(to, uint64(id.mtime))
	to = binary.LittleEndian.AppendUint64(to, uint64(id.ctime))
	binary.LittleEndian.AppendUint32(to, id.mode)
}

func decodeIdentity(fixed []byte) identity {
	number := func(i int) uint64 { return binary.LittleEndian.Uint64(fixed[8*i:]) }
	return identity{
		device: number(0), inode: number(1), size: int64(number(2)), mtime: int64(number(3)), ctime: int64(number(4)),
		mode: binary.LittleEndian.Uint32(fixed[5*8:]), fixed: true,
	}
}

// statWriter builds a stat file.
type statWriter struct {
	data    []byte
	written map[string]bool
}

func newStatWriter(root string) *statWriter {
	w := &statWriter{data: []byte(statMagic), written: map[string]bool{}}
	w.string([]byte(root))
	return w
}

func (w *statWriter) string(s []byte) {
	w.data = append(binary.AppendUvarint(w.data, uint64(len(s))), s...)
}

// block adds a folder. One of which nothing is known is left out.
func (w *statWriter) block(path string, age uint8, entries []byte) {
	w.written[path] = true
	if len(entries) == 0 {
		return
	}
	w.string([]byte(path))
	w.data = append(w.data, age)
	w.string(entries)
}

func (w *statWriter) finish() []byte {
	return binary.LittleEndian.AppendUint32(w.data, crc32.Checksum(w.data, castagnoli))
}
