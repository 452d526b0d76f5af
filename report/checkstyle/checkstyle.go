// Package checkstyle renders findings in the XML of Checkstyle, which Jenkins,
// reviewdog and many editors read.
package checkstyle

import (
	"encoding/xml"
	"io"

	"github.com/layerwise/layerwise/report"
)

// Renderer is the checkstyle format.
type Renderer struct{}

// Name is "checkstyle".
func (Renderer) Name() string { return "checkstyle" }

type document struct {
	XMLName xml.Name `xml:"checkstyle"`
	Version string   `xml:"version,attr"` // of the format
	Files   []*file
}

type file struct {
	XMLName xml.Name `xml:"file"`
	Name    string   `xml:"name,attr"`
	Errors  []entry
}

type entry struct {
	XMLName  xml.Name `xml:"error"`
	Line     int      `xml:"line,attr"`
	Column   int      `xml:"column,attr,omitempty"`
	Severity string   `xml:"severity,attr"`
	Message  string   `xml:"message,attr"`
	Source   string   `xml:"source,attr"`
}

// Render writes the remarks by file, files in the order of their first remark.
func (Renderer) Render(w io.Writer, r *report.Report, _ report.Options) error {
	doc := document{Version: "4.3"}
	files := map[string]*file{}
	for _, f := range r.Remarks() {
		into := files[f.File]
		if into == nil {
			into = &file{Name: report.Clean(f.File)}
			files[f.File] = into
			doc.Files = append(doc.Files, into)
		}
		into.Errors = append(into.Errors, entry{
			Line: max(f.Line, 1), Column: f.Column, Severity: severity(f.Severity), Message: report.Clean(f.Message), Source: "layerwise." + report.Clean(f.Rule),
		})
	}
	return write(w, doc)
}

func severity(s string) string {
	if s == "error" || s == "warning" {
		return s
	}
	return "info"
}

func write(w io.Writer, v any) error {
	text, err := xml.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(append([]byte(xml.Header), text...), '\n'))
	return err
}
