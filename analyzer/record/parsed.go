package record

import "strings"

// Parsed is what the Dockerfile's parser reads in one instruction, and what the
// instructions above leave it, so that a comparison need not read text again.
type Parsed struct {
	// Line is the instruction with its continued lines joined and the comments between
	// them left out. The bodies of heredocs stay on lines of their own. "" where that
	// is the text.
	Line string `json:"line,omitempty"`
	// Names are the variables that the text refers to, in order, each once, whether
	// the frontend replaces them or a shell does.
	Names []string `json:"names,omitempty"`
	// Sets are the variables that an ENV or ARG sets, in order.
	Sets  []Assignment `json:"sets,omitempty"`
	Flags []string     `json:"flags,omitempty"` // their names: "--mount", in order
	// Base is what a FROM names, after expansion, Stage the name that it gives its
	// stage, as written.
	Base  string `json:"base,omitempty"`
	Stage string `json:"stage,omitempty"`
	// ExecForm says that a command is written as a JSON array, Heredoc that the
	// instruction has an inline document.
	ExecForm bool `json:"execForm,omitempty"`
	Heredoc  bool `json:"heredoc,omitempty"`
	// Relative says that the path which a COPY, ADD or WORKDIR names as its
	// destination hangs on the working folder above it.
	Relative bool `json:"relative,omitempty"`
	// Workdir and User are what the instructions above it have set, after expansion;
	// "" for what the base image has. A relative folder without one above it starts at
	// "/".
	Workdir string `json:"workdir,omitempty"`
	User    string `json:"user,omitempty"`
}

// Assignment is one variable that an ENV or ARG sets.
type Assignment struct {
	Name string `json:"name"`
	// Text is the value as written, redacted; nil for an ARG without a default.
	Text *string `json:"text,omitempty"`
	// Names are the variables that the value is made of, in order.
	Names []string `json:"names,omitempty"`
	// Value is what the variable has from here on, redacted; nil for an ARG to which
	// neither a default nor the build gives one.
	Value *string `json:"value,omitempty"`
}

// Written is the instruction as written, its lines joined as far as they mean
// one.
func (s *Step) Written() string {
	if s.Parsed == nil || s.Parsed.Line == "" {
		return strings.TrimSpace(s.Text)
	}
	return s.Parsed.Line
}

// Summary is the instruction on one line, for tables: white space folded, as the
// parser knows it, and an ellipsis for the bodies of heredocs. It may hold any
// other character of the source, control characters included.
func (s *Step) Summary() string {
	text, more := s.Written(), ""
	if s.Read().Heredoc {
		text, _, _ = strings.Cut(text, "\n")
		more = " …"
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n\v\f", r) }), " ") + more
}

// Read is what was read in the instruction; nothing where the record does not
// have it.
func (s *Step) Read() Parsed {
	if s.Parsed == nil {
		return Parsed{}
	}
	return *s.Parsed
}
