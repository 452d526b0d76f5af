package text

import (
	"slices"
	"testing"

	"github.com/layerwise/layerwise/report"
)

func TestFold(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"one line", "RUN  a\t b ", "RUN a b"},
		{"continuation", "RUN a && \\\n    b", "RUN a && b"},
		{"within a word", "RUN foo\\\nbar", "RUN foobar"},
		{"CRLF", "RUN a \\\r\n  b\r\n", "RUN a b"},
		{"blanks after the continuation", "RUN a \\  \n b", "RUN a b"},
		{"comments and blank lines", "RUN a \\\n  # why\n\n  b \\\n# more\n  c", "RUN a b c"},
		{"heredoc", "RUN <<EOF\nset -e \\\nmake\nEOF", "RUN <<EOF"},
		{"heredoc after a continuation", "RUN a \\\n  <<-\"END\" b\nbody\n  END", "RUN a <<-\"END\" b"},
		{"two heredocs", "COPY <<a <<b /x/\n1\na\n2\nb", "COPY <<a <<b /x/"},
		{"backtick", "RUN a `\n  b", "RUN a b"},
		{"backtick, and a backslash at the end", "COPY a `\n  C:\\", "COPY a C:\\"},
		{"heredoc and command substitution", "RUN cat <<EOF `x`\nbody\nEOF", "RUN cat <<EOF `x`"},
		{"trailing continuation", "RUN a \\", "RUN a \\"},
		{"hash in a line", "RUN a # b \\\n c", "RUN a # b c"},
		{"other spaces stay", "RUN a\u00a0b", "RUN a\u00a0b"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		if got := fold(tt.in); got != tt.want {
			t.Errorf("%s: fold(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestClean(t *testing.T) {
	tests := []struct{ in, utf8, ascii string }{
		{"plain ~!", "plain ~!", "plain ~!"},
		{"a\nb\tc\rd", `a\nb\tc\rd`, `a\nb\tc\rd`},
		{"\x1b[31m\x00\x7f", `\x1b[31m\x00\x7f`, `\x1b[31m\x00\x7f`},
		{"\u009b1A\u0085", `\u009b1A\u0085`, `\u009b1A\u0085`},
		{"\u202e\u2066\u200f\ufeff\u2028", `\u202e\u2066\u200f\ufeff\u2028`, `\u202e\u2066\u200f\ufeff\u2028`},
		{"\xff\xc3", `\xff\xc3`, `\xff\xc3`},
		{"\U000e0041\ue000", `\U000e0041\ue000`, `\U000e0041\ue000`},
		{"é日 → …", "é日 → …", `\u00e9\u65e5 -> ...`},
		{"\ufffd", "\ufffd", `\ufffd`},
	}
	for _, tt := range tests {
		if got := newPage(report.Options{}).clean(tt.in); got != tt.utf8 {
			t.Errorf("clean(%q) = %s, want %s", tt.in, got, tt.utf8)
		}
		if got := newPage(report.Options{ASCII: true}).clean(tt.in); got != tt.ascii {
			t.Errorf("clean(%q) in ASCII = %s, want %s", tt.in, got, tt.ascii)
		}
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		in   string
		w    int
		want []string
	}{
		{"", 5, []string{""}},
		{"a b c", 0, []string{"a b c"}},
		{"a b c", 5, []string{"a b c"}},
		{"aaa bbb ccc", 7, []string{"aaa bbb", "ccc"}},
		{"aaaaaaaaaaaa b", 6, []string{"aaaaaa", "aaaa", "aa b"}},
		{"日本語日本語", 6, []string{"日本語", "日本", "語"}},
		{"日本", 1, []string{"日本"}}, // wider than the line: left whole
	}
	for _, tt := range tests {
		if got := wrap(tt.in, tt.w); !slices.Equal(got, tt.want) {
			t.Errorf("wrap(%q, %d) = %q, want %q", tt.in, tt.w, got, tt.want)
		}
	}
	if got := cut("日本語", 5, "…"); got != "日本…" {
		t.Errorf("cut = %q", got)
	}
}
