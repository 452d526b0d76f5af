package image

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Limits bound what Read takes from a layer. A field that is 0 stands for its
// default.
type Limits struct {
	MaxBytes   int64 // that it unpacks to, and that its files have
	MaxEntries int
	MaxNames   int64 // bytes of all paths and targets
}

// The default limits: far above any image that is pulled by anybody.
const (
	DefaultMaxBytes   = 64 << 30
	DefaultMaxEntries = 4 << 20
	DefaultMaxNames   = 512 << 20
)

// maxExpansion bounds how many times its stored size a layer may unpack to, from
// easySize bytes on. gzip cannot do more (RFC 1951: 258 bytes take two bits at
// least); zstd can, for a few bytes that are repeated for ever.
const (
	maxExpansion = 1032
	easySize     = 1 << 30
)

// maxWindow bounds the memory that a compressed stream can make the decompressor
// reserve. It is that of zstd --long.
const maxWindow = 128 << 20

// Read reads the blob of a layer to its end, and gives each entry to visit, in
// the order of the archive; nil is fine. Whatever visit was given counts only if
// there is no error, since what it is of shows at the end.
//
// Errors are a *DamagedError, a *LimitError, a *MediaTypeError, or those of blob
// and visit as they are.
func Read(blob io.Reader, d ocispecs.Descriptor, limits Limits, visit func(File) error) (Layer, error) {
	if limits.MaxBytes == 0 {
		limits.MaxBytes = DefaultMaxBytes
	}
	if limits.MaxEntries == 0 {
		limits.MaxEntries = DefaultMaxEntries
	}
	if limits.MaxNames == 0 {
		limits.MaxNames = DefaultMaxNames
	}
	if err := d.Digest.Validate(); err != nil {
		return Layer{}, &DamagedError{d.Digest, err}
	}
	r := &reading{blob: d, limits: limits, visit: visit}
	raw := &source{r: io.LimitReader(blob, d.Size+1)}
	l, err := r.read(raw)
	var limit *LimitError
	var kind *MediaTypeError
	switch {
	case err == nil:
		return l, nil
	case raw.err != nil:
		return Layer{}, raw.err
	case r.visitErr != nil:
		return Layer{}, r.visitErr
	case errors.As(err, &limit), errors.As(err, &kind):
		return Layer{}, err
	}
	return Layer{}, &DamagedError{d.Digest, err}
}

// reading is the state of one Read.
type reading struct {
	blob     ocispecs.Descriptor
	limits   Limits
	visit    func(File) error
	visitErr error
	layer    Layer
	names    int64 // bytes so far
}

func (r *reading) read(raw io.Reader) (Layer, error) {
	stored := r.blob.Digest.Verifier()
	raw = io.TeeReader(raw, stored)
	unpacked, done, err := unpack(raw, r.blob)
	if err != nil {
		return Layer{}, err
	}
	defer done()
	sum := digest.Canonical.Digester()
	archive := &bounded{r: io.TeeReader(unpacked, sum.Hash()), blob: r.blob, max: r.limits.MaxBytes}
	if err := r.entries(tar.NewReader(archive)); err != nil {
		return Layer{}, err
	}
	if _, err := io.Copy(io.Discard, archive); err != nil { // padding
		return Layer{}, err
	}
	if _, err := io.Copy(io.Discard, raw); err != nil { // behind the compressed stream
		return Layer{}, err
	}
	if !stored.Verified() {
		return Layer{}, errors.New("its content has another digest")
	}
	r.layer.DiffID, r.layer.Size = sum.Digest(), archive.n
	return r.layer, nil
}

// unpack returns the archive in a blob; done releases what that takes.
func unpack(r io.Reader, d ocispecs.Descriptor) (archive io.Reader, done func(), err error) {
	switch d.MediaType {
	case ocispecs.MediaTypeImageLayer, "application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar":
		return r, func() {}, nil
	case ocispecs.MediaTypeImageLayerGzip, "application/vnd.docker.image.rootfs.diff.tar.gzip",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":
		zr, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, err
		}
		return zr, func() { zr.Close() }, nil
	case ocispecs.MediaTypeImageLayerZstd, "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd":
		zr, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
		return zr, zr.Close, nil
	}
	return nil, nil, &MediaTypeError{d.Digest, d.MediaType}
}

