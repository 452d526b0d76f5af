package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/layerwise/layerwise/analyzer/outputfile"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/go-csvvalue"
)

// outputs are the results that a build is asked to export. Files appear under
// their names only after a build that succeeded.
type outputs struct {
	exports  []client.ExportEntry
	pending  []*pendingFile
	toStdout bool // one of them is written to standard output, where a report would spoil it
}

// parseOutputs reads --output and --tag by the rules of docker build. Without
// either, a private engine exports an image that is not kept: that is what gives
// instructions their layers.
func parseOutputs(s *Streams, list, tags []string, private bool) (*outputs, error) {
	o := &outputs{}
	for _, item := range list {
		export, err := o.parse(s, item)
		if err != nil {
			return nil, usagef("--output %s: %w", item, err)
		}
		o.exports = append(o.exports, export)
	}
	if len(o.exports) == 0 && (len(tags) > 0 || private) {
		o.exports = append(o.exports, client.ExportEntry{Type: client.ExporterImage, Attrs: map[string]string{}})
	}
	if len(tags) > 0 {
		for _, e := range o.exports {
			if e.Attrs["name"] == "" && e.Type != client.ExporterLocal && e.Type != client.ExporterTar {
				e.Attrs["name"] = strings.Join(tags, ",")
			}
		}
	}
	return o, nil
}

func (o *outputs) parse(s *Streams, item string) (client.ExportEntry, error) {
	fields, err := csvvalue.Fields(item, nil)
	if err != nil {
		return client.ExportEntry{}, err
	}
	e := client.ExportEntry{Attrs: map[string]string{}}
	switch {
	case item == "-":
		e.Type, e.Attrs["dest"] = client.ExporterTar, "-"
	case len(fields) == 1 && !strings.Contains(item, "="):
		e.Type, e.Attrs["dest"] = client.ExporterLocal, item
	default:
		for _, field := range fields {
			key, value, ok := strings.Cut(field, "=")
			if !ok {
				return e, errors.New("want KEY=VALUE pairs")
			}
			e.Attrs[strings.ToLower(key)] = value
		}
		e.Type = e.Attrs["type"]
		delete(e.Attrs, "type")
	}
	return e, o.direct(s, &e)
}

// direct says where an export's bytes go.
func (o *outputs) direct(s *Streams, e *client.ExportEntry) error {
	dest, hasDest := e.Attrs["dest"]
	delete(e.Attrs, "dest")
	switch e.Type {
	case client.ExporterImage:
		if hasDest {
			return errors.New("an image has no dest; use type=oci or type=docker for a file")
		}
		return nil
	case "registry":
		e.Type = client.ExporterImage
		e.Attrs["push"] = "true"
		return nil
	case client.ExporterLocal:
		if dest == "" || dest == "-" {
			return errors.New("type=local needs dest=FOLDER")
		}
		e.OutputDir = dest
		return nil
	case client.ExporterTar, client.ExporterOCI, client.ExporterDocker:
		if !hasDest {
			return errors.New("type=" + e.Type + " needs dest=FILE, or dest=- for standard output")
		}
		return o.toFile(s, e, dest)
	case "":
		return errors.New("the type is missing: type=oci|docker|image|local|tar")
	}
	return errors.New("unknown type " + e.Type + ": use oci, docker, image, local or tar")
}

func (o *outputs) toFile(s *Streams, e *client.ExportEntry, dest string) error {
	if dest == "-" {
		if s.OutTerminal {
			return errors.New("this would write binary data to the terminal; name a file with dest=")
		}
		o.toStdout = true
		e.Output = func(map[string]string) (io.WriteCloser, error) { return nopCloser{s.Out}, nil }
		return nil
	}
	if info, err := os.Stat(dest); err == nil && info.IsDir() {
		return errors.New("dest is a folder; name a file")
	}
	if _, err := os.Stat(filepath.Dir(dest)); err != nil { // better now than after a long build
		return err
	}
	p := &pendingFile{dest: dest}
	o.pending = append(o.pending, p)
	e.Output = func(map[string]string) (io.WriteCloser, error) { return p.create() }
	return nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// pendingFile appears at its destination after a build that succeeded.
type pendingFile struct {
	dest string
	file *outputfile.File // nil until the engine sends something
}

func (p *pendingFile) create() (_ io.WriteCloser, err error) {
	p.file, err = outputfile.Create(p.dest)
	return p.file, err
}

// finish gives the files their names after a success, and removes them after a
// failure.
func (o *outputs) finish(succeeded bool) error {
	var errs []error
	for _, p := range o.pending {
		switch {
		case p.file == nil:
		case succeeded:
			errs = append(errs, p.file.Commit())
		default:
			errs = append(errs, p.file.Discard())
		}
	}
	return errors.Join(errs...)
}

// explain says what BuildKit leaves out when a folder cannot be written: its
// engine sees no more than the end of the transfer.
func (o *outputs) explain(err error) error {
	var imported *solve.ImportError
	if err == nil || errors.As(err, &imported) || !strings.HasSuffix(err.Error(), "EOF") {
		return err
	}
	for _, e := range o.exports {
		if e.OutputDir != "" {
			return fmt.Errorf("the result could not be written to %s; is there room, and may you write there? %w", e.OutputDir, err)
		}
	}
	return err
}
