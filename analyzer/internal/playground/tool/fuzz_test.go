//go:build linux

package tool

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// FuzzTools gives arbitrary arguments and input to tools that have a language of their own. They
// may refuse them, but not fail to return.
func FuzzTools(f *testing.F) {
	for _, seed := range []struct{ tool, args, input string }{
		{"sed", "s/a\\(b*\\)/[\\1]/gp;y/x/z/;$!N;P;D", "abbb\nx\n"},
		{"sed", "-n\x00/a/,+2{=;l\n}", "a\nb\nc\n"},
		{"sed", "-E\x00s,(a|b)+,\\U&\\E,2;t;a\\\ntext", "aab\n"},
		{"sed", "0~3!{h;G};1~0d", "a\n"},
		{"grep", "-E\x00-o\x00(a|b){1,3}[[:digit:]]\\b", "ab1 b2\n"},
		{"grep", "-w\x00a\\{1,\\}\\|\\(b\\)*", "aa b\n"},
		{"tr", "-s\x00[:lower:]\\n\x00[x*3]A-Z", "hello\n"},
		{"printf", "%5.2f|%-*s|%b|%q|%c\\x41\\n\x001.5\x003\x00a\x00\\t\x00b c\x00d", ""},
		{"cut", "-d:\x00-f\x001,3-", "a:b:c\n"},
		{"sort", "-t:\x00-k2.1,2nr\x00-u", "a:1\nb:2\n"},
		{"date", "-u\x00-d\x002020-01-31 +1 month\x00+%_d%-H%^a%3N%:z", ""},
		{"test", "!\x00(\x00a\x00=\x00b\x00)\x00-o\x00-n\x00x", ""},
		{"head", "-c\x00-1K", "abc"},
		{"tail", "-n\x00+2", "a\nb\n"},
		{"seq", "-w\x001\x000.5\x003", ""},
		{"xargs", "-n1\x00true", "a 'b c'\n"},
		{"chmod", "u+rwX,g=u-w,+t\x00/nonexistent", ""},
		{"stat", "-c\x00%n %5s %-3a %%\x00/", ""},
		{"find", "/nonexistent\x00(\x00-name\x00[a-\x00-o\x00-size\x00+1k\x00)\x00!\x00-perm\x00-u+x", ""},
		{"tar", "t", "not an archive"},
		{"uniq", "-c\x00-f1\x00-w2", "a b\na b\n"},
	} {
		f.Add(seed.tool, seed.args, seed.input)
	}
	pure := map[string]bool{}
	for name := range strings.FieldsSeq(`sed grep tr printf cut sort date test head tail seq uniq stat wc`) {
		pure[name] = true
	}
	f.Fuzz(func(t *testing.T, name, args, input string) {
		words := strings.Split(args, "\x00")
		mayWrite := map[string]string{"sed": "wi", "sort": "o", "uniq": "/."}[name]
		if !pure[name] || name == "seq" && len(args) > 12 || strings.ContainsAny(args, mayWrite) {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var out, errs bytes.Buffer
		p := &Process{
			Args: append([]string{name}, words...), Dir: t.TempDir(), Umask: -1,
			Stdin: strings.NewReader(input), Stdout: &limited{w: &out}, Stderr: &errs,
		}
		Builtin(ctx, p)
		if ctx.Err() != nil {
			t.Errorf("%s %q does not return", name, words)
		}
	})
}

// limited fails like a closed pipe after a megabyte.
type limited struct{ w *bytes.Buffer }

func (l *limited) Write(b []byte) (int, error) {
	if l.w.Len() > 1<<20 {
		return 0, io.ErrClosedPipe
	}
	return l.w.Write(b)
}
