package lint

// Overlay lets files hold something else than what is on the disk: what an editor
// has not saved, and what a fix makes of them. text is asked by the name that Name
// gives a file. Which files there are, the disk says, but for the ignore file. It is
// called before the context is asked for anything.
func (c *Context) Overlay(text func(name string) (text []byte, found bool)) { c.overlay = text }

// overlaid is the text of a file, which is not on the disk, up to a limit. It is
// never nil.
func (c *Context) overlaid(name string, limit int) (text []byte, found bool) {
	if c.overlay == nil {
		return nil, false
	}
	if text, found = c.overlay(name); !found {
		return nil, false
	}
	return append([]byte{}, text[:min(len(text), limit)]...), true
}
