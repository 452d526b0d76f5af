// Package cli is the command line: one file a command, each of which reads its
// flags, calls the analyzer, and hands what it found to a renderer.
//
// What the commands print follows a few rules. Results go to standard output,
// progress and messages to standard error. Colour and width are decided once,
// in Streams. Libraries return typed errors; the advice that follows them is
// written here (hint.go). Nothing that comes from a Dockerfile, a context or an
// engine reaches a terminal unescaped.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/layerwise/layerwise/analyzer/standin"
	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitFindings = 3
)

// Main is the whole program: it reads the arguments and streams of the process
// and returns its exit code.
//
// The same program is also the embedded engine, the runtime of its steps and
// the tools of the playground image; started as one of those, it does not
// return.
func Main() int {
	standin.Main()
	embedded.Main()
	debug.SetGCPercent(400)      // a short life: memory is given back at its end
	logrus.SetOutput(io.Discard) // what BuildKit's client logs beside the errors that it returns
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	defer stop()
	// A pipe that nobody reads shall be an error of the write, not the end of the
	// process.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	ended := make(chan int, 1)
	go func() { ended <- Run(ctx, SystemStreams(), os.Args[1:]) }()
	select {
	case code := <-ended:
		return code
	case <-ctx.Done():
	}
	select {
	case code := <-ended:
		return code
	case <-time.After(grace):
		return exitFailed
	}
}

// endings are the signals that end a command: what the keyboard sends, what other
// programs send, and the end of the terminal, unless that was to be outlived
// (nohup).
func endings() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// grace is how long a command may take to end after it was told to: longer than
// an engine may take to stop. It is used up by what no context reaches, such as
// a pipe that nobody reads.
const grace = 12 * time.Second

// Run runs one command line.
func Run(ctx context.Context, s *Streams, args []string) int {
	root := newRoot(s)
	root.SetArgs(args)
	out := &checkedWriter{w: s.Out}
	s.Out = out
	root.SetOut(out)
	err := root.ExecuteContext(ctx)
	if out.err != nil && !errors.Is(err, out.err) {
		err = errors.Join(fmt.Errorf("write to standard output: %w", out.err), err)
	}
	if err == nil {
		return exitDone
	}
	if ctx.Err() != nil {
		err = &interruptedError{err}
	}
	printError(s, err)
	var usage *usageError
	var gate *gateError
	switch {
	case out.err != nil:
		return exitFailed
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &gate):
		return exitFindings
	}
	return exitFailed
}

// usageError is a command line that cannot be understood.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// gateError says that what was asked for came true and is not good enough.
type gateError struct{ message string }

func (e *gateError) Error() string { return e.message }

// interruptedError is what became of a command that was told to stop.
type interruptedError struct{ err error }

func (e *interruptedError) Error() string {
	if text := solve.Message(e.err); !strings.HasSuffix(text, context.Canceled.Error()) {
		return "interrupted: " + text
	}
	return "interrupted" // the rest is how each layer of the program passed that on
}

func (e *interruptedError) Unwrap() error { return e.err }

func newRoot(s *Streams) *cobra.Command {
	g := &globals{streams: s}
	root := &cobra.Command{
		Use:   "layerwise",
		Short: "Explain Dockerfile builds: layers, cache hits, and why the rest missed",
		Long: `layerwise tells you, for every instruction of a Dockerfile, which layer it makes,
whether the last build reused it, and if not, exactly why.`,
		Example: `  layerwise build .                            build, and say what was reused and why the rest was not
  layerwise rebuild --edit src/app.js .        build again and again with an edit between, on a copy
  layerwise explain .                          what each step's cache key depends on, without a build`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			sweepLeftovers(cmd.Context())
			return s.setColor(g.color)
		},
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w (see %s --help)", err, cmd.CommandPath())
	})
	root.PersistentFlags().StringVar(&g.color, "color", "auto", "colour the output: auto, always, never")
	root.AddCommand(
		newBuild(g), newPredict(g), newRebuild(g), newExplain(g), newLint(g),
		newCompare(g), newHistory(g), newRender(g),
		newEngine(g), newVersion(g),
	)
	return root
}

// globals are what every command shares.
type globals struct {
	streams *Streams
	color   string
}

// args turns a wrong number of arguments into a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usagef("%w (see %s --help)", err, cmd.CommandPath())
		}
		return nil
	}
}
