package record

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Limits bound what Read takes from a file that anybody may have written. A
// field that is 0 stands for its default.
type Limits struct {
	// MaxBytes is the size of the JSON once it is decompressed.
	MaxBytes int64
	// MaxObjects is the number of JSON objects. A few bytes of JSON can ask for
	// a struct a hundred times their size, so that MaxBytes alone bounds nothing.
	MaxObjects int
	// MaxValues is the number of JSON values, the elements of lists and the members
	// of objects: an empty string in a list takes ten times the memory of its text.
	MaxValues int
	// NoTrees leaves out Record.Trees, which are nearly all of a large record.
	NoTrees bool
}

// The default limits: far above any real record. The record of a build over a
// context of 100,000 files has 20 MB and as many objects as files.
const (
	DefaultMaxBytes   = 1 << 29
	DefaultMaxObjects = 2 << 20
	DefaultMaxValues  = 16 << 20
)

// maxExpansion bounds how many times its compressed size a record may have, from
// easySize bytes on. Records are mostly digests, which compress to half.
const (
	maxExpansion = 200
	easySize     = 32 << 20
)

// maxWindow bounds the memory that a compressed stream can make the
// decompressor reserve. The writer's default window is 8 MB.
const maxWindow = 64 << 20

// DamagedError is a record that cannot be read: cut short, altered, or no
// record at all.
type DamagedError struct {
	Err error
}

func (e *DamagedError) Error() string { return "damaged record: " + e.Err.Error() }
func (e *DamagedError) Unwrap() error { return e.Err }

// SchemaError is a record in a format that this version does not know; mostly
// a newer version wrote it.
type SchemaError struct {
	Schema string
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("record has schema %.60q, this version reads %q: use the version that wrote it", e.Schema, Schema)
}

// Read reads a record, compressed or as plain JSON. Its Steps are never nil.
//
// Errors are a *DamagedError, a *SchemaError, or those of r as they are.
func Read(r io.Reader, limits Limits) (*Record, error) {
	if limits.MaxBytes == 0 {
		limits.MaxBytes = DefaultMaxBytes
	}
	if limits.MaxObjects == 0 {
		limits.MaxObjects = DefaultMaxObjects
	}
	if limits.MaxValues == 0 {
		limits.MaxValues = DefaultMaxValues
	}
	src := &source{r: r}
	text, err := readText(src, limits)
	if src.err != nil {
		return nil, src.err
	}
	if err != nil {
		return nil, &DamagedError{err}
	}
	return decode(text, limits.NoTrees)
}

// readText returns the JSON text of a record, decompressed.
func readText(src *source, limits Limits) ([]byte, error) {
	in := bufio.NewReader(src)
	if magic, _ := in.Peek(4); isZstd(magic) {
		dec, err := zstd.NewReader(in,
			zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		defer dec.Close()
		return readAll(dec, src, limits)
	}
	return readAll(in, src, limits)
}

// isZstd says whether data starts with a zstd frame or with a skippable frame
// (RFC 8878, sections 3.1.1 and 3.1.2), which a store puts in front.
func isZstd(data []byte) bool {
	if len(data) < 4 {
		return false
	}
	magic := binary.LittleEndian.Uint32(data)
	return magic == 0xFD2FB528 || magic&^0xF == 0x184D2A50
}

// readAll reads a text, and stops where it is over a limit, before the whole of
// it is in memory.
func readAll(r io.Reader, src *source, limits Limits) ([]byte, error) {
	var text bytes.Buffer
	var count counter
	block := make([]byte, 64<<10)
	for {
		n, err := r.Read(block)
		text.Write(block[:n])
		count.add(block[:n])
		size := int64(text.Len())
		switch {
		case size > limits.MaxBytes:
			return nil, fmt.Errorf("larger than %d bytes", limits.MaxBytes)
		case count.objects > limits.MaxObjects:
			return nil, fmt.Errorf("more than %d objects", limits.MaxObjects)
		case count.values > limits.MaxValues:
			return nil, fmt.Errorf("more than %d values", limits.MaxValues)
		case size > easySize && size > maxExpansion*src.size:
			return nil, fmt.Errorf("%d bytes expand to more than %d", src.size, size)
		case err == io.EOF:
			return text.Bytes(), nil
		case err != nil:
			return nil, err
		}
	}
}

// counter counts what a JSON text asks for. It need not be a valid one.
type counter struct {
	objects, values   int
	inString, escaped bool
}

func (c *counter) add(text []byte) {
	for i := 0; i < len(text); i++ {
		if c.inString {
			if c.escaped {
				c.escaped = false
				continue
			}
			// Most of a record are strings: what they hold is passed over at once.
			next := bytes.IndexAny(text[i:], "\"\\")
			if next < 0 {
				return
			}
			i += next
			c.escaped = text[i] == '\\'
			c.inString = c.escaped
			continue
		}
		switch text[i] {
		case '"':
			c.inString = true
		case '{':
			c.objects++
			c.values++
		case '[', ',':
			c.values++
		}
	}
}

// treeless is a record whose trees are passed over.
type treeless struct {
	*Record
	Trees passedOver `json:"trees"` // hides that of the record
}

type passedOver struct{}

func (*passedOver) UnmarshalJSON([]byte) error { return nil }

func decode(text []byte, noTrees bool) (*Record, error) {
	var r Record
	var into any = &r
	if noTrees {
		into = &treeless{Record: &r}
	}
	err := json.Unmarshal(text, into)
	// The schema decides first: a newer one may have fields of other types.
	var wrongType *json.UnmarshalTypeError
	if r.Schema != "" && r.Schema != Schema && (err == nil || errors.As(err, &wrongType)) {
		return nil, &SchemaError{Schema: r.Schema}
	}
	switch {
	case err != nil:
		return nil, &DamagedError{err}
	case r.Schema == "":
		return nil, &DamagedError{errors.New("not a record: it names no schema")}
	case r.ID == "":
		return nil, &DamagedError{errors.New("it has no id")}
	}
	if r.Steps == nil {
		r.Steps = []Step{}
	}
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Parsed == nil { // an older version wrote it
			s.noteInline()
		}
	}
	r.restoreRaw()
	return &r, nil
}

// source remembers the error of a reader, so that a file that cannot be read
// is told from a damaged one.
type source struct {
	r    io.Reader
	size int64 // bytes read so far
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.size += int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
