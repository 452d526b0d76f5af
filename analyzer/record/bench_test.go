package record_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
)

func bigRecord() *record.Record {
	r := &record.Record{Schema: record.Schema, ID: "x", Trees: map[string]record.Tree{}}
	for i := range 12500 {
		r.Trees["context"] = append(r.Trees["context"], record.File{Path: fmt.Sprintf("dir%d/sub%d/file%d.txt", i/1000, i/100, i), Type: "file", Mode: 0o644, Size: int64(i * 37), Digest: fmt.Sprintf("sha256:%064x", i*7919*104729)})
	}
	return r
}

func BenchmarkWrite(b *testing.B) {
	r := bigRecord()
	for b.Loop() {
		var buf bytes.Buffer
		if err := record.Write(&buf, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	var buf bytes.Buffer
	record.Write(&buf, bigRecord())
	for b.Loop() {
		if _, err := record.Read(bytes.NewReader(buf.Bytes()), record.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
