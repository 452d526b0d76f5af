package image

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/layerwise/layerwise/analyzer/internal/atomicfile"
)

// Cache keeps what layers hold in a folder: a file for each layer by its diffID,
// and one for each blob that was read, with the diffID of what it unpacks to.
// Both never change for as long as their names are the digests that they are, so
// that several processes need no lock; a file appears under its name when it is
// complete.
//
// What is damaged counts as missing and is written again; a folder that cannot be
// read or written costs time and nothing else. See prune for how much is kept.
type Cache struct {
	dir      string
	maxBytes int64
	maxFiles int
}

// NewCache returns the cache in a folder, which need not exist. With "" there is
// none: every layer is read.
func NewCache(dir string) *Cache {
	return &Cache{dir: dir, maxBytes: maxCacheBytes, maxFiles: maxCacheFiles}
}

// Layer says what a layer holds, from the cache if it is there, else from its
// blob. open is called at most once; its reader is read to the end, and not
// closed. Errors are those of Read and open.
func (c *Cache) Layer(ctx context.Context, d ocispecs.Descriptor, open func(context.Context) (io.Reader, error)) (Layer, error) {
	if l, ok := c.known(d.Digest); ok {
		return l, nil
	}
	blob, err := open(ctx)
	if err != nil {
		return Layer{}, err
	}
	return c.read(blob, d)
}

// Files lists the entries of a layer in the order of its archive. An error says
// that the cache does not have it, not any more where it was damaged: Layer reads
// it again.
func (c *Cache) Files(diffID digest.Digest) ([]File, error) {
	f, err := c.open(c.layerPath(diffID))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	files, err := readEntry(f, diffID)
	if err != nil {
		os.Remove(f.Name()) // so that it is written again when its layer is read
		return nil, fmt.Errorf("cannot list layer %s: %w", diffID, err)
	}
	return files, nil
}

// known looks a blob up.
func (c *Cache) known(blob digest.Digest) (Layer, bool) {
	if c.dir == "" || blob.Validate() != nil {
		return Layer{}, false
	}
	diffID, err := c.diffID(blob)
	if err != nil {
		return Layer{}, false
	}
	f, err := c.open(c.layerPath(diffID))
	if err != nil {
		return Layer{}, false
	}
	defer f.Close()
	l, err := readSummary(f, diffID)
	if err != nil {
		return Layer{}, false
	}
	c.used(c.blobPath(blob))
	c.used(c.layerPath(diffID))
	return l, true
}

// diffID returns what a blob unpacks to.
func (c *Cache) diffID(blob digest.Digest) (digest.Digest, error) {
	f, err := c.open(c.blobPath(blob))
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 200))
	if err != nil {
		return "", err
	}
	return digest.Parse(string(text))
}

// read reads a layer, and keeps what it holds where that can be written.
func (c *Cache) read(blob io.Reader, d ocispecs.Descriptor) (Layer, error) {
	temp, err := c.create()
	if err != nil {
		return Read(blob, d, Limits{}, nil)
	}
	defer temp.Discard()
	w, err := newEntryWriter(temp.File)
	if err != nil {
		return Read(blob, d, Limits{}, nil)
	}
	l, err := Read(blob, d, Limits{}, w.add)
	if err != nil {
		w.zw.Close()
		return Layer{}, err
	}
	if w.finish(l) == nil && temp.CommitAs(c.layerPath(l.DiffID)) == nil {
		c.writeBlob(d.Digest, l.DiffID)
		c.prune()
	}
	return l, nil
}

// writeBlob notes what a blob unpacks to.
func (c *Cache) writeBlob(blob, diffID digest.Digest) {
	temp, err := c.create()
	if err != nil {
		return
	}
	defer temp.Discard()
	if _, err := temp.WriteString(string(diffID)); err == nil {
		_ = temp.CommitAs(c.blobPath(blob)) // it is a cache
	}
}

