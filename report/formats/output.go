package formats

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/layerwise/layerwise/analyzer/outputfile"
	"github.com/layerwise/layerwise/report"
)

// Output is one thing that --report asks for: a format, and where it goes.
type Output struct {
	Format string
	File   string // "" for standard output
}

// String is the form that ParseOutput reads.
func (o Output) String() string {
	if o.File == "" {
		return o.Format
	}
	return o.Format + "=" + o.File
}

// ParseOutput reads FORMAT or FORMAT=FILE. The file "-" is standard output.
func ParseOutput(s string) (Output, error) {
	format, file, named := strings.Cut(s, "=")
	if _, ok := Lookup(format); !ok {
		return Output{}, fmt.Errorf("unknown report format %q: use one of %s", format, strings.Join(Names(), ", "))
	}
	if named && file == "" {
		return Output{}, fmt.Errorf("report %q names no file: use %s=FILE, or %s for standard output", s, format, format)
	}
	if file == "-" {
		file = ""
	}
	return Output{Format: format, File: file}, nil
}

// ParseOutputs reads the values of a repeated --report. No value is the default
// format on standard output. Only one report can go to one place.
func ParseOutputs(values []string) ([]Output, error) {
	if len(values) == 0 {
		return []Output{{Format: Default}}, nil
	}
	outputs := make([]Output, 0, len(values))
	taken := map[string]string{}
	for _, v := range values {
		o, err := ParseOutput(v)
		if err != nil {
			return nil, err
		}
		place, name := "", "standard output"
		if o.File != "" {
			place, name = filepath.Clean(o.File), o.File
		}
		if first, ok := taken[place]; ok {
			return nil, fmt.Errorf("reports %s and %s would both go to %s: give one of them another file", first, v, name)
		}
		taken[place] = v
		outputs = append(outputs, o)
	}
	return outputs, nil
}

// Write renders r to the output's file, or to stdout when it names none. A file
// is no terminal: it gets UTF-8, no colour, and nothing is cut to a width. It
// appears whole or not at all.
func (o Output) Write(stdout io.Writer, r *report.Report, opts report.Options) error {
	renderer, ok := Lookup(o.Format)
	if !ok {
		return fmt.Errorf("unknown report format %q", o.Format)
	}
	if o.File == "" {
		return renderer.Render(stdout, r, opts)
	}
	opts.Color, opts.ASCII, opts.Width = false, false, 0
	err := outputfile.Write(o.File, func(w io.Writer) error { return renderer.Render(w, r, opts) })
	if err != nil {
		return fmt.Errorf("cannot write the %s report: %w", o.Format, err)
	}
	return nil
}
