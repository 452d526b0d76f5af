// Package sarif renders findings as SARIF 2.1.0, which GitHub code scanning, GitLab,
// Azure DevOps and editors read.
//
// What readers make of it: GitHub takes artifact URIs relative to the
// repository's root, shows shortDescription and help of the rule, and pairs results
// of two runs by partialFingerprints, which its upload action computes where
// they are not given. Columns count UTF-16 code units (columnKind), where the
// report counts bytes. A fix that makes a new file has an empty deletedRegion in it.
package sarif

import (
	"io"
	"net/url"
	"path"
	"strings"
	"unicode/utf16"

	"github.com/layerwise/layerwise/report"
	"github.com/layerwise/layerwise/report/json"
)

// Renderer is the sarif format.
type Renderer struct{}

// Name is "sarif".
func (Renderer) Name() string { return "sarif" }

const (
	schema = "https://json.schemastore.org/sarif-2.1.0.json"
	home   = "https://github.com/layerwise/layerwise"
)

// Render writes all remarks of the report.
func (Renderer) Render(w io.Writer, r *report.Report, _ report.Options) error {
	rules := newRules(r.Rules)
	results := []result{}
	for _, f := range r.Remarks() {
		results = append(results, rules.result(f))
	}
	return json.Write(w, document{Schema: schema, Version: "2.1.0", Runs: []run{{
		Tool:       tool{driver{Name: "layerwise", Version: r.Tool.Version, InformationURI: home, Rules: rules.all}},
		ColumnKind: "utf16CodeUnits",
		Results:    results,
	}}})
}

// rules are those that results name, in the order of their first use.
type rules struct {
	known map[string]report.Rule
	index map[string]int
	all   []rule
}

func newRules(known []report.Rule) *rules {
	r := &rules{known: map[string]report.Rule{}, index: map[string]int{}, all: []rule{}}
	for _, k := range known {
		r.known[k.ID] = k
	}
	return r
}

func (r *rules) indexOf(f report.Finding) int {
	if i, ok := r.index[f.Rule]; ok {
		return i
	}
	k := r.known[f.Rule]
	entry := rule{ID: f.Rule, HelpURI: link(f.URL), DefaultConfiguration: configuration{Level: level(f.Severity)}}
	if k.Title != "" {
		entry.ShortDescription = &message{report.Clean(k.Title)}
		entry.DefaultConfiguration.Level = level(k.Severity)
	}
	if k.Why != "" {
		entry.Help = &message{report.Clean(k.Why)}
	}
	r.index[f.Rule] = len(r.all)
	r.all = append(r.all, entry)
	return r.index[f.Rule]
}

func (r *rules) result(f report.Finding) result {
	out := result{
		RuleID: f.Rule, RuleIndex: r.indexOf(f), Level: level(f.Severity), Message: message{report.Clean(f.Message)},
		Locations: []location{{physical{artifact{uri(f.File)}, regionOf(f)}}},
	}
	if f.Basis != "" {
		out.Properties = map[string]string{"basis": f.Basis}
	}
	if f.Fix != nil {
		out.Fixes = []fix{fixOf(f)}
	}
	return out
}

// regionOf returns nil for a finding about a whole file.
func regionOf(f report.Finding) *region {
	if f.Line <= 0 {
		return nil
	}
	out := &region{StartLine: f.Line, EndLine: max(f.EndLine, f.Line)}
	if f.Column > 0 {
		out.StartColumn = column(f, f.Line, f.Column)
		out.EndColumn = column(f, out.EndLine, f.EndColumn)
	}
	return out
}

// column turns a column in bytes into one in UTF-16 code units, as far as the
// finding shows the line.
func column(f report.Finding, line, bytes int) int {
	i := line - f.Line
	if bytes <= 0 || i < 0 || i >= len(f.Source) || bytes-1 > len(f.Source[i]) {
		return max(bytes, 0)
	}
	return len(utf16.Encode([]rune(f.Source[i][:bytes-1]))) + 1
}

func fixOf(f report.Finding) fix {
	out := fix{Description: message{report.Clean(f.Fix.Message)}}
	index := map[string]int{}
	for _, e := range f.Fix.Edits {
		i, ok := index[e.File]
		if !ok {
			i = len(out.ArtifactChanges)
			index[e.File] = i
			out.ArtifactChanges = append(out.ArtifactChanges, change{ArtifactLocation: artifact{uri(e.File)}})
		}
		deleted := region{StartLine: max(e.Line, 1), StartColumn: max(e.Column, 1), EndLine: max(e.EndLine, e.Line, 1), EndColumn: max(e.EndColumn, 1)}
		if e.File == f.File && e.Line >= f.Line {
			deleted.StartColumn = max(column(f, e.Line, e.Column), 1)
			deleted.EndColumn = max(column(f, e.EndLine, e.EndColumn), 1)
		}
		c := &out.ArtifactChanges[i]
		c.Replacements = append(c.Replacements, replacement{deleted, content{e.Text}})
	}
	return out
}

func level(severity string) string {
	switch severity {
	case "error", "warning":
		return severity
	}
	return "note"
}

// uri writes a path as a reference, relative where the path is.
func uri(file string) string {
	if path.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: file}).String()
	}
	return (&url.URL{Path: strings.TrimPrefix(file, "./")}).String()
}

// link returns "" for what is not a web address.
func link(s string) string {
	if u, err := url.Parse(s); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return s
}
