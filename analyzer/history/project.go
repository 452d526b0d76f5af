package history

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

func sorted(list []string) []string {
	list = append([]string{}, list...)
	slices.Sort(list)
	return slices.Compact(list)
}

// projectFolder returns the name of a project's folder: the last part of its
// context's name, for the reader, and a hash of all that identifies it.
func projectFolder(p record.Project) string {
	p.Platforms = sorted(p.Platforms)
	identity, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings always encode
	}
	sum := sha256.Sum256(identity)
	return readable(p.Context) + "-" + hex.EncodeToString(sum[:6])
}

// readable returns the part of a folder's name or a URL that people know it
// by, in characters that are safe on every system.
func readable(context string) string {
	name := path.Base(strings.TrimRight(filepath.ToSlash(context), "/"))
	name = strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
			return c
		}
		return '-'
	}, name)
	name = strings.Trim(name, ".-")
	name = name[:min(len(name), 40)]
	if name == "" {
		return "context"
	}
	return name
}
