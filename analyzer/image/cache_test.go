package image

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// counted opens a blob and counts how often.
type counted struct {
	blob []byte
	n    int
}

func (c *counted) open(context.Context) (io.Reader, error) {
	c.n++
	return bytes.NewReader(c.blob), nil
}

func TestCache(t *testing.T) {
	data, files := ordinary(t)
	forms := compressed(t, data)
	dir := filepath.Join(t.TempDir(), "made", "later")
	c := NewCache(dir)
	if _, err := c.Files(digest.FromBytes(data)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty cache: %v", err)
	}
	var first Layer
	for mediaType, blob := range forms {
		for range 2 {
			from := &counted{blob: blob}
			l, err := NewCache(dir).Layer(t.Context(), descriptor(mediaType, blob), from.open)
			if err != nil || first != (Layer{}) && l != first {
				t.Fatalf("%s: %+v, %v", mediaType, l, err)
			}
			first = l
		}
		from := &counted{blob: blob}
		if _, err := c.Layer(t.Context(), descriptor(mediaType, blob), from.open); err != nil || from.n != 0 {
			t.Errorf("%s: a known layer was read %d times, %v", mediaType, from.n, err)
		}
	}
	got, err := c.Files(first.DiffID)
	if d := cmp.Diff(files, got); err != nil || d != "" {
		t.Errorf("files: %v (-want +got):\n%s", err, d)
	}
	layers, _ := filepath.Glob(filepath.Join(dir, "*"+layerSuffix))
	rest, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(layers) != 1 || len(rest) != 0 {
		t.Errorf("three forms of one layer: %q, left over %q", layers, rest)
	}
}

