package text

import "github.com/layerwise/layerwise/analyzer/record"

// style is how a piece of text looks, as the parameters of an SGR sequence. The
// text says the same without it.
type style string

const (
	plain    style = ""
	bold     style = "1"
	quiet    style = "2"
	red      style = "31"
	loud     style = "1;31"
	green    style = "32"
	yellow   style = "33"
	cyan     style = "36"
	noColour       = "\x1b[0m"
)

func (p *page) paint(s style, text string) string {
	if !p.opts.Color || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + noColour
}

// glyphs are the signs that stand outside of ASCII, and their stand-ins.
type glyphs struct {
	none    string // nothing to show here
	cut     string // the rest was left out
	arrow   string // from, to
	to      string // between the ends of a range
	notHere string // in a matrix: the build did not get there
}

var (
	unicodeGlyphs = glyphs{none: "–", cut: "…", arrow: "→", to: "–", notHere: "·"}
	asciiGlyphs   = glyphs{none: "-", cut: "...", arrow: "->", to: "-", notHere: "."}
)

// mark is how an outcome is written: the word in a table, the short word in a
// matrix, and their style.
type mark struct {
	word, short string
	style       style
}

// word cleans a word that this version does not know, and keeps it short.
func (p *page) word(s string) string {
	const most = 12
	return cut(p.clean(s), most, p.glyph.cut)
}

// mark returns the mark of an outcome. Roots are in capitals, so that they
// stand out without colour too.
func (p *page) mark(outcome record.Outcome, root bool) mark {
	switch outcome {
	case record.Hit:
		return mark{"hit", "hit", green}
	case record.Miss:
		if root {
			return mark{"MISS", "MISS", loud}
		}
		return mark{"miss", "miss", yellow}
	case record.Run:
		if root {
			return mark{"RUN", "RUN", loud}
		}
		return mark{"run", "run", yellow}
	case record.Undecided:
		return mark{"undecided", "?", cyan}
	case record.StepFailed:
		return mark{"FAILED", "FAIL", loud}
	case record.StepCanceled:
		return mark{"canceled", "stop", yellow}
	case record.NotRun:
		return mark{"not run", p.glyph.notHere, quiet}
	case record.Unused:
		return mark{"unused", p.glyph.notHere, quiet}
	case record.None, "":
		return mark{p.glyph.none, p.glyph.none, quiet}
	}
	return mark{p.word(string(outcome)), "?", plain}
}
