package record

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"
)

// NewID returns a new record id such as "20261123-091530-3f0a1c": the time in
// UTC, then six digits that carry the millisecond above 14 random bits. Ids
// sort as text in the order of their times, down to the millisecond.
func NewID(t time.Time) string {
	var random [2]byte
	rand.Read(random[:]) // never fails (crypto/rand)
	t = t.UTC()
	ms := uint32(t.Nanosecond() / int(time.Millisecond))
	return fmt.Sprintf("%s-%06x", t.Format("20060102-150405"), ms<<14|uint32(binary.BigEndian.Uint16(random[:])>>2))
}
