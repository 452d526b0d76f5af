package cli

import (
	"io"
	"os"
	"strings"
	"time"

	"github.com/layerwise/layerwise/report"
	"golang.org/x/term"
)

// Streams are where a command reads and writes, and what is known of the place.
type Streams struct {
	In  io.Reader
	Out io.Writer // results
	Err io.Writer // progress and messages

	OutTerminal bool
	ErrTerminal bool
	Width       int // of standard output in columns; 0 where it is no terminal
	ASCII       bool
	Getenv      func(string) string
	Now         func() time.Time

	color     bool
	engineDir string // of the engine that was started, for hints
}

// SystemStreams are those of the process.
func SystemStreams() *Streams {
	s := &Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		OutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Getenv:      os.Getenv, Now: time.Now,
	}
	if s.OutTerminal {
		s.Width, _, _ = term.GetSize(int(os.Stdout.Fd()))
	}
	s.ASCII = s.OutTerminal && !isUTF8(s.Getenv)
	return s
}

// checkedWriter remembers the first error of a writer: what prints in many small
// pieces looks at none of them.
type checkedWriter struct {
	w   io.Writer
	err error
}

func (c *checkedWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

func isUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true // nobody said anything: a container's terminal, and those are UTF-8
}

// setColor decides about colour by the flag, then NO_COLOR, then the terminal.
func (s *Streams) setColor(mode string) error {
	switch mode {
	case "always":
		s.color = true
	case "never":
		s.color = false
	case "auto":
		s.color = s.OutTerminal && s.Getenv("NO_COLOR") == "" && s.Getenv("TERM") != "dumb"
	default:
		return usagef("--color %s: want auto, always or never", mode)
	}
	return nil
}

// reportOptions is what renderers may know.
func (s *Streams) reportOptions(verbose bool) report.Options {
	return report.Options{Color: s.color, Width: s.Width, ASCII: s.ASCII, Now: s.Now(), Verbose: verbose}
}
