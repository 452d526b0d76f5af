package tool

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// findParser reads an expression: tests and actions joined by -a (or nothing), -o, ! and parentheses.
type findParser struct {
	f     *finder
	words []string
	acts  bool // an action other than -prune and -quit was read, so nothing is printed by itself
}

type findTest = func(*visit) bool

func (q *findParser) parse() (findTest, error) {
	if len(q.words) == 0 {
		return anyFile, nil
	}
	expr, err := q.or()
	if err == nil && len(q.words) > 0 {
		err = fmt.Errorf("unexpected `%s'", q.words[0])
	}
	return expr, err
}

func anyFile(*visit) bool { return true }

func (q *findParser) take() string {
	w := q.words[0]
	q.words = q.words[1:]
	return w
}

// next takes the next word if it is one of these.
func (q *findParser) next(words ...string) bool {
	for _, w := range words {
		if len(q.words) > 0 && q.words[0] == w {
			q.take()
			return true
		}
	}
	return false
}

func (q *findParser) or() (findTest, error) {
	left, err := q.and()
	for err == nil && q.next("-o", "-or") {
		var right findTest
		right, err = q.and()
		a := left
		left = func(v *visit) bool { return a(v) || right(v) }
	}
	return left, err
}

func (q *findParser) and() (findTest, error) {
	left, err := q.not()
	for err == nil {
		explicit := q.next("-a", "-and")
		if !explicit && (len(q.words) == 0 || q.words[0] == ")" || q.words[0] == "-o" || q.words[0] == "-or") {
			break
		}
		var right findTest
		right, err = q.not()
		a := left
		left = func(v *visit) bool { return a(v) && right(v) }
	}
	return left, err
}

func (q *findParser) not() (findTest, error) {
	if q.next("!", "-not") {
		inner, err := q.not()
		return func(v *visit) bool { return !inner(v) }, err
	}
	if q.next("(") {
		inner, err := q.or()
		if err == nil && !q.next(")") {
			err = errors.New("missing closing ')'")
		}
		return inner, err
	}
	if len(q.words) == 0 {
		return nil, errors.New("an expression is missing at the end")
	}
	return q.primary(q.take())
}

// primary reads one test, action or option.
func (q *findParser) primary(word string) (findTest, error) {
	f := q.f
	switch word {
	case "-print":
		q.acts = true
		return func(v *visit) bool { return f.print(v.name + "\n") }, nil
	case "-print0":
		q.acts = true
		return func(v *visit) bool { return f.print(v.name + "\x00") }, nil
	case "-delete":
		q.acts, f.depthFirst = true, true
		return f.remove, nil
	case "-prune":
		return func(v *visit) bool { v.prune = true; return true }, nil
	case "-quit":
		return func(*visit) bool { f.quit = true; return false }, nil
	case "-depth":
		f.depthFirst = true
		return anyFile, nil
	case "-true", "-mount", "-xdev":
		return anyFile, nil
	case "-false":
		return func(*visit) bool { return false }, nil
	case "-empty":
		return isEmpty, nil
	case "-executable":
		return func(v *visit) bool { return unix.Access(v.path, unix.X_OK) == nil }, nil
	case "-exec", "-execdir":
		q.acts = true
		return q.exec(word == "-execdir")
	}
	read, ok := findTests[word]
	if !ok {
		return nil, fmt.Errorf("unknown predicate `%s'", word)
	}
	if len(q.words) == 0 {
		return nil, fmt.Errorf("missing argument to `%s'", word)
	}
	test, err := read(q, word, q.take())
	if err != nil {
		err = fmt.Errorf("%s: %s", word, reason(err))
	}
	return test, err
}

// exec reads the command of -exec, up to ; or to {} +.
func (q *findParser) exec(inDir bool) (findTest, error) {
	var command []string
	for {
		if len(q.words) == 0 {
			return nil, errors.New("missing argument to `-exec'")
		}
		word := q.take()
		if word == ";" {
			break
		}
		if word == "+" && len(command) > 0 && command[len(command)-1] == "{}" {
			return q.execMany(command[:len(command)-1]), nil
		}
		command = append(command, word)
	}
	if len(command) == 0 {
		return nil, errors.New("invalid argument `;' to `-exec'")
	}
	return func(v *visit) bool {
		p, name := *q.f.p, v.name
		if inDir {
			p.Dir, name = filepath.Dir(v.path), "./"+filepath.Base(v.path)
		}
		args := make([]string, len(command))
		for i, word := range command {
			args[i] = strings.ReplaceAll(word, "{}", name)
		}
		return p.run(q.f.ctx, args) == 0
	}, nil
}

// execMany runs a command with as many names at once as may be.
func (q *findParser) execMany(command []string) findTest {
	var names []string
	size := 0
	flush := func() {
		if len(names) > 0 && q.f.p.run(q.f.ctx, append(command[:len(command):len(command)], names...)) != 0 {
			q.f.status = 1
		}
		names, size = nil, 0
	}
	q.f.atEnd = append(q.f.atEnd, flush)
	return func(v *visit) bool {
		names = append(names, v.name)
		if size += len(v.name) + 9; size > maxCommandLine {
			flush()
		}
		return true
	}
}

// maxCommandLine is how many bytes of arguments find and xargs give to one command.
const maxCommandLine = 128 << 10
