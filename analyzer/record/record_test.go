package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

func sample() *Record {
	last := 1.5
	return &Record{
		Schema: Schema, ID: "20261123-091530-ab12cd", Tool: "test",
		Project: Project{Context: "/src/app", Dockerfile: "Dockerfile", Platforms: []string{"linux/amd64"}},
		Result:  Succeeded, Basis: Observed,
		Started: time.Date(2026, 11, 23, 9, 15, 30, 0, time.UTC), Seconds: 2.5,
		Steps: []Step{{
			ID: "linux/amd64 build 2", Instruction: "COPY", Text: "COPY . .", Outcome: Miss, LastRunSeconds: &last,
			Vertices: []Vertex{{Digest: "sha256:1", Op: Op{Kind: "file"}, Inputs: []Input{{Selectors: []Selector{{Path: "/"}}}}}},
		}},
		Trees: map[string]Tree{"context": {{Path: "a\nb", Type: "file", Mode: 0o644, Size: 3, Digest: "sha256:2"}}},
	}
}

func encode(t testing.TB, r *Record) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := Write(&buf, r); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func compress(t testing.TB, text string) []byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return enc.EncodeAll([]byte(text), nil)
}

func TestRoundTrip(t *testing.T) {
	data := encode(t, sample())
	plain, err := zstd.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	text, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	skippable := append([]byte{0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'}, data...)
	for name, in := range map[string][]byte{"compressed": data, "plain": text, "after a skippable frame": skippable} {
		got, err := Read(iotest.OneByteReader(bytes.NewReader(in)), Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(sample(), got); diff != "" {
			t.Errorf("%s: (-written +read)\n%s", name, diff)
		}
	}
}

func TestReadDamaged(t *testing.T) {
	data := encode(t, sample())
	flipped := bytes.Clone(data)
	flipped[len(flipped)/2] ^= 0x40
	cases := map[string][]byte{
		"empty":             {},
		"cut short":         data[:len(data)-7],
		"altered":           flipped,
		"no JSON":           []byte("hello"),
		"cut JSON":          []byte(`{"schema":"` + Schema + `","id":"x"`),
		"no schema":         []byte(`{"id":"x"}`),
		"no id":             []byte(`{"schema":"` + Schema + `"}`),
		"wrong type":        []byte(`{"schema":"` + Schema + `","id":1}`),
		"an array":          []byte(`[]`),
		"two values":        []byte(`{"schema":"` + Schema + `","id":"x"}{}`),
		"deeply nested":     []byte(`{"id":` + strings.Repeat("[", 200_000)),
		"a bomb":            compress(t, strings.Repeat(" ", 20<<20)),
		"too many objects":  []byte(`{"schema":"` + Schema + `","id":"x","steps":[{}` + strings.Repeat(",{}", 3000) + `]}`),
		"header frame only": {0x5A, 0x2A, 0x4D, 0x18, 0xFF, 0xFF, 0xFF, 0xFF, 'a'},
	}
	for name, in := range cases {
		_, err := Read(bytes.NewReader(in), Limits{MaxBytes: 10 << 20, MaxObjects: 2000})
		var damaged *DamagedError
		if !errors.As(err, &damaged) {
			t.Errorf("%s: got %v, want a *DamagedError", name, err)
		}
	}
}

func TestReadBracesInStrings(t *testing.T) {
	r := sample()
	r.Steps[0].Text = strings.Repeat(`{"\`, 100)
	if _, err := Read(bytes.NewReader(encode(t, r)), Limits{MaxObjects: 50}); err != nil {
		t.Error(err)
	}
}

func TestReadOtherErrors(t *testing.T) {
	var schema *SchemaError
	for _, in := range []string{`{"schema":"layerwise/record/v2","id":"x"}`, `{"schema":"layerwise/record/v2","id":{}}`} {
		if _, err := Read(strings.NewReader(in), Limits{}); !errors.As(err, &schema) {
			t.Errorf("%s: got %v, want a *SchemaError", in, err)
		}
	}
	broken := errors.New("disk on fire")
	var damaged *DamagedError
	_, err := Read(io.MultiReader(bytes.NewReader(encode(t, sample())[:20]), iotest.ErrReader(broken)), Limits{})
	if !errors.Is(err, broken) || errors.As(err, &damaged) {
		t.Errorf("got %v, want the reader's own error", err)
	}
}

func TestWriteErrors(t *testing.T) {
	var schema *SchemaError
	if err := Write(io.Discard, &Record{Schema: "other"}); !errors.As(err, &schema) {
		t.Errorf("got %v, want a *SchemaError", err)
	}
	full := errors.New("no space left")
	if err := Write(failingWriter{full}, sample()); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestNewID(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 15, 30, 123e6, time.UTC)
	if id := NewID(at); !strings.HasPrefix(id, "20261123-091530-") || len(id) != 22 {
		t.Errorf("got %s", id)
	}
	ids := []string{}
	for ms := range 1000 {
		ids = append(ids, NewID(at.Add(time.Duration(ms)*time.Millisecond)))
	}
	for i := 1; i < len(ids); i++ {
		if ids[i-1] >= ids[i] {
			t.Fatalf("%s is not before %s", ids[i-1], ids[i])
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(encode(f, sample()))
	f.Add([]byte(fmt.Sprintf(`{"schema":%q,"id":"x","steps":[{"vertices":null}]}`, Schema)))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read(bytes.NewReader(data), Limits{MaxBytes: 1 << 20, MaxObjects: 1000})
		if err == nil && (r == nil || r.Steps == nil) {
			t.Fatal("neither a record nor an error")
		}
	})
}

// TestRawNames keeps the bytes of names that are no UTF-8.
func TestRawNames(t *testing.T) {
	r := &Record{
		Schema: Schema, ID: "20260101-000000-000000",
		Trees: map[string]Tree{
			"context": {{Path: "inv\xff", Type: "file"}, {Path: "link", Type: "symlink", Target: "\xff/x"}, {Path: "plain\ufffd", Type: "file"}},
			"other":   {{Path: "a", Type: "file"}},
		},
		Steps: []Step{
			{ID: "1", Vertices: []Vertex{{Digest: "a", Inputs: []Input{{Files: map[string]string{"a\xfe": "1", "a\xff": "2", "b": "3"}}}}}},
			{ID: "2", Vertices: []Vertex{{Digest: "b", Inputs: []Input{{Files: map[string]string{"b": "3"}}}}}},
		},
	}
	before := fmt.Sprintf("%+v", *r)
	text := encode(t, r)
	if after := fmt.Sprintf("%+v", *r); after != before {
		t.Errorf("writing changed the record:\n%s\n%s", before, after)
	}
	got, err := Read(bytes.NewReader(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, got); diff != "" {
		t.Errorf("(-written +read)\n%s", diff)
	}
}

// TestBombs refuses texts that a few bytes make large, before they are.
func TestBombs(t *testing.T) {
	repeat := func(start, unit, end string, n int) io.Reader {
		var b bytes.Buffer
		enc, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(enc, start)
		block := strings.Repeat(unit, 1<<16/len(unit))
		for range n / (1 << 16 / len(unit)) {
			io.WriteString(enc, block)
		}
		io.WriteString(enc, end)
		enc.Close()
		return &b
	}
	for name, tt := range map[string]struct {
		text io.Reader
		want string
	}{
		"strings in a list":      {repeat(`{"schema":"x","warnings":["`, `","`, `"]}`, 20<<20), "more than "},
		"numbers in a list":      {repeat(`{"schema":"x","steps":[`, `0,`, `0]}`, 20<<20), "more than "},
		"lists in lists":         {repeat(`{"schema":"x","steps":`, `[`, ``, 20<<20), "more than "},
		"objects":                {repeat(`{"schema":"x","steps":[`, `{},`, `{}]}`, 20<<20), "more than "},
		"members":                {repeat(`{"schema":"x","buildArgs":{`, `"a":"",`, `"b":""}}`, 20<<20), "more than "},
		"one long string":        {repeat(`{"schema":"x","id":"`, `aaaa`, `"}`, 10<<20), " expand to more than "},
		"white space":            {repeat(`{"schema":"x"`, `    `, `}`, 10<<20), " expand to more than "},
		"quotes in long strings": {repeat(`{"schema":"x","id":"`, `\"{[,`, `"}`, 10<<20), " expand to more than "},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Read(tt.text, Limits{})
			runtime.ReadMemStats(&after)
			var damaged *DamagedError
			if !errors.As(err, &damaged) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 512<<20 {
				t.Errorf("it took %d MB", took>>20)
			}
		})
	}
}

// TestReadWithoutTrees: all else is there.
func TestReadWithoutTrees(t *testing.T) {
	r := &Record{ID: "x", Label: "l", Steps: []Step{{ID: "s"}}, Warnings: []string{"w"},
		Trees: map[string]Tree{"context": {{Path: "a", Digest: "d"}, {Path: "\xff"}}}}
	var data bytes.Buffer
	if err := Write(&data, r); err != nil {
		t.Fatal(err)
	}
	got, err := Read(bytes.NewReader(data.Bytes()), Limits{NoTrees: true})
	if err != nil {
		t.Fatal(err)
	}
	r.Trees = nil
	if d := cmp.Diff(r, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	var damaged *DamagedError
	for _, text := range []string{`{"schema":"layerwise/record/v1","id":"x","trees":{]}`, `{"trees":{}}`, `{"schema":"layerwise/record/v1","trees":{}}`} {
		if _, err := Read(strings.NewReader(text), Limits{NoTrees: true}); !errors.As(err, &damaged) {
			t.Errorf("%s: %v", text, err)
		}
	}
	var schema *SchemaError
	if _, err := Read(strings.NewReader(`{"schema":"layerwise/record/v9","id":5}`), Limits{NoTrees: true}); !errors.As(err, &schema) {
		t.Errorf("another schema: %v", err)
	}
}
