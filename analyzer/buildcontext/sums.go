package buildcontext

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/layerwise/layerwise/analyzer/record"
)

// sums remembers the checksums of a tree's selections between scans: as long as
// no entry changed, neither did they, and BuildKit's hasher need not be fed
// again. It belongs to the stat cache and shares its rules: what is damaged
// costs time and nothing else.
type sums struct {
	cache *StatCache
	root  string

	once  sync.Once
	mu    sync.Mutex
	state sumState
}

// sumState is the file of one scanned folder.
type sumState struct {
	Tree string                   `json:"tree"` // fingerprint of all entries
	Sums map[string]digest.Digest `json:"sums"` // by selectors
}

// maxSums bounds the selections that are kept of one folder.
const maxSums = 4096

// lookup returns what is known of a selection; "" for nothing.
func (s *sums) lookup(entries []entry, selectors []record.Selector) digest.Digest {
	if s == nil {
		return ""
	}
	s.once.Do(func() { s.load(entries) })
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Sums[selectionKey(selectors)]
}

func (s *sums) load(entries []entry) {
	tree := fingerprint(entries)
	if data, err := os.ReadFile(s.path()); err == nil {
		if json.Unmarshal(data, &s.state) != nil || s.state.Tree != tree {
			s.state = sumState{}
		}
	}
	s.state.Tree = tree
	if s.state.Sums == nil {
		s.state.Sums = map[string]digest.Digest{}
	}
}

// add remembers a checksum for the next scan.
func (s *sums) add(selectors []record.Selector, sum digest.Digest) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.state.Sums) >= maxSums {
		return
	}
	s.state.Sums[selectionKey(selectors)] = sum
	if data, err := json.Marshal(s.state); err == nil {
		s.cache.replace(s.path(), data)
	}
}

func (s *sums) path() string {
	name := sha256.Sum256([]byte(s.root))
	return filepath.Join(s.cache.dir, hex.EncodeToString(name[:16])+".sums.stat")
}

func selectionKey(selectors []record.Selector) string {
	data, err := json.Marshal(selectors)
	if err != nil { // plain strings and lists
		return ""
	}
	return string(data)
}

// fingerprint is a hash over all that enters checksums.
func fingerprint(entries []entry) string {
	h := sha256.New()
	var numbers [12]byte
	for _, e := range entries {
		binary.LittleEndian.PutUint32(numbers[:4], e.mode)
		binary.LittleEndian.PutUint64(numbers[4:], uint64(e.size))
		h.Write([]byte(e.path))
		h.Write([]byte{0})
		h.Write([]byte(e.target))
		h.Write([]byte{0})
		h.Write(numbers[:])
		h.Write(e.digest[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
