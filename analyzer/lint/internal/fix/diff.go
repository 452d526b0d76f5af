package fix

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff is the change as a unified diff, which patch -p1 and git apply take. A name
// with other than printable characters is quoted as git does it.
func (c *Changed) Diff() []byte {
	before, after := inDiff("a", c.Name), inDiff("b", c.Name)
	if c.Made {
		before = "/dev/null"
	}
	text := diff.Diff(before, c.Old, after, c.New)
	_, text, _ = bytes.Cut(text, []byte("\n")) // a line that repeats the names
	return text
}

func inDiff(side, name string) string {
	if !path.IsAbs(name) {
		name = side + "/" + name
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }) {
		var b strings.Builder
		for i := range len(name) {
			switch c := name[i]; {
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c < ' ' || c == 0x7f:
				fmt.Fprintf(&b, `\%03o`, c)
			default:
				b.WriteByte(c)
			}
		}
		return `"` + b.String() + `"`
	}
	if strings.Contains(name, " ") {
		return name + "\t" // marks its end
	}
	return name
}
