package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// entry is a header with its content.
type entry struct {
	tar.Header
	content string
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		e.Header.Size = int64(len(e.content))
		if err := w.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// ordinary has an entry of every type.
func ordinary(t testing.TB) (data []byte, files []File) {
	header := func(kind byte, name string, mode int64) tar.Header {
		return tar.Header{Typeflag: kind, Name: name, Mode: mode, Uid: 1000, Gid: 50}
	}
	link := header(tar.TypeSymlink, "./bin", 0o777)
	link.Linkname = "../../usr/bin"
	hard := header(tar.TypeLink, "usr/b", 0o755)
	hard.Linkname = "/usr/a"
	data = archive(t,
		entry{Header: header(tar.TypeDir, "./", 0o755)},
		entry{Header: header(tar.TypeDir, "usr/", 0o1777)},
		entry{header(tar.TypeReg, "./usr/a", 0o4755), "content"},
		entry{Header: hard},
		entry{Header: link},
		entry{Header: header(tar.TypeFifo, "usr/fifo", 0o600)},
		entry{Header: header(tar.TypeChar, "dev/null", 0o666)},
		entry{header(tar.TypeReg, "../../etc/\xff\x1b[31m", 0o644), ""},
		entry{Header: header(tar.TypeReg, "usr/.wh.gone", 0)},
		entry{Header: header(tar.TypeReg, "usr/lib/.wh..wh..opq", 0)},
		entry{header(tar.TypeReg, "usr/.wh.", 0o644), "x"},
	)
	own := func(path string, kind Type, mode uint32) File {
		return File{Path: path, Type: kind, Mode: mode, UID: 1000, GID: 50}
	}
	a, e, x := own("usr/a", Regular, 0o4755), own("etc/\xff\x1b[31m", Regular, 0o644), own("usr/.wh.", Regular, 0o644)
	a.Size, a.Digest = 7, digest.FromString("content")
	e.Digest = digest.FromString("")
	x.Size, x.Digest = 1, digest.FromString("x")
	b, l := own("usr/b", HardLink, 0o755), own("bin", Symlink, 0o777)
	b.Target, l.Target = "usr/a", "../../usr/bin"
	return data, []File{
		own("", Folder, 0o755), own("usr", Folder, 0o1777), a, b, l, own("usr/fifo", FIFO, 0o600), own("dev/null", Device, 0o666),
		e, {Path: "usr/gone", Type: Whiteout}, {Path: "usr/lib", Type: Opaque}, x,
	}
}

func descriptor(mediaType string, blob []byte) ocispecs.Descriptor {
	return ocispecs.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(blob), Size: int64(len(blob))}
}

// compressed returns an archive in the ways in which layers are stored.
func compressed(t testing.TB, data []byte) map[string][]byte {
	t.Helper()
	var zipped, z bytes.Buffer
	gw := gzip.NewWriter(&zipped)
	gw.Write(data)
	gw.Close()
	zw, err := zstd.NewWriter(&z)
	if err != nil {
		t.Fatal(err)
	}
	zw.Write(data)
	zw.Close()
	return map[string][]byte{
		ocispecs.MediaTypeImageLayer: data, ocispecs.MediaTypeImageLayerGzip: zipped.Bytes(), ocispecs.MediaTypeImageLayerZstd: z.Bytes(),
	}
}

func TestRead(t *testing.T) {
	data, files := ordinary(t)
	want := Layer{DiffID: digest.FromBytes(data), Size: int64(len(data)), Content: 8, Entries: 11, Files: 9, Whiteouts: 2}
	for mediaType, blob := range compressed(t, data) {
		var got []File
		l, err := Read(bytes.NewReader(blob), descriptor(mediaType, blob), Limits{}, func(f File) error {
			got = append(got, f)
			return nil
		})
		if err != nil || l != want {
			t.Errorf("%s: %+v, %v, want %+v", mediaType, l, err, want)
		}
		if d := cmp.Diff(files, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", mediaType, d)
		}
	}
}

