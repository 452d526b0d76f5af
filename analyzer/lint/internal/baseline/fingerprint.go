package baseline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// Marker gives findings fingerprints: by their rule, their file and the text that
// they are about, so that a finding keeps its fingerprint when lines move. Of
// several that are alike, the first, the second and so on are told apart. The zero
// value is ready for one run.
type Marker struct {
	seen map[[sha256.Size]byte]int
}

// Mark returns the next fingerprint. file is the name that it is to be known by,
// whatever the current folder is.
func (m *Marker) Mark(file, rule, text string) string {
	key := sha256.Sum256([]byte(rule + "\x00" + file + "\x00" + text))
	if m.seen == nil {
		m.seen = map[[sha256.Size]byte]int{}
	}
	n := m.seen[key]
	m.seen[key]++
	sum := sha256.Sum256(strconv.AppendInt(key[:], int64(n), 10))
	return hex.EncodeToString(sum[:16])
}

// Text is what a finding is about, for its fingerprint: the instruction without
// comments and with single spaces, else the line, else nothing. The file is nil
// where the source does not parse.
func Text(f *dockerfile.File, source []byte, at finding.Span) string {
	if f != nil && at.Line > 0 {
		for _, in := range f.All() {
			if at.Line >= in.Line && at.Line <= in.EndLine {
				return instruction(in)
			}
		}
	}
	n := 1
	for line := range bytes.Lines(source) {
		if n == at.Line {
			return strings.Join(strings.Fields(string(line)), " ")
		}
		n++
	}
	return ""
}

func instruction(in *dockerfile.Instruction) string {
	text := in.Summary()
	for _, h := range in.Heredocs {
		text += "\n" + h.Content
	}
	return text
}
