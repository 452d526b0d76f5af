// Package junit renders findings as a JUnit test report, which every CI system
// shows: a suite for each file, a failed test for each finding.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/layerwise/layerwise/report"
)

// Renderer is the junit format.
type Renderer struct{}

// Name is "junit".
func (Renderer) Name() string { return "junit" }

type document struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Suites   []*suite
}

type suite struct {
	XMLName  xml.Name `xml:"testsuite"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Cases    []testCase
}

type testCase struct {
	XMLName xml.Name `xml:"testcase"`
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	File    string   `xml:"file,attr,omitempty"`
	Line    int      `xml:"line,attr,omitempty"`
	Failure *failure
}

type failure struct {
	XMLName xml.Name `xml:"failure"`
	Message string   `xml:"message,attr"`
	Type    string   `xml:"type,attr"` // the severity
	Text    string   `xml:",chardata"`
}

// Render writes the remarks by file. Without any there is one test that passed,
// since readers take a report without tests for a mistake.
func (Renderer) Render(w io.Writer, r *report.Report, _ report.Options) error {
	doc := document{Name: "layerwise " + string(r.Kind)}
	suites := map[string]*suite{}
	for _, f := range r.Remarks() {
		into := suites[f.File]
		if into == nil {
			into = &suite{Name: report.Clean(f.File)}
			suites[f.File] = into
			doc.Suites = append(doc.Suites, into)
		}
		into.add(f)
	}
	if len(doc.Suites) == 0 {
		doc.Suites = []*suite{{Name: doc.Name, Tests: 1, Cases: []testCase{{Name: "no findings", Class: "layerwise"}}}}
	}
	for _, s := range doc.Suites {
		doc.Tests += s.Tests
		doc.Failures += s.Failures
	}
	text, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(append([]byte(xml.Header), text...), '\n'))
	return err
}

func (s *suite) add(f report.Finding) {
	place := s.Name
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d", s.Name, f.Line)
	}
	message := report.Clean(f.Message)
	text := []string{place + ": " + message}
	for i, line := range f.Source {
		text = append(text, fmt.Sprintf("%d | %s", f.Line+i, report.Clean(line)))
	}
	if f.URL != "" {
		text = append(text, report.Clean(f.URL))
	}
	s.Tests++
	s.Failures++
	s.Cases = append(s.Cases, testCase{
		Name: report.Clean(f.Rule) + " at " + place, Class: report.Clean(f.Rule), File: s.Name, Line: f.Line,
		Failure: &failure{Message: message, Type: report.Clean(f.Severity), Text: strings.Join(text, "\n")},
	})
}
