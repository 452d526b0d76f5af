package report

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// The bounds of a report that Read accepts. They leave room for a Dockerfile of
// 10,000 lines in a dozen builds, and keep a hostile file from taking the
// memory of the machine.
const (
	maxBytes    = 256 << 20
	maxElements = 2 << 20 // of all arrays together
	maxDepth    = 32
)

// Kinds returns every kind of report, in the order of their declaration.
func Kinds() []Kind { return []Kind{Build, Rebuild, Predict, Explain, Compare, Lint} }

// Read decodes a report in its JSON form and checks that it can be rendered:
// schema and kind are known, and step ids are unique in their build. Fields
// that this version does not know are ignored. The report that it returns is
// normalized.
func Read(in io.Reader) (*Report, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the report: %w", err)
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("the report is larger than %d MiB", maxBytes>>20)
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return nil, errors.New("the report is UTF-16, as some shells write it: save it with --report json=FILE instead")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := checkShape(data); err != nil {
		return nil, err
	}
	if err := checkHead(data); err != nil {
		return nil, err
	}
	var r Report
	if err := stdjson.Unmarshal(data, &r); err != nil {
		return nil, damaged(err)
	}
	if err := checkIDs(&r); err != nil {
		return nil, err
	}
	return r.Normalized(), nil
}

// checkShape bounds what decoding can allocate, by depth and by the number of
// array elements. Malformed input passes: the decoder has better words for it.
func checkShape(data []byte) error {
	var inArray [maxDepth + 1]bool
	depth, elements := 0, 0
	inString := false
	for i := 0; i < len(data); i++ {
		c := data[i]
		if inString {
			switch c {
			case '\\':
				i++
			case '"':
				inString = false
			}
			continue
		}
		switch c {
		case '"':
			inString = true
		case '{', '[':
			if depth++; depth > maxDepth {
				return errors.New("the report is damaged: it is nested too deeply")
			}
			inArray[depth] = c == '['
			elements++
		case '}', ']':
			depth = max(depth-1, 0)
		case ',':
			if inArray[depth] {
				elements++
			}
		}
	}
	if elements > maxElements {
		return fmt.Errorf("the report has more than %d entries", maxElements)
	}
	return nil
}

// checkHead looks at schema and kind first, so that a file that is no report,
// or one of a later format, is not called damaged.
func checkHead(data []byte) error {
	var head struct{ Schema, Kind stdjson.RawMessage }
	if err := stdjson.Unmarshal(data, &head); err != nil {
		return damaged(err)
	}
	var schema string
	if stdjson.Unmarshal(head.Schema, &schema) != nil || !strings.HasPrefix(schema, schemaFamily) {
		return fmt.Errorf("this is not a layerwise report: its schema is not %q", Schema)
	}
	if schema != Schema {
		if v, err := strconv.Atoi(strings.TrimPrefix(schema, schemaFamily)); err == nil && v > schemaVersion {
			return fmt.Errorf("the report has the schema %q, and this layerwise reads %q: update layerwise", schema, Schema)
		}
		return fmt.Errorf("the report has the unknown schema %q, and this layerwise reads %q", schema, Schema)
	}
	var kind Kind
	if stdjson.Unmarshal(head.Kind, &kind) != nil || !slices.Contains(Kinds(), kind) {
		return fmt.Errorf("the report is damaged, or newer than this layerwise: its kind is %s", orMissing(head.Kind))
	}
	return nil
}

const (
	schemaFamily  = "layerwise/report/v"
	schemaVersion = 1
)

func orMissing(v stdjson.RawMessage) string {
	const most = 80
	switch {
	case len(v) == 0:
		return "missing"
	case len(v) > most:
		return strconv.QuoteToASCII(string(v[:most])) + "..."
	}
	return strconv.QuoteToASCII(string(v))
}

func checkIDs(r *Report) error {
	for i, b := range r.Builds {
		seen := make(map[string]bool, len(b.Steps))
		for _, s := range b.Steps {
			if seen[s.ID] {
				return fmt.Errorf("the report is damaged: build %d has two steps with the id %q", i+1, s.ID)
			}
			seen[s.ID] = true
		}
	}
	return nil
}

// damaged says where decoding stopped.
func damaged(err error) error {
	var syntax *stdjson.SyntaxError
	var kind *stdjson.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && syntax.Error() == "unexpected end of JSON input":
		return errors.New("the report is damaged: it ends too early")
	case errors.As(err, &syntax):
		return fmt.Errorf("the report is damaged: byte %d: %w", syntax.Offset, err)
	case errors.As(err, &kind):
		return fmt.Errorf("the report is damaged: byte %d: %s has the wrong type: %s", kind.Offset, orTop(kind.Field), kind.Value)
	}
	return fmt.Errorf("the report is damaged: %w", err)
}

func orTop(field string) string {
	if field == "" {
		return "the report"
	}
	return field
}
