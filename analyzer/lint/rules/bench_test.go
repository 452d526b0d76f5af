package rules

import (
	"context"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/solver/pb"
)

var corpus = flag.String("corpus", "../testdata/corpus", "folder of Dockerfiles to look at")

// dockerfiles reads the corpus.
func dockerfiles(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(*corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("no Dockerfiles in %s: %v", *corpus, err)
	}
	return all
}

// inputs are looked at with the rules that are on unless somebody says otherwise.
func inputs(srcs [][]byte) []lint.Input {
	rules := slices.DeleteFunc(All(), func(r *lint.Rule) bool { return r.Off })
	all := make([]lint.Input, len(srcs))
	for i, src := range srcs {
		all[i] = lint.Input{Path: "Dockerfile", Rules: rules, Read: func() ([]byte, error) { return src, nil }}
	}
	return all
}

// TestCorpus looks at a corpus with all rules, wants no internal error, and logs in
// how many files each rule finds something.
func TestCorpus(t *testing.T) {
	var srcs [][]byte
	for _, src := range dockerfiles(t) {
		srcs = append(srcs, src)
	}
	files := map[string]int{}
	err := lint.Files(t.Context(), inputs(srcs), func(r lint.Result) error {
		seen := map[string]bool{}
		for _, f := range r.Findings {
			if !seen[f.Rule] {
				seen[f.Rule] = true
				files[f.Rule]++
			}
		}
		return r.Err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range All() {
		t.Logf("%5.1f %% of %d files: %s", 100*float64(files[r.ID])/float64(len(srcs)), len(srcs), r.ID)
	}
}

// BenchmarkFiles measures the rate of all rules over the corpus on all processors,
// and that of BuildKit's own linter called bare, turn by turn.
func BenchmarkFiles(b *testing.B) {
	var srcs [][]byte
	for _, src := range dockerfiles(b) {
		srcs = append(srcs, src)
	}
	for len(srcs) < 200 {
		srcs = append(srcs, srcs...)
	}
	caps := pb.Caps.CapSet(pb.Caps.All())
	var ours, theirs time.Duration
	for b.Loop() {
		for chunk := range slices.Chunk(srcs, 100) {
			start := time.Now()
			for _, src := range chunk {
				bare(b, src, dockerfile2llb.ConvertOpt{LLBCaps: &caps, MetaResolver: &plan.Offline{}})
			}
			theirs += time.Since(start)
			start = time.Now()
			if err := lint.Files(b.Context(), inputs(chunk), func(r lint.Result) error { return r.Err }); err != nil {
				b.Fatal(err)
			}
			ours += time.Since(start)
		}
	}
	n := float64(b.N * len(srcs))
	b.ReportMetric(n/ours.Seconds(), "files/s")
	b.ReportMetric(n/theirs.Seconds(), "bare-files/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x-bare")
}

func bare(b *testing.B, src []byte, opt dockerfile2llb.ConvertOpt) {
	opt.SourceMap = llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", src)
	opt.SourceMap.Definition = &llb.Definition{}
	if _, err := dockerfile2llb.DockerfileLint(context.Background(), src, opt); err != nil {
		b.Fatal(err)
	}
}

// TestMemory wants a long run to stay below 100 MB, however many files there are.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("looks at thousands of files")
	}
	var srcs [][]byte
	for _, src := range dockerfiles(t) {
		srcs = append(srcs, src)
	}
	for len(srcs) < 3000 {
		srcs = append(srcs, srcs...)
	}
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var most uint64
	n := 0
	err := lint.Files(t.Context(), inputs(srcs), func(r lint.Result) error {
		if n++; n%200 == 0 {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapInuse)
		}
		return r.Err
	})
	if err != nil {
		t.Fatal(err)
	}
	grown := int64(most) - int64(before.HeapInuse)
	t.Logf("%d files, %d MB", len(srcs), grown>>20)
	if grown > 100<<20 {
		t.Errorf("%d MB more on the heap", grown>>20)
	}
}
