package solve

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// logMask leaves credentials out of what steps print. An engine sends that in
// pieces that end anywhere: of each output the line that is not complete waits for
// its rest, and so does a private key for its end.
type logMask struct {
	redactor *record.Redactor
	open     map[logKey]*openLog
}

// logKey names one output of one vertex.
type logKey struct {
	vertex digest.Digest
	stream int
}

// openLog is what waits of an output.
type openLog struct {
	text string
	at   time.Time // when the engine had its last piece
}

// Bounds of what waits: a longer line is shown in parts, and between two of them
// this much still waits, which is more than a credential has.
const (
	maxOpenLog  = 64 << 10
	keptOpenLog = 8 << 10
)

func newLogMask(redactor *record.Redactor) *logMask {
	return &logMask{redactor: redactor, open: map[logKey]*openLog{}}
}

// status returns the logs of a status that can be shown now. What waits of a vertex
// that is done is among them.
func (m *logMask) status(s *client.SolveStatus) []*client.VertexLog {
	var out []*client.VertexLog
	for _, l := range s.Logs {
		if text := m.add(l); text != "" {
			shown := *l
			shown.Data = []byte(text)
			out = append(out, &shown)
		}
	}
	for _, v := range s.Vertexes {
		if v.Completed != nil {
			out = append(out, m.flush(func(k logKey) bool { return k.vertex == v.Digest })...)
		}
	}
	return out
}

func (m *logMask) add(l *client.VertexLog) string {
	key := logKey{l.Vertex, l.Stream}
	o := m.open[key]
	if o == nil {
		o = &openLog{}
		m.open[key] = o
	}
	o.text += string(l.Data)
	o.at = l.Timestamp
	n := m.ready(o.text)
	ready := o.text[:n]
	if o.text = o.text[n:]; o.text == "" {
		delete(m.open, key)
	}
	return m.redactor.Text(ready)
}

// ready is how much of a text can be masked without what comes next.
func (m *logMask) ready(text string) int {
	n := strings.LastIndexAny(text, "\r\n") + 1
	if i := strings.LastIndex(text[:n], "-----BEGIN "); i >= 0 && strings.Contains(text[i:n], "PRIVATE KEY") && !strings.Contains(text[i:n], "-----END ") {
		n = strings.LastIndexAny(text[:i], "\r\n") + 1
	}
	if len(text)-n <= maxOpenLog {
		return n
	}
	return m.apart(text, len(text)-keptOpenLog)
}

// apart is a place near at where a text can be cut: both parts masked are what the
// whole is.
func (m *logMask) apart(text string, at int) int {
	whole := m.redactor.Text(text)
	for cut, tries := at, 0; cut > at/2 && tries < 16; tries++ {
		if m.redactor.Text(text[:cut])+m.redactor.Text(text[cut:]) == whole {
			return cut
		}
		cut = strings.LastIndexAny(text[:cut-1], " \t") + 1
	}
	return at
}

// flush returns what waits of some outputs; nothing comes after it.
func (m *logMask) flush(of func(logKey) bool) []*client.VertexLog {
	var out []*client.VertexLog
	for key, o := range m.open {
		if of(key) {
			delete(m.open, key)
			out = append(out, &client.VertexLog{Vertex: key.vertex, Stream: key.stream, Timestamp: o.at, Data: []byte(m.redactor.Text(o.text))})
		}
	}
	slices.SortFunc(out, func(a, b *client.VertexLog) int {
		return cmp.Or(cmp.Compare(a.Vertex, b.Vertex), cmp.Compare(a.Stream, b.Stream))
	})
	return out
}

// end returns what waits of all outputs, as one more status; nil for nothing.
func (m *logMask) end() *client.SolveStatus {
	logs := m.flush(func(logKey) bool { return true })
	if len(logs) == 0 {
		return nil
	}
	return &client.SolveStatus{Logs: logs}
}
