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
	// One goroutine: a record is small, and a build may be running beside it.
	enc, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("cannot compress record %s: %w", r.ID, err)
	}
	if err := json.NewEncoder(enc).Encode(r); err != nil {
		enc.Close()
		return fmt.Errorf("cannot write record %s: %w", r.ID, err)
	}
	if err := enc.Close(); err != nil {
		return fmt.Errorf("cannot write record %s: %w", r.ID, err)
	}
	return nil
}
