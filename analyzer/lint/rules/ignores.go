package rules

import (
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/pragma"
)

// ignores are the rules about the comments that ask to look away. Package pragma
// makes their findings when it is known what else was found.
func ignores() []*lint.Rule {
	return []*lint.Rule{unusedIgnore, invalidIgnore}
}

var unusedIgnore = &lint.Rule{
	ID:       pragma.Unused,
	Title:    "a comment ignores what is not found",
	Severity: finding.Info,
	Doc: lint.Doc{
		Why:  "A comment that outlived its reason hides the next mistake of the same kind.",
		Bad:  "# layerwise ignore=unpinned-base the tag is fine\nFROM debian:12\n",
		Good: "FROM debian:12\n",
	},
	Fix: finding.Safe,
}

var invalidIgnore = &lint.Rule{
	ID:       pragma.Invalid,
	Title:    "a comment for layerwise that cannot be followed",
	Severity: finding.Warning,
	Doc: lint.Doc{
		Why:  "A comment with a rule that does not exist, or with none, ignores nothing, and nobody notices.",
		Bad:  "# layerwise ignore=unpined-base we test with what is current\nFROM debian\n",
		Good: "# layerwise ignore=unpinned-base we test with what is current\nFROM debian\n",
	},
}