func (c *Cache) layerPath(diffID digest.Digest) string { return c.path(diffID, layerSuffix) }

func (c *Cache) blobPath(blob digest.Digest) string { return c.path(blob, blobSuffix) }

// path is only asked for digests that are valid, which have no "/".
func (c *Cache) path(d digest.Digest, suffix string) string {
	if d.Validate() != nil {
		return filepath.Join(c.dir, "invalid")
	}
	return filepath.Join(c.dir, d.Algorithm().String()+"-"+d.Encoded()+suffix)
}

// open opens a file of the cache. Opening anything but a regular file might wait
// for ever.
func (c *Cache) open(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", path)
	}
	return os.Open(path)
}

// create starts a file of the cache, whose name is known when it is written.
func (c *Cache) create() (*atomicfile.File, error) {
	if c.dir == "" {
		return nil, errors.New("no cache")
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, err
	}
	return atomicfile.Create(filepath.Join(c.dir, "new"), tempPattern, 0o600)
}

// The file of a layer starts with a block of fixed length, which holds a checksum
// and the Layer as JSON; its list of files follows, compressed by zstd.
const (
	entryMagic = "lwlayer1"
	blockSize  = 1024
	textStart  = len(entryMagic) + 4
)

var checksums = crc32.MakeTable(crc32.Castagnoli)

// entryWriter writes the file of a layer.
type entryWriter struct {
	f      *os.File
	zw     *zstd.Encoder
	buffer []byte
	failed bool // the disk is full; the layer is read on all the same
}

func newEntryWriter(f *os.File) (*entryWriter, error) {
	if _, err := f.Write(make([]byte, blockSize)); err != nil {
		return nil, err
	}
	zw, err := zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	return &entryWriter{f: f, zw: zw}, err
}

func (w *entryWriter) add(f File) error {
	var err error
	if w.buffer, err = appendFile(w.buffer[:0], f); err == nil {
		_, err = w.zw.Write(w.buffer)
	}
	w.failed = w.failed || err != nil
	return nil
}

func (w *entryWriter) finish(l Layer) error {
	if err := w.zw.Close(); err != nil || w.failed {
		return errors.Join(err, errors.New("the list of files was not written"))
	}
	text, err := json.Marshal(l)
	if err != nil || len(text) > blockSize-textStart {
		return errors.Join(err, errors.New("too long"))
	}
	block := append([]byte(entryMagic), 0, 0, 0, 0)
	block = append(block, text...)
	block = append(block, bytes.Repeat([]byte(" "), blockSize-len(block))...)
	binary.LittleEndian.PutUint32(block[len(entryMagic):], crc32.Checksum(block[textStart:], checksums))
	_, err = w.f.WriteAt(block, 0)
	return err
}

// readSummary reads the first block of a layer's file.
func readSummary(r io.Reader, diffID digest.Digest) (Layer, error) {
	block := make([]byte, blockSize)
	if _, err := io.ReadFull(r, block); err != nil {
		return Layer{}, err
	}
	var l Layer
	switch sum := binary.LittleEndian.Uint32(block[len(entryMagic):]); {
	case string(block[:len(entryMagic)]) != entryMagic:
		return Layer{}, errors.New("it is of another version")
	case sum != crc32.Checksum(block[textStart:], checksums):
		return Layer{}, errors.New("it is damaged")
	}
	if err := json.Unmarshal(block[textStart:], &l); err != nil {
		return Layer{}, err
	}
	if l.DiffID != diffID || l.Entries < 0 || l.Entries > DefaultMaxEntries {
		return Layer{}, errors.New("it is of another layer")
	}
	return l, nil
}

// readEntry reads the file of a layer to its end.
func readEntry(r io.Reader, diffID digest.Digest) ([]File, error) {
	l, err := readSummary(r, diffID)
	if err != nil {
		return nil, err
	}
	zr, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	defer zr.Close()
	return readFiles(zr, l.Entries)
}
