package history

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
)

// Entry is what a list shows of a record.
type Entry struct {
	ID      string         `json:"id"`
	Project record.Project `json:"project"`
	Label   string         `json:"label,omitempty"`
	Result  record.Result  `json:"result"`
	Started time.Time      `json:"started"`
	Seconds float64        `json:"seconds"`
	Hits    int            `json:"hits"`
	Misses  int            `json:"misses"`
	// Engine is the engine's CacheID.
	Engine string `json:"engine,omitempty"`
	Size   int64  `json:"-"` // bytes on disk
	Path   string `json:"-"` // of the file
}

// entryOf summarizes a record.
func entryOf(r *record.Record) Entry {
	e := Entry{
		ID: r.ID, Project: r.Project, Label: r.Label, Result: r.Result,
		Started: r.Started, Seconds: r.Seconds, Engine: r.Engine.CacheID,
	}
	for _, step := range r.Steps {
		switch step.Outcome {
		case record.Hit:
			e.Hits++
		case record.Miss:
			e.Misses++
		}
	}
	return e
}

// headerMagic starts the header: a skippable frame of the zstd format (RFC
// 8878, section 3.1.2), which every zstd program passes over. Its length
// follows in four bytes, then an Entry in JSON.
const headerMagic = 0x184D2A5A

// maxHeader bounds a header's JSON, in bytes; a longer one is left out, and
// the list reads the whole record.
const maxHeader = 16 << 10

var errNoHeader = errors.New("no header")

func writeHeader(w io.Writer, e Entry) error {
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("cannot describe the record: %w", err)
	}
	if len(text) > maxHeader {
		return nil
	}
	head := binary.LittleEndian.AppendUint32(nil, headerMagic)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(text)))
	_, err = w.Write(append(head, text...))
	return err
}

// readHeader reads a header; errNoHeader says that there is none, or a
// damaged one.
func readHeader(r io.Reader) (Entry, error) {
	// One read mostly takes it all.
	block := make([]byte, 2048)
	n, err := io.ReadFull(r, block)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return Entry{}, err
	}
	block = block[:n]
	if n < 8 || binary.LittleEndian.Uint32(block) != headerMagic {
		return Entry{}, errNoHeader
	}
	size := int(binary.LittleEndian.Uint32(block[4:]))
	if size > maxHeader {
		return Entry{}, errNoHeader
	}
	text := block[8:]
	if missing := size - len(text); missing > 0 {
		rest := make([]byte, missing)
		if _, err := io.ReadFull(r, rest); err != nil {
			return Entry{}, errNoHeader
		}
		text = append(text, rest...)
	}
	var e Entry
	if err := json.Unmarshal(text[:size], &e); err != nil {
		return Entry{}, errNoHeader
	}
	return e, nil
}