// entries reads an archive's entries.
func (r *reading) entries(archive *tar.Reader) error {
	hash := digest.Canonical.Digester()
	block := make([]byte, 64<<10)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		f := fileOf(h)
		if f.Type == Regular {
			// A sparse file has as many bytes as it says, whatever the archive has of it.
			if f.Size > r.limits.MaxBytes-r.layer.Content || expands(r.blob, r.layer.Content+f.Size) {
				return r.over("its files have more than %d bytes", r.layer.Content)
			}
			hash.Hash().Reset()
			if _, err := io.CopyBuffer(hash.Hash(), onlyReader{archive}, block); err != nil {
				return err
			}
			f.Digest = hash.Digest()
		}
		if err := r.add(f); err != nil {
			return err
		}
	}
}

// onlyReader keeps io.Copy from calling what else a reader has.
type onlyReader struct{ io.Reader }

func (r *reading) over(format string, limit any) error {
	return &LimitError{r.blob.Digest, fmt.Sprintf(format, limit)}
}

func (r *reading) add(f File) error {
	r.layer.Entries++
	r.names += int64(len(f.Path) + len(f.Target))
	switch {
	case r.layer.Entries > r.limits.MaxEntries:
		return r.over("it has more than %d entries", r.limits.MaxEntries)
	case r.names > r.limits.MaxNames:
		return r.over("its names have more than %d bytes", r.limits.MaxNames)
	}
	r.layer.Content += f.Size
	if f.Type != Folder {
		r.layer.Files++
	}
	if f.Type == Whiteout || f.Type == Opaque {
		r.layer.Whiteouts++
	}
	if r.visit == nil {
		return nil
	}
	r.visitErr = r.visit(f)
	return r.visitErr
}

// Names of whiteouts (image-spec, layer.md).
const (
	whiteoutPrefix = ".wh."
	opaqueName     = ".wh..wh..opq"
)

// fileOf is the entry of a header, without a digest.
func fileOf(h *tar.Header) File {
	f := File{Path: clean(h.Name), Type: Other, Mode: uint32(h.Mode) & 0o7777, UID: h.Uid, GID: h.Gid}
	switch h.Typeflag {
	case tar.TypeReg:
		f.Type, f.Size = Regular, h.Size
	case tar.TypeDir:
		f.Type = Folder
	case tar.TypeSymlink:
		f.Type, f.Target = Symlink, h.Linkname
	case tar.TypeLink:
		f.Type, f.Target = HardLink, clean(h.Linkname)
	case tar.TypeFifo:
		f.Type = FIFO
	case tar.TypeChar, tar.TypeBlock:
		f.Type = Device
	}
	folder, name := path.Split(f.Path)
	switch removed, ok := strings.CutPrefix(name, whiteoutPrefix); {
	case f.Type == Folder || !ok:
	case name == opaqueName:
		f = File{Path: clean(folder), Type: Opaque}
	case removed != "":
		f = File{Path: folder + removed, Type: Whiteout}
	}
	return f
}

func clean(name string) string { return strings.TrimPrefix(path.Join("/", name), "/") }

// bounded counts an archive, and ends where it is over a limit.
type bounded struct {
	r    io.Reader
	blob ocispecs.Descriptor
	n    int64
	max  int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	switch {
	case b.n > b.max:
		return 0, &LimitError{b.blob.Digest, fmt.Sprintf("it unpacks to more than %d bytes", b.max)}
	case expands(b.blob, b.n):
		return 0, &LimitError{b.blob.Digest, fmt.Sprintf("its %d bytes unpack to more than %d", b.blob.Size, b.n)}
	}
	return n, err
}

// expands says whether a blob unpacks to more than a layer ever does.
func expands(blob ocispecs.Descriptor, unpacked int64) bool {
	return unpacked > easySize && unpacked/maxExpansion > blob.Size
}

// source remembers the error of a reader, so that a blob that cannot be read is
// told from a damaged one.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
