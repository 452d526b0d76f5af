// Package json renders a report in its JSON form, the contract between
// layerwise and other programs.
//
// The text is indented, ends in a newline, and is the same for the same report.
// Characters that a terminal could act on (DEL, C1 controls, bidirectional
// controls) are written as \u escapes, so that printing a report is safe; a
// JSON parser sees no difference.
package json

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"

	"github.com/layerwise/layerwise/report"
)

// Renderer is the json format.
type Renderer struct{}

// Name is "json".
func (Renderer) Name() string { return "json" }

// Render writes r, normalized. Options change nothing: what programs read does
// not depend on where it is printed.
func (Renderer) Render(w io.Writer, r *report.Report, _ report.Options) error {
	return Write(w, r.Normalized())
}

// Write writes any value in this form, for formats that are JSON too.
func Write(w io.Writer, v any) error {
	var buf bytes.Buffer
	enc := stdjson.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("cannot write the report as JSON: %w", err)
	}
	_, err := w.Write(escape(buf.Bytes()))
	return err
}

// escape replaces control and format characters with their \u form. They occur
// only inside strings, since the syntax of JSON has none of them, and the
// encoder has already dealt with those below U+0020.
func escape(in []byte) []byte {
	out := make([]byte, 0, len(in)+len(in)/64)
	for len(in) > 0 {
		if in[0] < 0x7f {
			out = append(out, in[0])
			in = in[1:]
			continue
		}
		r, size := utf8.DecodeRune(in)
		switch {
		case !unicode.In(r, unicode.Cc, unicode.Cf):
			out = append(out, in[:size]...)
		case r <= 0xffff:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
		in = in[size:]
	}
	return out
}
