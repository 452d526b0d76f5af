//go:build linux

package tool

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/pattern"
)

func baseName(name string) string {
	if trimmed := strings.TrimRight(name, "/"); trimmed != "" {
		return filepath.Base(trimmed)
	}
	return "/"
}

func glob(text string, fold bool, of func(*visit) string) (findTest, error) {
	expr, err := pattern.Regexp(text, pattern.EntireString)
	if err != nil {
		return nil, fmt.Errorf("invalid pattern '%s': %w", text, err)
	}
	flags := ""
	if fold {
		flags = "i"
	}
	re, err := compile(expr, perl, flags)
	if err != nil {
		return nil, err
	}
	return func(v *visit) bool { return re.MatchString(of(v)) }, nil
}

func isEmpty(v *visit) bool {
	if v.info.IsDir() {
		entries, err := os.ReadDir(v.path)
		return err == nil && len(entries) == 0
	}
	return v.info.Mode().IsRegular() && v.info.Size() == 0
}

func accessible(mode uint32) findTest {
	return func(v *visit) bool { return unix.Access(v.path, mode) == nil }
}

func comparison(text string) (func(int64) bool, error) {
	digits := strings.TrimLeft(text, "+-")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("invalid number '%s'", text)
	}
	switch text[0] {
	case '+':
		return func(x int64) bool { return x > n }, nil
	case '-':
		return func(x int64) bool { return x < n }, nil
	}
	return func(x int64) bool { return x == n }, nil
}

func sizeTest(arg string) (findTest, error) {
	unit := int64(512)
	if i := strings.IndexByte("bcwkMG", arg[max(len(arg)-1, 0):][0]); arg != "" && i >= 0 {
		unit = []int64{512, 1, 2, 1 << 10, 1 << 20, 1 << 30}[i]
		arg = arg[:len(arg)-1]
	}
	fits, err := comparison(arg)
	return func(v *visit) bool { return fits((v.info.Size() + unit - 1) / unit) }, err
}

func numberTest(word, arg string) (findTest, error) {
	fits, err := comparison(arg)
	if err != nil {
		return nil, fmt.Errorf("invalid argument `%s' to `%s'", arg, word)
	}
	now := time.Now()
	return func(v *visit) bool {
		st := v.info.Sys().(*syscall.Stat_t)
		var at syscall.Timespec
		switch word[1] {
		case 'l':
			return fits(int64(st.Nlink))
		case 'i':
			return fits(int64(st.Ino))
		case 'a':
			at = st.Atim
		case 'c':
			at = st.Ctim
		default:
			at = st.Mtim
		}
		age := now.Sub(time.Unix(at.Unix()))
		if strings.HasSuffix(word, "min") {
			return fits(int64(age / time.Minute))
		}
		return fits(int64(age / (24 * time.Hour)))
	}, nil
}

func permTest(arg string) (findTest, error) {
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

func ownerTest(word, arg string) (findTest, error) {
	file := passwdFile
	if word[1] == 'g' {
		file = groupFile
	}
	id, ok := idOf(file, arg)
	if !ok {
		return nil, fmt.Errorf("'%s' is not the name of a known user or group", arg)
	}
	return func(v *visit) bool {
		uid, gid := owner(v.info)
		if word[1] == 'g' {
			return gid == id
		}
		return uid == id
	}, nil
}
