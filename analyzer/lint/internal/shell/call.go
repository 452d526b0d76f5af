package shell

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// call adds a simple command, the commands in its substitutions before it.
func (w *walker) call(s *syntax.Stmt, call *syntax.CallExpr, at place) {
	c := Command{
		Op:          at.op,
		Piped:       at.piped,
		Conditional: at.conditional,
		Tolerated:   at.tolerated,
		Handled:     at.handled,
		Substituted: at.substituted,
		Dir:         w.dir,
		DirUnknown:  w.lost,
		Exact:       w.src.whole == nil,
	}
	for _, a := range call.Assigns {
		w.words(a, at)
		if a.Name == nil {
			continue
		}
		c.Assigns = append(c.Assigns, Assign{Name: a.Name.Value, Value: w.assigned(a)})
	}
	words := make([]Word, len(call.Args))
	for i, word := range call.Args {
		words[i] = w.word(word)
		if words[i].Dynamic {
			w.words(word, at)
		}
	}
	c.Redirects = append(w.redirects(s, at), at.redirects...)
	c.Start, c.End = w.src.at(int(s.Pos().Offset()), commandEnd(s, call))
	if len(words) == 0 {
		c.Program = Word{Start: c.Start, End: c.Start}
		w.out = append(w.out, c)
		return
	}
	c.setWords(words)
	w.follow(&c)
	w.out = append(w.out, c)
}

// declare adds an export, local, readonly or declare as the command that it is.
func (w *walker) declare(d *syntax.DeclClause, at place) {
	c := Command{
		Name:        d.Variant.Value,
		Op:          at.op,
		Conditional: at.conditional,
		Tolerated:   at.tolerated,
		Substituted: at.substituted,
		Dir:         w.dir,
		DirUnknown:  w.lost,
		Exact:       w.src.whole == nil,
	}
	c.Start, c.End = w.src.at(int(d.Pos().Offset()), int(d.End().Offset()))
	c.Program = Word{Text: c.Name, Start: c.Start, End: min(c.End, c.Start+len(c.Name))}
	for _, a := range d.Args {
		start, end := int(a.Pos().Offset()), int(a.End().Offset())
		word := Word{Text: w.src.text[start:end], Dynamic: a.Array != nil}
		if a.Name != nil && a.Value != nil {
			value := w.word(a.Value)
			word.Text, word.Dynamic = a.Name.Value+"="+value.Text, value.Dynamic
		}
		word.Start, word.End = w.src.at(start, end)
		c.Args = append(c.Args, word)
	}
	w.out = append(w.out, c)
}

// commandEnd is where a command ends, its separator not included.
func commandEnd(s *syntax.Stmt, call *syntax.CallExpr) int {
	end := call.End().Offset()
	for _, r := range s.Redirs {
		if e := r.Word; e != nil && e.End().Offset() > end {
			end = e.End().Offset()
		}
	}
	return int(end)
}

func (w *walker) assigned(a *syntax.Assign) Word {
	if a.Value != nil {
		return w.word(a.Value)
	}
	start, end := w.src.at(int(a.End().Offset()), int(a.End().Offset()))
	return Word{Start: start, End: end, Dynamic: a.Array != nil}
}

// redirects returns the redirections of a statement, and reads the commands in
// their words.
func (w *walker) redirects(s *syntax.Stmt, at place) []Redirect {
	var out []Redirect
	for _, r := range s.Redirs {
		d := Redirect{Op: r.Op.String()}
		if r.N != nil {
			d.FD = r.N.Value
		}
		if r.Word != nil {
			d.Target = w.word(r.Word)
			w.words(r.Word, at)
		}
		if r.Hdoc != nil {
			d.Body = w.body(r.Hdoc, d.Target.Text)
			w.words(r.Hdoc, at)
		}
		out = append(out, d)
	}
	return out
}

// body is the text of a here-document without the word that ends it.
func (w *walker) body(doc *syntax.Word, delimiter string) string {
	text := w.src.text[doc.Pos().Offset():doc.End().Offset()]
	last := strings.LastIndexByte(text, '\n') + 1
	if strings.TrimLeft(text[last:], "\t") == delimiter {
		return text[:last]
	}
	return text
}

// follow keeps track of cd and set -e.
func (w *walker) follow(c *Command) {
	switch c.Name {
	case "cd", "pushd":
		w.enter(c)
	case "popd":
		w.dir, w.lost = "", true
	case "set":
		if c.HasLetter("e") || c.Has("errexit") {
			w.errexit = true
		}
	}
}

func (w *walker) enter(c *Command) {
	to := c.Operands()
	switch {
	case len(to) != 1 || to[0].Dynamic || to[0].Text == "-" || strings.HasPrefix(to[0].Text, "~"):
		w.dir, w.lost = "", true
	case path.IsAbs(to[0].Text):
		w.dir, w.lost = path.Clean(to[0].Text), false
	case !w.lost:
		w.dir = path.Join(w.dir, to[0].Text)
	}
}

// word reads a word without its quotes.
func (w *walker) word(word *syntax.Word) Word {
	start, end := int(word.Pos().Offset()), int(word.End().Offset())
	out := Word{}
	if len(word.Parts) == 1 {
		if lit, ok := word.Parts[0].(*syntax.Lit); ok && strings.IndexByte(lit.Value, '\\') < 0 {
			out.Text = lit.Value
			out.Start, out.End = w.src.at(start, end)
			return out
		}
	}
	var b strings.Builder
	w.parts(&b, word.Parts, false, &out.Dynamic)
	out.Text = b.String()
	out.Start, out.End = w.src.at(start, end)
	return out
}

func (w *walker) parts(b *strings.Builder, parts []syntax.WordPart, quoted bool, dynamic *bool) {
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			unescape(b, p.Value, quoted)
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			w.parts(b, p.Parts, true, dynamic)
		default:
			*dynamic = true
			b.WriteString(w.src.text[p.Pos().Offset():p.End().Offset()])
		}
	}
}

// unescape drops the backslashes that the shell drops.
func unescape(b *strings.Builder, s string, quoted bool) {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		next := s[i+1]
		if quoted && !strings.ContainsRune("$`\"\\\n", rune(next)) {
			b.WriteByte('\\')
		}
		i++
		if next != '\n' {
			b.WriteByte(next)
		}
	}
}
