package explain

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/record"
)

// TestStale has records of a COPY of a folder, of which the engine was sent an
// older state.
func TestStale(t *testing.T) {
	file := func(digest string, mtime int64) record.File {
		return record.File{Path: "src/a", Type: "file", Mode: 0o644, Size: 3, Digest: digest, MTime: mtime}
	}
	folder := func(mode uint32) record.File { return record.File{Path: "src", Type: "dir", Mode: mode, Digest: "d"} }
	rec := func(kind string, outcome record.Outcome, content string, files ...record.File) *record.Record {
		return &record.Record{
			Basis: record.Observed, Engine: record.Engine{Kind: kind, CacheID: "1"}, Trees: map[string]record.Tree{"context": files},
			Steps: []record.Step{{ID: "copy", Instruction: "COPY", Text: "COPY src /", Effect: record.EffectLayer, Outcome: outcome,
				Vertices: []record.Vertex{{Op: record.Op{Kind: "file", Fields: map[string]string{"actions": "copy"}}, Ran: outcome == record.Miss,
					Inputs: []record.Input{{Source: "context", Tree: "context", Hashed: true, Content: content, Selectors: []record.Selector{{Path: "/src", Follow: true}}}}}}}},
		}
	}
	const warning = "src/a changed, and BuildKit may have used it as it was before: neither its size nor its time is another one; touch it"
	const mode = "src has another mode, which BuildKit does not notice of a folder that it was sent before"
	for _, c := range []struct {
		name     string
		old, cur *record.Record
		warnings []string
		content  string // what the record is given
	}{
		{"reused", rec("remote", record.Miss, "one", folder(0o755), file("1", 7)), rec("remote", record.Hit, "two", folder(0o755), file("2", 7)), []string{warning}, "one"},
		{"another time", rec("remote", record.Miss, "one", folder(0o755), file("1", 7)), rec("remote", record.Hit, "two", folder(0o755), file("2", 8)), nil, "two"},
		{"unknown time", rec("remote", record.Miss, "one", folder(0o755), file("1", 0)), rec("remote", record.Hit, "two", folder(0o755), file("2", 0)), nil, "two"},
		{"noticed", rec("remote", record.Miss, "one", folder(0o755), file("1", 7)), rec("remote", record.Miss, "two", folder(0o755), file("2", 7)), nil, "two"},
		{"an engine that tells", rec("embedded", record.Miss, "one", folder(0o755), file("1", 7)), rec("embedded", record.Hit, "one", folder(0o755), file("2", 7)), nil, "one"},
		{"a folder's mode", rec("embedded", record.Miss, "one", folder(0o755), file("1", 7)), rec("embedded", record.Hit, "one", folder(0o700), file("1", 7)), []string{mode}, "one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			CarryForward(c.old, c.cur)
			if d := cmp.Diff(c.warnings, c.cur.Warnings); d != "" {
				t.Errorf("warnings (-want +got):\n%s", d)
			}
			if got := c.cur.Steps[0].Vertices[0].Inputs[0].Content; got != c.content {
				t.Errorf("content %s, want %s", got, c.content)
			}
			if len(c.warnings) > 0 {
				if d := cmp.Diff(c.old.Trees, c.cur.Trees); d != "" {
					t.Errorf("files as the engine took them (-want +got):\n%s", d)
				}
			}
		})
	}
}
