package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
)

// Chmod sets the mode of a file or folder.
type Chmod struct {
	Path string
	Mode fs.FileMode
}

func (c Chmod) String() string  { return fmt.Sprintf("chmod %o %s", octal(c.Mode), c.Path) }
func (c Chmod) check() error    { return errors.Join(checkPath(c.Path), checkMode(c.Mode)) }
func (c Chmod) paths() []string { return []string{c.Path} }

func (c Chmod) apply(f *files) error {
	at, info, err := f.target(c.Path)
	if err != nil {
		return err
	}
	if info.Mode()&modeBits == c.Mode {
		return errors.New("it has this mode already")
	}
	return at.Chmod(local(at.name), c.Mode)
}

// Touch sets the time of a file or folder to now, and changes nothing else.
type Touch struct {
	Path string
}

func (t Touch) String() string  { return "touch " + t.Path }
func (t Touch) check() error    { return checkPath(t.Path) }
func (t Touch) paths() []string { return []string{t.Path} }

func (t Touch) apply(f *files) error {
	at, info, err := f.target(t.Path)
	if err != nil {
		return err
	}
	return at.touch(at.name, info)
}

// modeBits are the parts of a mode that chmod sets.
const modeBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

func checkMode(mode fs.FileMode) error {
	if mode&^modeBits != 0 {
		return fmt.Errorf("%s is no mode that a file can be given", mode)
	}
	return nil
}

// specialBits pairs Go's bits with those of POSIX.
var specialBits = []struct {
	mode  fs.FileMode
	posix uint64
}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}}

// octal is a mode as chmod takes it.
func octal(mode fs.FileMode) uint64 {
	bits := uint64(mode.Perm())
	for _, b := range specialBits {
		if mode&b.mode != 0 {
			bits |= b.posix
		}
	}
	return bits
}

// mode reads an octal mode, with quotes or without.
func mode(into *fs.FileMode) func(node) error {
	return func(n node) error {
		var digits string
		if err := n.Text(&digits); err != nil {
			return err
		}
		bits, err := strconv.ParseUint(digits, 8, 12)
		if err != nil {
			return n.Errorf("%s is no file mode: use octal digits as with chmod, such as \"0755\"", quoted(digits))
		}
		*into = fs.FileMode(bits) & fs.ModePerm
		for _, b := range specialBits {
			if bits&b.posix != 0 {
				*into |= b.mode
			}
		}
		return nil
	}
}

func readChmod(n node) (Action, error) {
	var c Chmod
	err := n.Object(field{Key: "path", Required: true, Read: text(&c.Path)}, field{Key: "mode", Required: true, Read: mode(&c.Mode)})
	return c, err
}

func readTouch(n node) (Action, error) {
	var t Touch
	err := n.Text(&t.Path)
	return t, err
}
