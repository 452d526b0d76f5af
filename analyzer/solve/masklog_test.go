package solve

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
)

// TestLogMask cuts an output at every place, and at every second one: what is shown
// is the same, and no part of a credential is in it.
func TestLogMask(t *testing.T) {
	const key = "-----BEGIN RSA PRIVATE KEY-----\nzqKEYqz\nzqKEYqz\n-----END RSA PRIVATE KEY-----"
	output := "fetching https://me:zqURLqz@host/x\nsent --password zqPWqz to it\rsent again hunter2\n" + key + "\ndone, TOKEN=zqENDqz"
	redactor := record.NewRedactor([]byte("salt"), map[string]string{"MY_TOKEN": "hunter2"})
	want := redactor.Text(output)
	for _, secret := range []string{"zq", "hunter2"} {
		if strings.Contains(want, secret) {
			t.Fatalf("%s is in %s", secret, want)
		}
	}
	for size := 1; size <= len(output); size++ {
		mask := newLogMask(redactor)
		var shown strings.Builder
		show := func(logs []*client.VertexLog) {
			for _, l := range logs {
				if l.Vertex != "sha256:a" || l.Stream != 2 {
					t.Fatalf("log of %s, stream %d", l.Vertex, l.Stream)
				}
				shown.Write(l.Data)
			}
		}
		for at := 0; at < len(output); at += size {
			piece := output[at:min(at+size, len(output))]
			show(mask.status(&client.SolveStatus{Logs: []*client.VertexLog{{Vertex: "sha256:a", Stream: 2, Data: []byte(piece)}}}))
		}
		if size%2 == 0 { // the vertex ends, or the build does
			now := time.Now()
			show(mask.status(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "sha256:b", Completed: &now}, {Digest: "sha256:a", Completed: &now}}}))
		} else if rest := mask.end(); rest != nil {
			show(rest.Logs)
		}
		if shown.String() != want {
			t.Fatalf("in pieces of %d bytes: %q, want %q", size, shown.String(), want)
		}
		if mask.end() != nil {
			t.Fatal("something waits still")
		}
	}
}

// TestLogMaskLines shows lines when they are complete, keeps outputs apart, and
// does not wait for the end of an endless one.
func TestLogMaskLines(t *testing.T) {
	mask := newLogMask(record.NewRedactor([]byte("salt")))
	send := func(stream int, text string) string {
		var shown strings.Builder
		for _, l := range mask.status(&client.SolveStatus{Logs: []*client.VertexLog{{Vertex: "sha256:a", Stream: stream, Data: []byte(text)}}}) {
			shown.Write(l.Data)
		}
		return shown.String()
	}
	for _, step := range []struct {
		stream     int
		text, want string
	}{
		{1, "one\ntwo", "one\n"}, {2, "err", ""}, {1, " more\n", "two more\n"}, {2, "or\n", "error\n"}, {1, "10%\r20%", "10%\r"}, {1, "\n", "20%\n"},
	} {
		if got := send(step.stream, step.text); got != step.want {
			t.Errorf("%q: got %q, want %q", step.text, got, step.want)
		}
	}
	shown := send(1, strings.Repeat("word ", 20_000)) + send(1, "TOKEN=zqS3cret") + send(1, "qz "+strings.Repeat(".", 200_000))
	if n := len(shown); n < 250_000 {
		t.Errorf("only %d bytes of an endless line are shown", n)
	}
	if strings.Contains(shown, "qz") {
		t.Error("a credential in an endless line is shown")
	}
}

// TestMaskError leaves the values of credentials out of errors, and keeps what the
// errors are.
func TestMaskError(t *testing.T) {
	cause := errors.New("cannot read /x/hunter2/y")
	r := &run{Options: Options{Salt: []byte("salt"), BuildArgs: map[string]string{"MY_TOKEN": "hunter2"}}}
	err := r.maskError(cause)
	if strings.Contains(err.Error(), "hunter2") || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if other := errors.New("no"); r.maskError(other) != other || r.maskError(nil) != nil {
		t.Error("another error changed")
	}
}
