// Package baseline keeps the findings of an old project in a file, so that lint
// fails on new ones alone.
//
// The file is JSON and sorted, to be kept under version control. It holds no text
// of a Dockerfile:
//
//	{
//	  "schema": "layerwise/baseline/v1",
//	  "findings": [
//	    {"file": "web/Dockerfile", "rule": "unpinned-base", "fingerprint": "5f1d…"}
//	  ]
//	}
//
// Files are named from the folder that the baseline is in.
package baseline

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/layerwise/layerwise/analyzer/inputfile"
	"github.com/layerwise/layerwise/analyzer/outputfile"
)

// Schema names the format.
const Schema = "layerwise/baseline/v1"

// maxFile bounds what is read, in bytes.
const maxFile = 64 << 20

// Entry is one finding that is known.
type Entry struct {
	File        string `json:"file"`
	Rule        string `json:"rule"`
	Fingerprint string `json:"fingerprint"`
}

// Baseline is a set of findings.
type Baseline struct {
	path  string
	known map[Entry]bool // with whether it was found
}

type document struct {
	Schema   string  `json:"schema"`
	Findings []Entry `json:"findings"`
}

// New returns an empty baseline for a file that need not exist.
func New(path string) *Baseline { return &Baseline{path: path, known: map[Entry]bool{}} }

// Read reads a baseline.
func Read(path string) (*Baseline, error) {
	data, err := inputfile.Read(path, maxFile)
	var large *inputfile.TooLargeError
	switch {
	case errors.As(err, &large):
		return nil, fmt.Errorf("%s is no baseline: it is larger than %d MiB", path, maxFile>>20)
	case err != nil:
		return nil, err
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("%s is no baseline, or damaged: %w", path, err)
	}
	if d.Schema != Schema {
		return nil, fmt.Errorf("%s is no baseline that can be read here: its schema is %q, not %q", path, d.Schema, Schema)
	}
	b := New(path)
	for _, e := range d.Findings {
		b.known[e] = false
	}
	return b, nil
}

// Name is what a file is called in the baseline.
func (b *Baseline) Name(file string) string {
	abs, err := filepath.Abs(filepath.FromSlash(file))
	if err != nil {
		return file
	}
	folder, err := filepath.Abs(filepath.Dir(b.path))
	if err != nil {
		return file
	}
	rel, err := filepath.Rel(folder, abs)
	if err != nil {
		return file
	}
	return filepath.ToSlash(rel)
}

// Has says that a finding is known.
func (b *Baseline) Has(e Entry) bool {
	_, ok := b.known[e]
	return ok
}

// Found makes a finding known, and remembers that it was found.
func (b *Baseline) Found(e Entry) { b.known[e] = true }

// Stale are the entries that were not found, of those that could have been. looked
// says that an entry's rule was looked for in its file.
func (b *Baseline) Stale(looked func(Entry) bool) []Entry {
	var stale []Entry
	for e, found := range b.known {
		if !found && (looked(e) || b.gone(e.File)) {
			stale = append(stale, e)
		}
	}
	return stale
}

func (b *Baseline) gone(file string) bool {
	_, err := os.Lstat(filepath.Join(filepath.Dir(b.path), filepath.FromSlash(file)))
	return errors.Is(err, fs.ErrNotExist)
}

// Drop removes entries.
func (b *Baseline) Drop(entries []Entry) {
	for _, e := range entries {
		delete(b.known, e)
	}
}

// Len is how many findings are known.
func (b *Baseline) Len() int { return len(b.known) }

// Write writes the baseline, whole or not at all.
func (b *Baseline) Write() error {
	d := document{Schema: Schema, Findings: []Entry{}}
	for e := range b.known {
		d.Findings = append(d.Findings, e)
	}
	slices.SortFunc(d.Findings, func(x, y Entry) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Fingerprint, y.Fingerprint))
	})
	if info, err := os.Stat(b.path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("cannot write the baseline %s: it is no regular file", b.path)
	}
	err := outputfile.Write(b.path, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(d)
	})
	if err != nil {
		return fmt.Errorf("cannot write the baseline %s: %w", b.path, err)
	}
	return nil
}
