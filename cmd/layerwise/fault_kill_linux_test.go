package main_test

import (
	"strings"
	"syscall"
	"testing"
)

// asUsers runs a test as the user who runs the tests and, where that is root,
// as an ordinary user, too.
func asUsers(t *testing.T, f func(t *testing.T, w *world)) {
	t.Run("self", func(t *testing.T) { f(t, newWorld(t, 0)) })
	t.Run("ordinary", func(t *testing.T) { f(t, newWorld(t, plainUser)) })
}

// A killed program takes its engine and its steps along, and the state that it
// leaves is good for the next one.
func TestFaultKilledInRun(t *testing.T) {
	asUsers(t, func(t *testing.T, w *world) {
		w.dockerfile("RUN echo first > /first", "RUN sleep 1000")
		p := w.start("build", "--offline", "context")
		p.until("the step runs", func() bool { return w.stepRuns("sleep 1000") })
		p.signal(syscall.SIGKILL)
		p.wait(prompt)
		w.checkQuiet()

		w.dockerfile("RUN echo first > /first", "RUN echo second > /second")
		o := w.ok("build", "--offline", "context")
		row := line(o.stdout, "RUN echo first")
		if !strings.Contains(row, "hit") {
			t.Errorf("the step that was complete before the kill is not reused: %q\n%s", row, o.stdout)
		}
	})
}

// line is the first line with a text.
func line(text, part string) string {
	for l := range strings.Lines(text) {
		if strings.Contains(l, part) {
			return strings.TrimSpace(l)
		}
	}
	return ""
}
