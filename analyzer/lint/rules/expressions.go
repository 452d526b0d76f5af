package rules

import (
	"regexp"
	"sync"
)

// later compiles an expression when it is first needed: most runs need none.
func later(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
