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
	clean  *cleaner // nil where a program reads the display
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
	if mode != string(progressui.RawJSONMode) {
		p.clean = newCleaner(s.ErrTerminal && s.Getenv("NO_COLOR") == "")
	}
	go func() {
		defer close(p.done)
		// The display ends with the events, not with the build's context: the last
		// events of a cancelled build are worth seeing.
		_, _ = display.UpdateFrom(context.Background(), p.events)
	}()
	return p, nil
}

// show takes a status, which nobody else may have.
func (p *progress) show(status *client.SolveStatus) {
	if p.clean != nil {
		p.clean.status(status)
	}
	p.tail.add(status)
	p.events <- status
}

// stop waits for the display to draw its last state.
func (p *progress) stop() {
	close(p.events)
	<-p.done
}

// logTail keeps the end of every vertex's output.
type logTail struct {
	lines map[string][]string
	open  map[string]bool // the last line goes on
}

// Bounds of what is kept of each output.
const (
	tailLines  = 20
	tailColumn = 4096 // bytes of a line
)

func newLogTail() *logTail { return &logTail{lines: map[string][]string{}, open: map[string]bool{}} }

func (t *logTail) add(status *client.SolveStatus) {
	for _, l := range status.Logs {
		vertex := string(l.Vertex)
		lines := t.lines[vertex]
		for line := range strings.Lines(string(l.Data)) {
			text := strings.TrimRight(line, "\r\n")
			if last := len(lines) - 1; t.open[vertex] && last >= 0 {
				lines[last] = bounded(lines[last] + text)
			} else {
				lines = append(lines, bounded(text))
			}
			t.open[vertex] = !strings.HasSuffix(line, "\n")
		}
		if n := len(lines); n > tailLines {
			lines = append([]string(nil), lines[n-tailLines:]...)
		}
		t.lines[vertex] = lines
	}
}

func bounded(line string) string { return line[:min(len(line), tailColumn)] }

// print writes the end of a vertex's output.
func (t *logTail) print(s *Streams, vertex string) {
	for _, line := range t.lines[vertex] {
		fmt.Fprintf(s.Err, "  | %s\n", clean(control.ReplaceAllString(line, "")))
	}
}
