//go:build linux

package tool

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

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
		return func(*visit) bool { return true }, nil
	}
	expr, err := q.or()
	if err == nil && len(q.words) > 0 {
		err = fmt.Errorf("paths must precede expression: `%s'", q.words[0])
		if strings.HasPrefix(q.words[0], ")") {
			err = errors.New("you have too many ')'")
		}
	}
	return expr, err
}

func (q *findParser) take() string {
	if len(q.words) == 0 {
		return ""
	}
	w := q.words[0]
	q.words = q.words[1:]
	return w
}

func (q *findParser) next(words ...string) bool {
	for _, w := range words {
		if len(q.words) > 0 && q.words[0] == w {
			q.words = q.words[1:]
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
	return q.primary()
}

// primary reads one test, action or option.
func (q *findParser) primary() (findTest, error) {
	word := q.take()
	yes := func(*visit) bool { return true }
	switch word {
	case "-print":
		q.acts = true
		return func(v *visit) bool { return q.f.print(v, '\n') }, nil
	case "-print0":
		q.acts = true
		return func(v *visit) bool { return q.f.print(v, 0) }, nil
	case "-delete":
		q.acts, q.f.depthFirst = true, true
		return q.f.remove, nil
	case "-prune":
		return func(v *visit) bool { v.prune = true; return true }, nil
	case "-quit":
		return func(*visit) bool { q.f.quit = true; return false }, nil
	case "-depth", "-d":
		q.f.depthFirst = true
		return yes, nil
	case "-true", "-mount", "-xdev", "-noleaf", "-daystart", "-ignore_readdir_race":
		return yes, nil
	case "-false":
		return func(*visit) bool { return false }, nil
	case "-empty":
		return isEmpty, nil
	case "-executable":
		return accessible(unix.X_OK), nil
	case "-readable":
		return accessible(unix.R_OK), nil
	case "-writable":
		return accessible(unix.W_OK), nil
	case "-nouser":
		return func(v *visit) bool { uid, _ := owner(v.info); return newNamer().users[uid] == "" }, nil
	case "-nogroup":
		return func(v *visit) bool { _, gid := owner(v.info); return newNamer().groups[gid] == "" }, nil
	case "-exec", "-execdir", "-ok":
		q.acts = true
		return q.exec(word == "-execdir")
	case "":
		return nil, errors.New("an expression is missing at the end")
	}
	return q.withArgument(word)
}

const testsWithArgument = `-name -iname -path -wholename -ipath -iwholename -lname -regex -iregex
	-regextype -type -maxdepth -mindepth -newer -newermt -samefile -size -perm -user -group -uid -gid
	-mtime -mmin -atime -ctime -amin -cmin -links -inum -printf`

// withArgument reads a test or action that has one argument.
func (q *findParser) withArgument(word string) (findTest, error) {
	if !slices.Contains(strings.Fields(testsWithArgument), word) {
		if strings.HasPrefix(word, "-") {
			return nil, fmt.Errorf("unknown predicate `%s'", word)
		}
		return nil, fmt.Errorf("paths must precede expression: `%s'", word)
	}
	if len(q.words) == 0 {
		return nil, fmt.Errorf("missing argument to `%s'", word)
	}
	arg := q.take()
	switch word {
	case "-name", "-iname":
		return glob(arg, word == "-iname", func(v *visit) string { return baseName(v.name) })
	case "-path", "-wholename", "-ipath", "-iwholename":
		return glob(arg, strings.HasPrefix(word, "-i"), func(v *visit) string { return v.name })
	case "-lname":
		return glob(arg, false, func(v *visit) string { target, _ := os.Readlink(v.path); return target })
	case "-regex", "-iregex":
		flags := ""
		if word == "-iregex" {
			flags = "i"
		}
		re, err := compilePOSIX(`^\(`+arg+`\)$`, basic, flags)
		return func(v *visit) bool { return re.MatchString(v.name) }, err
	case "-regextype":
		return nil, errors.New("-regextype is not supported in the playground")
	case "-type":
		return func(v *visit) bool { return strings.IndexByte(arg, typeLetter(v.info.Mode())) >= 0 }, nil
	case "-maxdepth", "-mindepth":
		n, err := strconv.Atoi(arg)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("expected a positive decimal integer argument to %s, but got '%s'", word, arg)
		}
		if word == "-maxdepth" {
			q.f.maxDepth = n
		} else {
			q.f.minDepth = n
		}
		return func(*visit) bool { return true }, nil
	case "-newer", "-samefile":
		info, err := os.Stat(q.f.p.path(arg))
		if err != nil {
			return nil, fmt.Errorf("'%s': %s", arg, reason(err))
		}
		if word == "-samefile" {
			return func(v *visit) bool { return os.SameFile(v.info, info) }, nil
		}
		return func(v *visit) bool { return v.info.ModTime().After(info.ModTime()) }, nil
	case "-newermt":
		t, err := parseDate(arg, time.Now())
		return func(v *visit) bool { return v.info.ModTime().After(t) }, err
	case "-printf":
		q.acts = true
		return func(v *visit) bool { return q.f.format(v, arg) }, nil
	case "-perm":
		return permTest(arg)
	case "-user", "-uid", "-group", "-gid":
		return ownerTest(word, arg)
	case "-size":
		return sizeTest(arg)
	}
	return numberTest(word, arg)
}

// glob matches a text against a shell pattern, in which * and ? match slashes and leading dots too.
// comparison reads +N (more), -N (less) or N.
// sizeTest rounds sizes up to the unit: b is 512 bytes, c a byte.
// numberTest reads the tests that compare a number: ages in days or minutes, links, inodes.
// permTest reads MODE (exactly), -MODE (at least) or /MODE (any of).
// exec reads the command of -exec, up to ; or to {} +.
// execMany runs a command with as many names at once as may be.
// maxCommandLine is how many bytes of arguments find and xargs give to one command.
