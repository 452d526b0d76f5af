package lint

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// Input is one file to look at.
type Input struct {
	Path string // as findings name it, with slashes
	// Read returns its content.
	Read  func() ([]byte, error)
	Rules []*Rule
	// Context returns the build context that a file has; nil, or one that returns
	// nil, where there is none.
	Context func(*Subject) *Context
}

// Result is what was found in one file.
type Result struct {
	Input    Input
	Findings []finding.Finding // in the order of the file
	// File is nil where it could not be read or parsed, Source where it could not
	// be read.
	File   *dockerfile.File
	Source []byte
	// Err is what went wrong with the rules themselves: one or several *PanicError.
	Err error
}

// largestFile is the most that is read of a file, one byte over what BuildKit
// takes, so that the parser sees that it is too large.
const largestFile = 16<<20 + 1

// ReadFile reads a regular file, or the start of one that is too large for
// BuildKit.
func ReadFile(name string) ([]byte, error) { return readRegular(name, largestFile) }

// Files looks at many files, on all processors, and hands the results to yield in
// the order of the files, one after the other. A file that cannot be read or
// parsed is a finding, and the others are still looked at. It holds few files in
// memory at any time. It ends when yield fails, with its error, or when the
// context does.
func Files(ctx context.Context, inputs []Input, yield func(Result) error) error {
	ctx, cancel := context.WithCancel(ctx)
	workers := min(runtime.GOMAXPROCS(0), len(inputs))
	// One slot for each result that is being made or waits for its turn.
	results := make(chan chan Result, 4*workers)
	jobs := make(chan func())
	shared := &listings{}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range workers {
		wg.Go(func() {
			for job := range jobs {
				job()
			}
		})
	}
	wg.Go(func() {
		defer close(results)
		defer close(jobs)
		for _, in := range inputs {
			result := make(chan Result, 1)
			select {
			case results <- result:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- func() { result <- look(ctx, in, shared) }:
			case <-ctx.Done():
				return
			}
		}
	})
	return inOrder(ctx, results, yield)
}

// inOrder hands on the results as their turn comes.
func inOrder(ctx context.Context, results chan chan Result, yield func(Result) error) error {
	for result := range results {
		select {
		case r := <-result:
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := yield(r); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// look looks at one file.
func look(ctx context.Context, in Input, shared *listings) Result {
	r := Result{Input: in}
	var err error
	if r.Source, err = in.Read(); err != nil {
		r.Source = nil
		r.add(unreadableFile, finding.Span{}, reason(err))
		return r
	}
	s, err := NewSubject(in.Path, r.Source)
	if err != nil {
		r.refuse(err)
		return r
	}
	r.File = s.File
	if in.Context != nil {
		s.Context = in.Context(s)
	}
	if s.Context != nil {
		s.Context.shared = shared
	}
	r.Findings, r.Err = Run(ctx, s, in.Rules)
	return r
}

// refuse adds the finding for a file that does not parse.
func (r *Result) refuse(err error) {
	var syntax *dockerfile.SyntaxError
	if errors.As(err, &syntax) {
		r.add(invalidDockerfile, finding.Span{Line: syntax.Line, EndLine: syntax.EndLine}, oneLine(syntax.Message))
		return
	}
	r.add(invalidDockerfile, finding.Span{}, oneLine(err.Error()))
}

// add adds a finding of the driver's own, where its rule is asked for.
func (r *Result) add(rule *Rule, at finding.Span, message string) {
	for _, asked := range r.Input.Rules {
		if asked.ID == rule.ID {
			r.Findings = append(r.Findings, asked.complete(finding.Finding{Span: at, Message: message}, r.Input.Path))
			return
		}
	}
}

// reason is an error without the path, which the finding has.
func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return oneLine("cannot be read: " + path.Err.Error())
	}
	return oneLine("cannot be read: " + err.Error())
}