// sparse is a file of so many bytes of which the archive has none.
func sparse(size int64) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "GNUSparseFile.0/x", Format: tar.FormatPAX, Size: 512})
	w.Write(append([]byte("0\n"), make([]byte, 510)...))
	w.Close()
	// archive/tar does not write such headers: they are put in front of the file's.
	records := ""
	for _, kv := range []string{"GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=x", fmt.Sprintf("GNU.sparse.realsize=%d", size)} {
		n := len(kv) + 2
		for n != len(fmt.Sprintf("%d %s\n", n, kv)) {
			n++
		}
		records += fmt.Sprintf("%d %s\n", n, kv)
	}
	var head bytes.Buffer
	hw := tar.NewWriter(&head)
	hw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "PaxHeaders.0/x", Size: int64(len(records))})
	io.WriteString(hw, records)
	hw.Flush()
	block := head.Bytes()
	block[156] = 'x'
	sum := 0
	copy(block[148:156], "        ")
	for _, b := range block[:512] {
		sum += int(b)
	}
	copy(block[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return append(block, out.Bytes()...)
}

func TestSparse(t *testing.T) {
	data := sparse(100_000)
	l, err := Read(bytes.NewReader(data), descriptor(ocispecs.MediaTypeImageLayer, data), Limits{}, nil)
	if err != nil || l.Content != 100_000 || l.Files != 1 {
		t.Errorf("got %+v, %v", l, err)
	}
}

func TestReadRefuses(t *testing.T) {
	data, _ := ordinary(t)
	forms := compressed(t, data)
	plain, zipped := forms[ocispecs.MediaTypeImageLayer], forms[ocispecs.MediaTypeImageLayerGzip]
	broken := errors.New("the connection is gone")
	zeros := compressed(t, make([]byte, 2<<20))
	var bomb *LimitError
	var damaged *DamagedError
	var kind *MediaTypeError
	for _, c := range []struct {
		name      string
		mediaType string
		blob      []byte
		as        []byte // the blob that it is said to be; nil for itself
		limits    Limits
		want      any // what errors.As finds, nil for broken
		says      string
	}{
		{name: "another blob", mediaType: ocispecs.MediaTypeImageLayer, blob: plain, as: append([]byte("x"), plain[1:]...), want: &damaged, says: "another digest"},
		{name: "bytes behind", mediaType: ocispecs.MediaTypeImageLayer, blob: append(bytes.Clone(plain), 0), as: plain, want: &damaged},
		{name: "cut short", mediaType: ocispecs.MediaTypeImageLayerGzip, blob: zipped[:len(zipped)/2], want: &damaged, says: "unexpected EOF"},
		{name: "no gzip", mediaType: ocispecs.MediaTypeImageLayerGzip, blob: plain, want: &damaged},
		{name: "no zstd", mediaType: ocispecs.MediaTypeImageLayerZstd, blob: plain, want: &damaged},
		{name: "no archive", mediaType: ocispecs.MediaTypeImageLayer, blob: bytes.Repeat([]byte("x"), 1024), want: &damaged},
		{name: "unknown", mediaType: "application/x-unknown", blob: plain, want: &kind, says: "unknown kind"},
		{name: "entries", mediaType: ocispecs.MediaTypeImageLayer, blob: plain, limits: Limits{MaxEntries: 10}, want: &bomb, says: "more than 10 entries"},
		{name: "names", mediaType: ocispecs.MediaTypeImageLayer, blob: plain, limits: Limits{MaxNames: 20}, want: &bomb, says: "more than 20 bytes"},
		{name: "gzip bomb", mediaType: ocispecs.MediaTypeImageLayerGzip, blob: zeros[ocispecs.MediaTypeImageLayerGzip], limits: Limits{MaxBytes: 1 << 20}, want: &bomb, says: "unpacks to more than"},
		{name: "zstd bomb", mediaType: ocispecs.MediaTypeImageLayerZstd, blob: zeros[ocispecs.MediaTypeImageLayerZstd], limits: Limits{MaxBytes: 1 << 20}, want: &bomb, says: "unpacks to more than"},
		{name: "sparse bomb", mediaType: ocispecs.MediaTypeImageLayer, blob: sparse(1 << 50), want: &bomb, says: "its files have more than"},
		{name: "sparse, within the bound of bytes", mediaType: ocispecs.MediaTypeImageLayer, blob: sparse(8 << 30), want: &bomb, says: "its files have more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.as == nil {
				c.as = c.blob
			}
			_, err := Read(bytes.NewReader(c.blob), descriptor(c.mediaType, c.as), c.limits, nil)
			if err == nil || !errors.As(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	_, err := Read(io.MultiReader(bytes.NewReader(plain[:1000]), failing{broken}), descriptor(ocispecs.MediaTypeImageLayer, plain), Limits{}, nil)
	if err != broken {
		t.Errorf("an error of the reader became %v", err)
	}
	if _, err := Read(bytes.NewReader(nil), ocispecs.Descriptor{Digest: "../x"}, Limits{}, nil); !errors.As(err, &damaged) {
		t.Errorf("no digest: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestExpansion: a small blob that goes on for ever is left early.
func TestExpansion(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks a gigabyte")
	}
	var blob bytes.Buffer
	zw, err := zstd.NewWriter(&blob)
	if err != nil {
		t.Fatal(err)
	}
	tw := tar.NewWriter(zw)
	tw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "zeros", Size: easySize + 1<<27})
	block := make([]byte, 1<<20)
	for range (easySize + 1<<27) >> 20 {
		tw.Write(block)
	}
	tw.Close()
	zw.Close()
	var bomb *LimitError
	_, err = Read(&blob, descriptor(ocispecs.MediaTypeImageLayerZstd, blob.Bytes()), Limits{}, nil)
	if !errors.As(err, &bomb) {
		t.Errorf("%d bytes: %v", blob.Len(), err)
	}
}

// BenchmarkRead reads a layer of 64 MB in 4,000 files.
func BenchmarkRead(b *testing.B) {
	var entries []entry
	for i := range 4000 {
		text := strings.Repeat(fmt.Sprintf("line %d of a text that is not the same everywhere\n", i*7919), 16<<10/50)
		entries = append(entries, entry{tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprintf("usr/lib/folder%d/file%d", i/100, i)}, text})
	}
	data := archive(b, entries...)
	for mediaType, blob := range compressed(b, data) {
		b.Run(mediaType[strings.LastIndex(mediaType, ".")+1:], func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := NewCache(b.TempDir()).Layer(b.Context(), descriptor(mediaType, blob), (&counted{blob: blob}).open); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
