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
}

// The default limits: far above any real record. The record of a build over a
// context of 100,000 files has 20 MB and as many objects as files.
const (
	DefaultMaxBytes   = 1 << 30
	DefaultMaxObjects = 2 << 20
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
	src := &source{r: r}
	text, err := readText(src, limits.MaxBytes)
	if src.err != nil {
		return nil, src.err
	}
	if err != nil {
		return nil, &DamagedError{err}
	}
	if tooManyObjects(text, limits.MaxObjects) {
		return nil, &DamagedError{fmt.Errorf("more than %d objects", limits.MaxObjects)}
	}
	return decode(text)
}

// readText returns the JSON text of a record, decompressed.
func readText(src io.Reader, limit int64) ([]byte, error) {
	in := bufio.NewReader(src)
	if magic, _ := in.Peek(4); isZstd(magic) {
		dec, err := zstd.NewReader(in,
			zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		defer dec.Close()
		return readAll(dec, limit)
	}
	return readAll(in, limit)
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

func readAll(r io.Reader, limit int64) ([]byte, error) {
	var text bytes.Buffer
	n, err := io.Copy(&text, io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, err
	case n > limit:
		return nil, fmt.Errorf("larger than %d bytes", limit)
	}
	return text.Bytes(), nil
}

// tooManyObjects says whether text has more than limit JSON objects. Braces
// inside strings are only told apart where the plain count is over the limit.
func tooManyObjects(text []byte, limit int) bool {
	if bytes.Count(text, []byte("{")) <= limit {
		return false
	}
	count, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && c == '{':
			count++
		}
	}
	return count > limit
}

func decode(text []byte) (*Record, error) {
	var r Record
	err := json.Unmarshal(text, &r)
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
	return &r, nil
}

// source remembers the error of a reader, so that a file that cannot be read
// is told from a damaged one.
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
