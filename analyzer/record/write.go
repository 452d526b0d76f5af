package record

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Write writes a record as zstd-compressed JSON, with a checksum over the
// content. An empty Schema is set to the one of this version. w is not closed.
func Write(w io.Writer, r *Record) error {
	if r.Schema == "" {
		r.Schema = Schema
	}
	if r.Schema != Schema {
		return &SchemaError{Schema: r.Schema}
	}
	// Most of a large record are digests, which no level makes smaller; a second
	// goroutine compresses what the first one encodes.
	enc, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20))
	if err != nil {
		return fmt.Errorf("cannot compress record %s: %w", r.ID, err)
	}
	if err := json.NewEncoder(enc).Encode(withRawNames(r)); err != nil {
		enc.Close()
		return fmt.Errorf("cannot write record %s: %w", r.ID, err)
	}
	if err := enc.Close(); err != nil {
		return fmt.Errorf("cannot write record %s: %w", r.ID, err)
	}
	return nil
}
