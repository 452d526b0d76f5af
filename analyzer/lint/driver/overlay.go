package driver

import (
	"bytes"
	"path/filepath"
	"slices"
)

// overlay has texts by the absolute paths of their files, in the system's form, and
// the one without a path by Unnamed.
type overlay map[string][]byte

func newOverlay(texts map[string][]byte) (overlay, error) {
	o := overlay{}
	for path, text := range texts {
		place, err := placeOf(path)
		if err != nil {
			return nil, err
		}
		o[place] = text
	}
	return o, nil
}

func placeOf(path string) (string, error) {
	if path == Unnamed {
		return Unnamed, nil
	}
	return filepath.Abs(filepath.FromSlash(path))
}

// text is a copy of what the overlay has for a file.
func (o overlay) text(path string) (text []byte, found bool) {
	if len(o) == 0 {
		return nil, false
	}
	place, err := placeOf(path)
	if err != nil {
		return nil, false
	}
	text, found = o[place]
	return bytes.Clone(text), found
}

// have says that a path is one of the files, which are the overlay's.
func (o overlay) have(files []*file, path string) bool {
	if len(files) == 0 {
		return false
	}
	place, err := placeOf(path)
	return err == nil && slices.ContainsFunc(files, func(f *file) bool {
		own, err := placeOf(f.path)
		return err == nil && own == place
	})
}
