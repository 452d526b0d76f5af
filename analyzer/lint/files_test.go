package lint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

func fileInputs(rules []*Rule, srcs ...string) []Input {
	all := make([]Input, len(srcs))
	for i, src := range srcs {
		all[i] = Input{Path: fmt.Sprint(i), Rules: rules, Read: func() ([]byte, error) { return []byte(src), nil }}
	}
	return all
}

func collect(t *testing.T, inputs []Input) []Result {
	t.Helper()
	var all []Result
	if err := Files(t.Context(), inputs, func(r Result) error { all = append(all, r); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// Broken files are findings, in the order of the files, and the others are looked at.
func TestBrokenFiles(t *testing.T) {
	in := fileInputs(append(Driver(), BuildKit()...),
		"FROM debian:12\nCMD server\n", "FROM debian:12\nNONSENSE\n", "", "FROM debian:12\nCMD other\n", "", "")
	in[2].Read = func() ([]byte, error) {
		return nil, &os.PathError{Op: "open", Path: "/secret/2", Err: fs.ErrPermission}
	}
	in[5].Read = func() ([]byte, error) { return nil, errors.New("no\nway") }
	var got []string
	for _, r := range collect(t, in) {
		for _, f := range r.Findings {
			got = append(got, fmt.Sprintf("%s:%d %s %s: %s", f.File, f.Line, f.Severity, f.Rule, f.Message))
		}
	}
	want := []string{
		`0:2 warning JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals`,
		`1:2 error invalid-dockerfile: unknown instruction: NONSENSE`,
		`2:0 error unreadable-file: cannot be read: permission denied`,
		`3:2 warning JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals`,
		`4:0 error invalid-dockerfile: the Dockerfile cannot be empty`,
		`5:0 error unreadable-file: cannot be read: no way`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A rule that panics is an error that names it, and what the others find stays.
func TestPanic(t *testing.T) {
	bad := &Rule{ID: "bad", Check: func(p *Pass) { panic("oh") }}
	good := &Rule{ID: "good", Severity: finding.Info, URL: "https://example.com", Check: func(p *Pass) {
		p.Report(p.File.Stages[0].Instructions[0], "found", nil)
	}}
	all := collect(t, fileInputs([]*Rule{bad, good}, "FROM a\n", "FROM b\n"))
	for _, r := range all {
		var failed *PanicError
		if !errors.As(r.Err, &failed) || failed.Rule != "bad" || failed.File != r.Input.Path || len(failed.Stack) == 0 {
			t.Errorf("%v", r.Err)
		}
		want := finding.Finding{Rule: "good", Severity: finding.Info, File: r.Input.Path, Span: finding.Span{Line: 1, EndLine: 1},
			Message: "found", Basis: finding.Static, URL: "https://example.com"}
		if len(r.Findings) != 1 || r.Findings[0] != want {
			t.Errorf("%+v", r.Findings)
		}
	}
}

func TestFilesInOrder(t *testing.T) {
	var srcs []string
	for i := range 300 {
		srcs = append(srcs, fmt.Sprintf("FROM image:%d\n", i)+strings.Repeat("RUN true\n", (i*37)%50))
	}
	for i, r := range collect(t, fileInputs(BuildKit(), srcs...)) {
		if r.Input.Path != fmt.Sprint(i) || r.File == nil || string(r.Source) != srcs[i] || r.Err != nil {
			t.Fatalf("result %d is of %s: %v", i, r.Input.Path, r.Err)
		}
	}
}

// Neither a consumer that fails nor a cancelled context leaves anything running.
func TestFilesStop(t *testing.T) {
	stop := errors.New("enough")
	in := fileInputs(BuildKit(), make([]string, 500)...)
	n := 0
	if err := Files(t.Context(), in, func(Result) error { n++; return stop }); err != stop || n != 1 {
		t.Errorf("%v after %d", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := Files(ctx, in, func(Result) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := Files(t.Context(), nil, nil); err != nil {
		t.Errorf("no files: %v", err)
	}
}

func TestReadFile(t *testing.T) {
	dir := write(t, map[string]string{"Dockerfile": "FROM a\n", "folder/": ""})
	if src, err := ReadFile(filepath.Join(dir, "Dockerfile")); err != nil || string(src) != "FROM a\n" {
		t.Errorf("%q %v", src, err)
	}
	for _, name := range []string{dir, filepath.Join(dir, "missing"), os.DevNull} {
		if _, err := ReadFile(name); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, largestFile+100); err != nil {
		t.Fatal(err)
	}
	in := []Input{{Path: "large", Rules: Driver(), Read: func() ([]byte, error) { return ReadFile(large) }}}
	if r := collect(t, in)[0]; len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Message, "limit") {
		t.Errorf("%+v", r.Findings)
	}
}

// Dockerfiles with one context see the same files, each with its own ignore file.
func TestSharedContext(t *testing.T) {
	dir := write(t, map[string]string{"a.txt": "", "b.txt": "", ".dockerignore": "a.txt\n", "own.dockerignore": "b.txt\n"})
	list := &Rule{ID: "list", Check: func(p *Pass) {
		files, _ := p.Context.Files()
		p.ReportAt(finding.Span{}, names(files), nil)
	}}
	in := fileInputs([]*Rule{list}, "FROM a\n", "FROM a\n", "FROM a\n", "FROM a\n")
	for i := range in {
		name := []string{"Dockerfile", "own"}[i%2]
		in[i].Context = func(*Subject) *Context { return OpenContext(dir, filepath.Join(dir, name)) }
	}
	want := []string{".dockerignore b.txt own.dockerignore", ".dockerignore a.txt own.dockerignore"}
	for i, r := range collect(t, in) {
		if len(r.Findings) != 1 || r.Findings[0].Message != want[i%2] {
			t.Errorf("%d: %+v %v", i, r.Findings, r.Err)
		}
	}
}

func TestListingsAreBounded(t *testing.T) {
	l := &listings{}
	first := l.of("0", "")
	for i := range 100 {
		l.of(fmt.Sprint(i), "")
	}
	if len(l.kept) != mostListings || l.of("99", "") != l.kept[len(l.kept)-1] || l.of("0", "") == first {
		t.Errorf("%d kept", len(l.kept))
	}
}
