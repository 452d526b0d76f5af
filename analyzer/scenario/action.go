package scenario

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// Action is what an edit does. The types of this package that implement it are
// Change, Add, Delete, Rename, Replace, Chmod, Touch, ReplaceText, InsertLine
// and DeleteLine. Their paths are relative to the context, with "/".
type Action interface {
	// String is a label such as "change src/app.js".
	String() string
	// check says what is wrong with the action as such.
	check() error
	// paths are the files of the context that it needs or makes.
	paths() []string
	// apply makes the change in a copy.
	apply(*files) error
}

// actionReaders has the actions by their key in a scenario file, in the order
// in which a message lists them.
var actionReaders = []struct {
	key  string
	read func(node) (Action, error)
}{
	{"change", readChange},
	{"add", readAdd},
	{"delete", readDelete},
	{"rename", readRename},
	{"replace", readReplace},
	{"chmod", readChmod},
	{"touch", readTouch},
	{"dockerfile", readDockerfile},
}

// maxPath bounds the length of a path, in bytes, as Linux does.
const maxPath = 4096

// checkPath refuses what does not name something below the context.
func checkPath(name string) error {
	switch {
	case name == "":
		return errors.New("the path is empty")
	case len(name) > maxPath || strings.ContainsRune(name, 0):
		return fmt.Errorf("this cannot be a path: it has a zero byte or more than %d bytes", maxPath)
	case path.Clean(name) == ".":
		return errors.New("this is the whole context: name a file in it")
	case path.IsAbs(name) || !filepath.IsLocal(filepath.FromSlash(name)):
		return errors.New("this path leads out of the context: use one that is relative to it, without \"..\"")
	}
	return nil
}

// maxQuoted bounds the text that a label quotes, in runes.
const maxQuoted = 40

// quoted is a text as labels show it: on one line, and cut when it is long.
func quoted(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > maxQuoted {
		runes = append(runes[:maxQuoted-1], '…')
	}
	return fmt.Sprintf("%q", string(runes))
}

// replaceOnce replaces a text that occurs exactly once.
func replaceOnce(content, old, new string) (string, error) {
	switch n := strings.Count(content, old); n {
	case 1:
		return strings.Replace(content, old, new, 1), nil
	case 0:
		return "", fmt.Errorf("%s does not occur in it", quoted(old))
	default:
		return "", fmt.Errorf("%s occurs %d times: give more of the text around the one that is meant", quoted(old), n)
	}
}

func checkReplacement(old, new string) error {
	switch old {
	case "":
		return errors.New("the text to replace is empty")
	case new:
		return errors.New("old and new are the same")
	}
	return nil
}
