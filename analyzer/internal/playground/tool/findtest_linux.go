package tool

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/pattern"
)

// findTests read the tests and actions that have one argument.
var findTests = map[string]func(q *findParser, word, arg string) (findTest, error){
	"-name": globTest, "-iname": globTest, "-path": globTest,
	"-type": func(_ *findParser, _, arg string) (findTest, error) {
		return func(v *visit) bool { return strings.IndexByte(arg, typeLetter(v.info.Mode())) >= 0 }, nil
	},
	"-maxdepth": depthOption, "-mindepth": depthOption,
	"-newer": func(q *findParser, _, arg string) (findTest, error) {
		info, err := os.Stat(q.f.p.path(arg))
		return func(v *visit) bool { return v.info.ModTime().After(info.ModTime()) }, err
	},
	"-printf": func(q *findParser, _, arg string) (findTest, error) {
		q.acts = true
		return func(v *visit) bool { return q.f.print(v.format(arg)) }, nil
	},
	"-perm": permTest, "-size": sizeTest, "-mtime": ageTest, "-mmin": ageTest,
	"-user": ownerTest, "-uid": ownerTest, "-group": ownerTest, "-gid": ownerTest,
}

// globTest matches a shell pattern, in which * and ? match slashes and leading dots too.
func globTest(_ *findParser, word, arg string) (findTest, error) {
	expr, err := pattern.Regexp(arg, pattern.EntireString)
	if err != nil {
		return nil, fmt.Errorf("invalid pattern '%s': %w", arg, err)
	}
	flags := ""
	if word[1] == 'i' {
		flags = "i"
	}
	re, err := compile(expr, perl, flags)
	return func(v *visit) bool {
		if word == "-path" {
			return re.MatchString(v.name)
		}
		return re.MatchString(baseName(v.name))
	}, err
}

func depthOption(q *findParser, word, arg string) (findTest, error) {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 0 {
		return nil, fmt.Errorf("expected a positive decimal integer, but got '%s'", arg)
	}
	if word == "-maxdepth" {
		q.f.maxDepth = n
	} else {
		q.f.minDepth = n
	}
	return anyFile, nil
}

func isEmpty(v *visit) bool {
	if v.info.IsDir() {
		entries, err := os.ReadDir(v.path)
		return err == nil && len(entries) == 0
	}
	return v.info.Mode().IsRegular() && v.info.Size() == 0
}

// comparison reads +N (more), -N (less) or N.
func comparison(text string) (func(int64) bool, error) {
	n, err := strconv.ParseInt(strings.TrimLeft(text, "+-"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("invalid number '%s'", text)
	}
	return func(x int64) bool {
		return text[0] == '+' && x > n || text[0] == '-' && x < n || text[0] >= '0' && x == n
	}, nil
}

// sizeTest rounds sizes up to the unit: b is 512 bytes, c a byte.
func sizeTest(_ *findParser, _, arg string) (findTest, error) {
	unit := int64(512)
	if last := len(arg) - 1; last > 0 {
		if u, ok := map[byte]int64{'b': 512, 'c': 1, 'k': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}[arg[last]]; ok {
			unit, arg = u, arg[:last]
		}
	}
	fits, err := comparison(arg)
	return func(v *visit) bool { return fits((v.info.Size() + unit - 1) / unit) }, err
}

// ageTest compares the time since the content changed, in days or minutes.
func ageTest(_ *findParser, word, arg string) (findTest, error) {
	unit := 24 * time.Hour
	if word == "-mmin" {
		unit = time.Minute
	}
	fits, err := comparison(arg)
	now := time.Now()
	return func(v *visit) bool { return fits(int64(now.Sub(v.info.ModTime()) / unit)) }, err
}

// permTest reads MODE (exactly), -MODE (at least) or /MODE (any of).
func permTest(_ *findParser, _, arg string) (findTest, error) {
	set, err := parseMode(strings.TrimLeft(arg, "-/"), 0)
	if err != nil {
		return nil, err
	}
	want := permissions(set.Apply(0))
	return func(v *visit) bool {
		have := permissions(v.info.Mode())
		switch arg[0] {
		case '-':
			return have&want == want
		case '/':
			return want == 0 || have&want != 0
		}
		return have == want
	}, nil
}

func ownerTest(_ *findParser, word, arg string) (findTest, error) {
	uid, gid, err := parseOwner(map[byte]string{'u': arg, 'g': ":" + arg}[word[1]])
	return func(v *visit) bool {
		u, g := owner(v.info)
		return (uid < 0 || u == uid) && (gid < 0 || g == gid)
	}, err
}
