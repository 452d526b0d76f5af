package scenario

import (
	"errors"
	"fmt"
	"io/fs"
)

// Change changes the content of a file.
type Change struct {
	Path string
	// Content replaces what the file has. nil appends one line feed: harmless
	// in sources of nearly every kind, and always another content. It changes
	// the size too, because an engine that took an earlier version of the file
	// compares only size and time to find out whether to take it again.
	Content *string
}

func (c Change) String() string  { return "change " + c.Path }
func (c Change) check() error    { return checkPath(c.Path) }
func (c Change) paths() []string { return []string{c.Path} }

func (c Change) apply(f *files) error {
	at, info, err := f.file(c.Path)
	if err != nil {
		return err
	}
	content := "\n"
	if c.Content != nil {
		content = *c.Content
		if info.Size() == int64(len(content)) {
			if old, err := at.read(at.name, info); err != nil {
				return err
			} else if old == content {
				return errors.New("the file has this content already; to change its time alone, use touch")
			}
		}
	}
	if err := at.write(at.name, info, content, c.Content == nil); err != nil {
		return err
	}
	return f.keepTwins(at)
}

// Add makes a new file, and the folders above it where they are missing.
type Add struct {
	Path    string
	Content string
	Mode    fs.FileMode // 0 for 0644
}

func (a Add) String() string  { return "add " + a.Path }
func (a Add) check() error    { return errors.Join(checkPath(a.Path), checkMode(a.Mode)) }
func (a Add) paths() []string { return []string{a.Path} }

func (a Add) apply(f *files) error {
	mode := a.Mode
	if mode == 0 {
		mode = 0o644
	}
	at, err := f.entry(a.Path)
	if err != nil {
		return err
	}
	return f.context.create(at, a.Content, mode)
}

// Delete deletes a file, a symbolic link, or a folder with all that it holds.
type Delete struct {
	Path string
}

func (d Delete) String() string  { return "delete " + d.Path }
func (d Delete) check() error    { return checkPath(d.Path) }
func (d Delete) paths() []string { return []string{d.Path} }
func (d Delete) apply(f *files) error {
	at, err := f.entry(d.Path)
	if err != nil {
		return err
	}
	return f.context.remove(at)
}

// Rename gives a file, a symbolic link or a folder another path, which nothing
// may have yet. Missing folders above it are made.
type Rename struct {
	From, To string
}

func (r Rename) String() string  { return "rename " + r.From + " to " + r.To }
func (r Rename) check() error    { return errors.Join(checkPath(r.From), checkPath(r.To)) }
func (r Rename) paths() []string { return []string{r.From, r.To} }
func (r Rename) apply(f *files) error {
	from, err := f.entry(r.From)
	if err != nil {
		return err
	}
	to, err := f.entry(r.To)
	if err != nil {
		return err
	}
	return f.context.rename(from, to)
}

// Replace replaces a text that occurs exactly once in a file.
type Replace struct {
	Path, Old, New string
}

func (r Replace) String() string {
	return fmt.Sprintf("replace %s with %s in %s", quoted(r.Old), quoted(r.New), r.Path)
}
func (r Replace) check() error    { return errors.Join(checkPath(r.Path), checkReplacement(r.Old, r.New)) }
func (r Replace) paths() []string { return []string{r.Path} }
func (r Replace) apply(f *files) error {
	at, _, err := f.file(r.Path)
	if err != nil {
		return err
	}
	if err := at.rewrite(at.name, func(old string) (string, error) { return replaceOnce(old, r.Old, r.New) }); err != nil {
		return err
	}
	return f.keepTwins(at)
}

func readChange(n node) (Action, error) {
	var c Change
	if n.IsText() {
		err := n.Text(&c.Path)
		return c, err
	}
	err := n.Object(
		field{Key: "path", Required: true, Read: text(&c.Path)},
		field{Key: "content", Read: func(n node) error { c.Content = new(string); return n.Text(c.Content) }},
	)
	return c, err
}

func readAdd(n node) (Action, error) {
	var a Add
	err := n.Object(
		field{Key: "path", Required: true, Read: text(&a.Path)},
		field{Key: "content", Read: text(&a.Content)},
		field{Key: "mode", Read: mode(&a.Mode)},
	)
	return a, err
}

func readDelete(n node) (Action, error) {
	var d Delete
	err := n.Text(&d.Path)
	return d, err
}

func readRename(n node) (Action, error) {
	var r Rename
	err := n.Object(field{Key: "from", Required: true, Read: text(&r.From)}, field{Key: "to", Required: true, Read: text(&r.To)})
	return r, err
}

func readReplace(n node) (Action, error) {
	var r Replace
	err := n.Object(
		field{Key: "path", Required: true, Read: text(&r.Path)},
		field{Key: "old", Required: true, Read: text(&r.Old)},
		field{Key: "new", Required: true, Read: text(&r.New)},
	)
	return r, err
}
