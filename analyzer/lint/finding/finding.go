// Package finding holds the model of what lint has to say: a finding, its place,
// and how to mend it. It is a leaf: rules make findings, the driver filters them,
// and reports show them.
package finding

// Severity says how much a finding matters.
type Severity string

// The severities, gravest first.
const (
	Error   Severity = "error"   // the build breaks, or leaks something
	Warning Severity = "warning" // costs time, space or reproducibility with every build
	Info    Severity = "info"    // worth knowing
)

// Basis is what a finding rests on.
type Basis string

// Static is what the Dockerfile and the files beside it say.
const Static Basis = "static"

// Safety says how a fix may be applied.
type Safety string

// The safeties.
const (
	Safe   Safety = "safe"   // the built image stays the same
	Review Safety = "review" // a person has to look at it
)

// Span is a range of a file. Lines and columns count from 1, columns in bytes;
// the end is the place behind the last byte. Column 0 stands for whole lines, Line 0
// for the whole file.
type Span struct {
	Line, Column       int
	EndLine, EndColumn int
}

// Finding is something to change, with where and why.
type Finding struct {
	Rule     string // its id
	Severity Severity
	File     string // slash path as reports name it
	Span
	Message string // one line, without a final stop
	Basis   Basis
	URL     string
	Fix     *Fix // nil where there is none
}

// Fix is a way to mend a finding. All of its edits belong together.
type Fix struct {
	Message string // what it does, in the imperative
	Safety  Safety
	Edits   []Edit
}

// Edit replaces a range of a file with text. The file need not exist: then the
// range is empty, and the text its content.
type Edit struct {
	File string // as Finding.File
	Span        // Column is never 0; an empty range inserts
	Text string
}
