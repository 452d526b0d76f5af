package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/layerwise/layerwise/analyzer/history"
	"github.com/layerwise/layerwise/report"
	"github.com/layerwise/layerwise/report/formats"
	"github.com/spf13/pflag"
)

// reportFlags say in which formats a report is written, and where.
type reportFlags struct {
	reports []string
	verbose bool
}

func (f *reportFlags) register(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.reports, "report", nil, "report as `FORMAT[=FILE]`, repeatable: "+strings.Join(formats.Names(), ", "))
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "show what the short form leaves out")
}

// outputs checks the flags before anything long is started.
func (f *reportFlags) outputs() ([]formats.Output, error) {
	outs, err := formats.ParseOutputs(f.reports)
	if err != nil {
		return nil, usagef("--report: %w", err)
	}
	return outs, nil
}

func (f *reportFlags) write(s *Streams, to io.Writer, outs []formats.Output, r *report.Report) error {
	for i := range r.Builds {
		r.Builds[i].Context = fromHere(r.Builds[i].Context)
	}
	for _, o := range outs {
		if err := o.Write(to, r, s.reportOptions(f.verbose)); err != nil {
			return err
		}
	}
	return nil
}

// fromHere shortens the path of a context below the current folder; "" and URLs
// stay.
func fromHere(context string) string {
	here, err := os.Getwd()
	if err != nil || !filepath.IsAbs(context) {
		return context
	}
	if real, err := filepath.EvalSymlinks(here); err == nil {
		here = real
	}
	rel, err := filepath.Rel(here, context)
	if err != nil || !filepath.IsLocal(rel) {
		return context
	}
	return filepath.ToSlash(rel)
}

// openHistory opens the records of earlier builds.
func (g *globals) openHistory() (*history.Store, error) {
	dir, err := history.DefaultDir()
	if err != nil {
		return nil, err
	}
	store, err := history.Open(dir)
	if err != nil {
		return nil, err
	}
	store.Warn = func(message string) { g.warn(message) }
	return store, nil
}
