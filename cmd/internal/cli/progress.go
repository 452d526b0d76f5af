package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
)

// progress shows a build's status on standard error, with BuildKit's own
// display.
type progress struct {
	events chan *client.SolveStatus
	done   chan struct{}
	tail   *logTail
}

// startProgress starts a display. mode is auto, plain, tty, quiet or rawjson;
// auto is quiet where standard error is no terminal and quietly is set.
func startProgress(s *Streams, mode, title string, quietly bool) (*progress, error) {
	switch {
	case mode == "auto" && !s.ErrTerminal && quietly:
		mode = "quiet"
	case mode == "auto" && !s.ErrTerminal:
		mode = "plain"
	}
	display, err := progressui.NewDisplay(s.Err, progressui.DisplayMode(mode), progressui.WithPhase(title))
	if err != nil {
		return nil, usagef("--progress %s: %w", mode, err)
	}
	p := &progress{events: make(chan *client.SolveStatus, 64), done: make(chan struct{}), tail: newLogTail()}
	go func() {
		defer close(p.done)
		// The display ends with the events, not with the build's context: the last
		// events of a cancelled build are worth seeing.
		_, _ = display.UpdateFrom(context.Background(), p.events)
	}()
	return p, nil
}

func (p *progress) show(status *client.SolveStatus) {
	p.tail.add(status)
	p.events <- status
}

// stop waits for the display to draw its last state.
func (p *progress) stop() {
	close(p.events)
	<-p.done
}

// logTail keeps the end of every vertex's output.
type logTail struct{ lines map[string][]string }

const tailLines = 20

func newLogTail() *logTail { return &logTail{lines: map[string][]string{}} }

func (t *logTail) add(status *client.SolveStatus) {
	for _, l := range status.Logs {
		lines := t.lines[string(l.Vertex)]
		for line := range strings.Lines(string(l.Data)) {
			lines = append(lines, strings.TrimRight(line, "\r\n"))
		}
		if n := len(lines); n > tailLines {
			lines = append([]string(nil), lines[n-tailLines:]...)
		}
		t.lines[string(l.Vertex)] = lines
	}
}

// print writes the end of a vertex's output.
func (t *logTail) print(s *Streams, vertex string) {
	for _, line := range t.lines[vertex] {
		fmt.Fprintf(s.Err, "  | %s\n", clean(line))
	}
}