// TestCacheMends: whatever becomes of the cache's files, the layer is what it is,
// and is known again after that.
func TestCacheMends(t *testing.T) {
	data, files := ordinary(t)
	d := descriptor(ocispecs.MediaTypeImageLayer, data)
	for name, damage := range map[string]func(t *testing.T, layer, blob string) error{
		"empty":     func(_ *testing.T, layer, _ string) error { return os.Truncate(layer, 0) },
		"cut short": func(_ *testing.T, layer, _ string) error { return os.Truncate(layer, blockSize+5) },
		"a digit":   func(t *testing.T, layer, _ string) error { return flip(t, layer, "\"size\":", "\"size\":1") },
		"its magic": func(t *testing.T, layer, _ string) error { return flip(t, layer, entryMagic, "lwlayer0") },
		"its list":  func(t *testing.T, layer, _ string) error { return flipLast(t, layer) },
		"gone":      func(_ *testing.T, layer, _ string) error { return os.Remove(layer) },
		"a folder": func(_ *testing.T, layer, _ string) error {
			return errors.Join(os.Remove(layer), os.Mkdir(layer, 0o700))
		},
		"no blob":       func(_ *testing.T, _, blob string) error { return os.Truncate(blob, 0) },
		"a blob's path": func(_ *testing.T, _, blob string) error { return os.WriteFile(blob, []byte("sha256:../../x"), 0o600) },
		"another layer's": func(_ *testing.T, layer, blob string) error {
			other := digest.FromString("other")
			return errors.Join(os.Rename(layer, strings.Replace(layer, digest.FromBytes(data).Encoded(), other.Encoded(), 1)), os.WriteFile(blob, []byte(other), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := NewCache(t.TempDir())
			l, err := c.Layer(t.Context(), d, (&counted{blob: data}).open)
			if err != nil {
				t.Fatal(err)
			}
			if err := damage(t, c.layerPath(l.DiffID), c.blobPath(d.Digest)); err != nil {
				t.Fatal(err)
			}
			c.Files(l.DiffID) // notices what is wrong with a list
			for range 2 {
				again, err := c.Layer(t.Context(), d, (&counted{blob: data}).open)
				if err != nil || again != l {
					t.Errorf("got %+v, %v, want %+v", again, err, l)
				}
			}
			if name == "a folder" {
				return // nobody else's is removed
			}
			from := &counted{blob: data}
			if _, err := c.Layer(t.Context(), d, from.open); err != nil || from.n > 0 {
				t.Errorf("it was not written again: %v", err)
			}
			if got, err := c.Files(l.DiffID); err != nil || !cmp.Equal(got, files) {
				t.Errorf("files: %v, %v", got, err)
			}
		})
	}
}

func flip(t *testing.T, file, old, new string) error {
	data, err := os.ReadFile(file)
	if err == nil && !bytes.Contains(data, []byte(old)) {
		t.Fatalf("%s has no %q", file, old)
	}
	return errors.Join(err, os.WriteFile(file, bytes.Replace(data, []byte(old), []byte(new), 1), 0o600))
}

func flipLast(t *testing.T, file string) error {
	data, err := os.ReadFile(file)
	data[len(data)-10] ^= 1
	return errors.Join(err, os.WriteFile(file, data, 0o600))
}

// TestHostileList: a list that says more than it has takes no memory for it.
func TestHostileList(t *testing.T) {
	for name, list := range map[string]string{
		"an unknown type": "\x63\x00\x00\x00\x00\x00\x00",
		"a long name":     "\x01\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\x7f",
		"nothing":         "",
		"a cut name":      "\x01\x00\x00\x00\x00\x05ab",
		"no digest":       "\x01\x00\x00\x00\x00\x00\x00",
		"a long number":   "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	} {
		if files, err := readFiles(strings.NewReader(list), 1<<20); err == nil {
			t.Errorf("%s: %d files", name, len(files))
		}
	}
	if _, err := readFiles(strings.NewReader("more"), 0); err == nil {
		t.Error("bytes behind the list are not noticed")
	}
}

func TestCachePrunes(t *testing.T) {
	c := NewCache(t.TempDir())
	c.maxFiles = 6 // three layers, with their blobs
	var blobs [][]byte
	add := func(i int) {
		data := archive(t, entry{tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprint(i)}, "x"})
		blobs = append(blobs, data)
		if _, err := c.Layer(t.Context(), descriptor(ocispecs.MediaTypeImageLayer, data), (&counted{blob: data}).open); err != nil {
			t.Fatal(err)
		}
	}
	known := func(i int) bool { _, ok := c.known(digest.FromBytes(blobs[i])); return ok }
	litter := filepath.Join(c.dir, ".tmp-1")
	foreign := filepath.Join(c.dir, "note.txt")
	for _, file := range []string{litter, foreign} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-48 * time.Hour)
		os.Chtimes(file, old, old)
	}
	for i := range 3 {
		add(i)
		old := time.Now().Add(time.Duration(i-100) * time.Hour)
		os.Chtimes(c.layerPath(digest.FromBytes(blobs[i])), old, old)
		os.Chtimes(c.blobPath(digest.FromBytes(blobs[i])), old.Add(time.Minute), old.Add(time.Minute))
	}
	if !known(0) { // of use now, so that the second is the oldest
		t.Fatal("the first layer is not known")
	}
	add(3)
	if !known(0) || known(1) || !known(2) || !known(3) {
		t.Errorf("known: %v %v %v %v", known(0), known(1), known(2), known(3))
	}
	if _, err := os.Stat(litter); err == nil {
		t.Error("what a killed writer left is still there")
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Error("a foreign file was removed")
	}
	if err := c.Clear(); err != nil || known(0) || known(3) {
		t.Errorf("after Clear: %v, known: %v %v", err, known(0), known(3))
	}
	if err := NewCache(filepath.Join(c.dir, "none")).Clear(); err != nil {
		t.Errorf("a cache that is not there: %v", err)
	}
	c.maxBytes = 1
	add(4)
	if left, _ := filepath.Glob(filepath.Join(c.dir, "*-*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// TestCacheWithoutAFolder: layers are read where nothing can be kept.
func TestCacheWithoutAFolder(t *testing.T) {
	data, _ := ordinary(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		for range 2 {
			l, err := NewCache(dir).Layer(t.Context(), descriptor(ocispecs.MediaTypeImageLayer, data), (&counted{blob: data}).open)
			if err != nil || l.Files != 9 {
				t.Errorf("%q: %+v, %v", dir, l, err)
			}
		}
	}
	missing := errors.New("not there")
	_, err := NewCache("").Layer(t.Context(), descriptor("", data), func(context.Context) (io.Reader, error) { return nil, missing })
	if err != missing {
		t.Errorf("got %v", err)
	}
}

func TestCacheConcurrently(t *testing.T) {
	data, files := ordinary(t)
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				c := NewCache(dir)
				l, err := c.Layer(t.Context(), descriptor(ocispecs.MediaTypeImageLayer, data), (&counted{blob: data}).open)
				if err != nil || l.Files != 9 {
					t.Errorf("%+v, %v", l, err)
				}
				if got, err := c.Files(l.DiffID); err != nil || !cmp.Equal(got, files) {
					t.Errorf("%v, %v", got, err)
				}
			}
		})
	}
	group.Wait()
}

// TestNothingIsLeft: a reader that is given up leaves no goroutine and no file.
func TestNothingIsLeft(t *testing.T) {
	data, _ := ordinary(t)
	blob := compressed(t, data)[ocispecs.MediaTypeImageLayerZstd]
	c := NewCache(t.TempDir())
	before := runtime.NumGoroutine()
	for range 20 {
		cut := blob[:len(blob)-7]
		if _, err := c.Layer(t.Context(), descriptor(ocispecs.MediaTypeImageLayerZstd, cut), (&counted{blob: cut}).open); err == nil {
			t.Fatal("a layer that is cut short was read")
		}
	}
	if n := runtime.NumGoroutine(); n > before+5 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	if left, _ := os.ReadDir(c.dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
