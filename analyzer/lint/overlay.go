package lint

// SetIgnore makes the context look as it would with this content of the ignore
// file that counts, whatever is on the disk: for what a fix makes of it.
func (c *Context) SetIgnore(data []byte) {
	path, _, _ := c.Ignore()
	c.ignore = &ignoreFile{path: path, data: data}
	c.ignore.parse()
	c.tree = nil
}
