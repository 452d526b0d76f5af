package shell

import (
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
)

// Run returns the simple commands of a RUN in the order of the text. Escape is
// the file's escape character, sh the SHELL in force, nil for the default of images
// for Unix.
// There are none for another instruction, for a script of another language, and
// for a shell that is none of Unix's; err says why a script cannot be parsed.
func Run(in *dockerfile.Instruction, escape rune, sh []string) ([]Command, error) {
	if in.Keyword != "RUN" || len(in.Args) == 0 {
		return nil, nil
	}
	if in.JSON {
		return direct(in)
	}
	if !isUnix(sh) {
		return nil, nil
	}
	src, end := header(in, byte(escape))
	args := arguments(src.text, byte(escape))
	script := src.sub(src.text[args:], args)
	errexit := len(sh) > 0 && exits(sh[1:])
	switch {
	case len(in.Heredocs) == 0:
	case parser.MustParseHeredoc(in.Args[0]) != nil:
		body := document(in, end)
		if body == nil {
			return nil, nil
		}
		if first, _, _ := strings.Cut(body.text, "\n"); strings.HasPrefix(first, "#!") {
			errexit = exits(strings.Fields(first[2:])) // no SHELL runs it
		}
		script = body
	default:
		script.runs = append(script.runs, run{len(script.text) + 1, end})
		script.text += "\n" + in.Text[end:]
	}
	return read(script, errexit, 0)
}

// Parse returns the simple commands of a script, which is all of the text that
// their places refer to.
func Parse(script string) ([]Command, error) {
	return read(&source{text: script, runs: []run{{0, 0}}}, false, 0)
}

// direct returns the command of the JSON form. Its words have no places of
// their own.
func direct(in *dockerfile.Instruction) ([]Command, error) {
	all := [2]int{0, len(in.Text)}
	c := Command{Start: all[0], End: all[1]}
	words := make([]Word, len(in.Args))
	for i, a := range in.Args {
		words[i] = Word{Text: a, Start: all[0], End: all[1]}
	}
	c.setWords(words)
	return inner([]Command{c}, 0)
}

// document is the body of the heredoc that is the whole of a RUN's script, nil
// where the body names another interpreter than a shell.
func document(in *dockerfile.Instruction, at int) *source {
	d := in.Heredocs[0]
	if line, _, _ := strings.Cut(d.Content, "\n"); strings.HasPrefix(line, "#!") {
		words := strings.Fields(line[2:])
		for len(words) > 1 && (path.Base(words[0]) == "env" || strings.HasPrefix(words[0], "-")) {
			words = words[1:]
		}
		if len(words) == 0 || !isShell(words[0]) {
			return nil
		}
	}
	if at+len(d.Content) > len(in.Text) {
		return nil
	}
	return &source{text: in.Text[at : at+len(d.Content)], runs: []run{{0, at}}}
}

// isUnix reports whether a SHELL reads the language of Unix shells, as BuildKit's
// default does.
func isUnix(sh []string) bool { return len(sh) == 0 || isShell(sh[0]) }

// exits reports whether the arguments of a shell make it stop at the first command
// that fails.
func exits(args []string) bool {
	for i, a := range args {
		cluster, ok := strings.CutPrefix(a, "-")
		if ok && isLetters(cluster) && strings.Contains(cluster, "e") || a == "errexit" && i > 0 {
			return true
		}
	}
	return false
}

func isShell(program string) bool {
	switch path.Base(program) {
	case "sh", "bash", "ash", "dash", "ksh", "mksh", "zsh", "busybox":
		return true
	}
	return false
}
