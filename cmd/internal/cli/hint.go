package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"

	"github.com/layerwise/layerwise/analyzer/buildcontext"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/layerwise/layerwise/analyzer/solve/transfer"
	"github.com/moby/buildkit/solver/errdefs"
)

// printError says what failed and where, with the source lines where there are
// some, and what to do about it.
func printError(s *Streams, err error) {
	// Only errors that were joined on the way here; what is inside one belongs to
	// its text.
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range several.Unwrap() {
			printError(s, one)
		}
		return
	}
	var syntax *dockerfile.SyntaxError
	if errors.As(err, &syntax) {
		var b strings.Builder
		_ = syntax.WriteExcerpt(&b)
		fmt.Fprintln(s.Err, "error:", clean(record.Mask(syntax.Error())))
		fmt.Fprint(s.Err, cleanLines(record.Mask(b.String())))
		return
	}
	var b strings.Builder
	for _, src := range errdefs.Sources(err) {
		_ = src.Print(&b)
	}
	fmt.Fprint(s.Err, cleanLines(record.Mask(b.String())))
	printLines(s, "error: "+record.Mask(solve.Message(err)))
	var noted *solve.NotedError
	if errors.As(err, &noted) {
		for _, n := range noted.Notes {
			fmt.Fprintln(s.Err, "hint:", clean(record.Mask(n)))
		}
	} else if h := hint(s, err); h != "" {
		fmt.Fprintln(s.Err, "hint:", h)
	}
}

// printLines prints a message, of which the first line says what it is: another one
// cannot be taken for a message of its own.
func printLines(s *Streams, text string) {
	first, rest, _ := strings.Cut(strings.TrimRight(text, "\n"), "\n")
	fmt.Fprintln(s.Err, clean(first))
	for line := range strings.Lines(rest) {
		fmt.Fprintln(s.Err, "  |", clean(strings.TrimRight(line, "\r\n")))
	}
}

func hint(s *Streams, err error) string {
	var unreachable *engine.UnreachableError
	var apart *embedded.ApartError
	var changed *buildcontext.ChangedError
	var stalled *transfer.StalledError
	var imported *solve.ImportError
	text := err.Error()
	switch {
	case errors.As(err, &apart):
		return "install runc, or accept that with --runtime builtin --insecure"
	case errors.As(err, &imported):
		return "build without that --cache-from, and export the cache again"
	case errors.Is(err, embedded.ErrKilled), strings.Contains(text, embedded.ErrKilled.Error()):
		return "the kernel's log (dmesg) says whether memory ran out: give the machine or the container more, or let steps use less; the engine's state is not damaged"
	case strings.Contains(text, "exit code: 137"):
		return "137 says that the step was killed, as the kernel does it where memory runs out; its log (dmesg) says whether it did"
	case hasNoSpace(text):
		return spaceHint(s)
	case damageHint(s, text) != "":
		return damageHint(s, text)
	case errors.As(err, &changed):
		return "build again when nothing writes to the build context, or leave out what changes with .dockerignore"
	case errors.As(err, &stalled):
		return "is the engine out of disk or memory? --verbose prints what this program was doing"
	case errors.As(err, &unreachable):
		return "check that a buildkitd listens there, or leave out --addr and BUILDKIT_HOST to use the embedded engine"
	case strings.Contains(err.Error(), "fstype: overlay") && strings.Contains(err.Error(), "invalid argument"):
		return "the kernel's overlayfs stacks some 500 layers at most: put several commands into one RUN, or use --snapshotter native"
	case strings.Contains(err.Error(), "failed to calculate checksum") && strings.HasSuffix(err.Error(), "not found"), isMissing(err):
		return "check that the build context has it, or the stage that it is copied from, and that .dockerignore does not leave it out"
	case errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(err.Error(), "read Dockerfile"):
		return "name the folder that has it, or the file with --file"
	case strings.Contains(err.Error(), "failed to resolve source metadata") || strings.Contains(err.Error(), "failed to do request"):
		return "without a registry in reach, --offline answers base images with the built-in playground image"
	}
	return ""
}

// isMissing says that a build is said to fail for want of a file.
func isMissing(err error) bool {
	var fails *buildFailsError
	return errors.As(err, &fails) && strings.Contains(fails.err.Error(), " is not in ")
}

// clean makes text of others safe for a terminal: one line, without control
// characters or those that change the direction of writing.
func clean(text string) string { return escape(text, false) }

func cleanLines(text string) string { return escape(text, true) }

func escape(text string, keepLines bool) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case r == '\n' && keepLines, r == '\t':
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case unicode.In(r, unicode.Bidi_Control):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (g *globals) warn(message string) {
	fmt.Fprintln(g.streams.Err, "warning:", clean(record.Mask(message)))
}
