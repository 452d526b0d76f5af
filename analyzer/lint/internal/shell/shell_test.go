package shell

import (
	"fmt"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
)

// instruction returns the last instruction of a Dockerfile.
func instruction(t testing.TB, src string) (*dockerfile.Instruction, rune) {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	all := f.All()
	return all[len(all)-1], f.Escape
}

// show prints what a test compares: operator, marks, name, arguments and folder.
func show(commands []Command) string {
	var b strings.Builder
	for _, c := range commands {
		for _, part := range []struct {
			text string
			on   bool
		}{
			{c.Op, c.Op != ""},
			{"?", c.Conditional},
			{"!", c.Tolerated},
			{"nested", c.Nested},
			{"$()", c.Substituted},
			{"in:" + c.Dir, c.Dir != ""},
			{"in:unknown", c.DirUnknown},
		} {
			if part.on {
				b.WriteString(part.text + " ")
			}
		}
		for _, a := range c.Assigns {
			fmt.Fprintf(&b, "%s=%s ", a.Name, a.Value.Text)
		}
		b.WriteString("[" + c.Name)
		for _, a := range c.Args {
			b.WriteString("|" + a.Text)
			if a.Dynamic {
				b.WriteString("~")
			}
		}
		b.WriteString("]")
		for _, r := range c.Redirects {
			fmt.Fprintf(&b, " %s%s%s", r.FD, r.Op, r.Target.Text)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestRun(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"one", `RUN npm ci`, "[npm|ci]\n"},
		{"and", `RUN apt-get update && apt-get install -y curl`, "[apt-get|update]\n&& [apt-get|install|-y|curl]\n"},
		{"operators", `RUN a; b || c & d | e`, "! [a]\n; ! [b]\n|| ? ! [c]\n& ! [d]\n| [e]\n"},
		{"errexit", `RUN set -eux; a; b`, "! [set|-eux]\n; [a]\n; [b]\n"},
		{"flags of the builder", `RUN --mount=type=cache,target="/a b" --network=none -- make`, "[make]\n"},
		{"continued", "RUN a \\\n  # a comment\n\n  b \\  \n && c", "[a|b]\n&& [c]\n"},
		{"split word", "RUN ab\\\ncd e", "[abcd|e]\n"},
		{"split in single quotes", "RUN echo 'a\\\nb'", "[echo|ab]\n"},
		{"quotes", `RUN echo 'a b' "c \"d\" \e" f\ g ''`, "[echo|a b|c \"d\" \\e|f g|]\n"},
		{"expansions", `RUN echo $A "${B:-x}/c" 'd$' $((1+2))`, "[echo|$A~|${B:-x}/c~|d$|$((1+2))~]\n"},
		{"program by expansion", `RUN $CC -c x`, "[|-c|x]\n"},
		{"prefixes", `RUN sudo -u www -E FOO=1 env -i A=b time nice -n 5 /usr/bin/npm ci`, "FOO=1 A=b [npm|ci]\n"},
		{"timeout", `RUN timeout -k 5 60 npm ci`, "[npm|ci]\n"},
		{"assignment alone", `RUN A=1`, "A=1 []\n"},
		{"assignment", `RUN A=1 B="$C" x`, "A=1 B=$C [x]\n"},
		{"cd", `RUN cd a && b && cd /c/d && (cd e && f) && g`, "[cd|a]\n&& in:a [b]\n&& in:a [cd|/c/d]\n&& in:/c/d [cd|e]\n&& in:/c/d/e [f]\n&& in:/c/d [g]\n"},
		{"cd to a variable", `RUN cd $A && b; cd /c; d`, "! [cd|$A~]\n&& ? ! in:unknown [b]\n; ! in:unknown [cd|/c]\n; in:/c [d]\n"},
		{"cd in a branch", `RUN if a; then cd b; fi; c`, "! [a]\n? ! [cd|b]\n; in:unknown [c]\n"},
		{"if", `RUN if a; then b; elif c; then d; else e; fi`, "! [a]\n? [b]\n? ! [c]\n? [d]\n? [e]\n"},
		{"loop", `RUN for i in $(ls); do a $i; done`, "$() [ls]\n? [a|$i~]\n"},
		{"case", `RUN case "$A" in x) a;; *) b;; esac`, "? [a]\n? [b]\n"},
		{"function", `RUN f() { a; }; f`, "? ! [a]\n; [f]\n"},
		{"substitution", "RUN echo `date` \"$(git rev-parse HEAD)\"", "$() [date]\n$() [git|rev-parse|HEAD]\n[echo|`date`~|$(git rev-parse HEAD)~]\n"},
		{"process substitution", `RUN bash <(curl -s x)`, "! $() [curl|-s|x]\n[bash|<(curl -s x)~]\n"},
		{"group", `RUN { a; b; } > /f 2>&1`, "! [a] >/f 2>&1\n; [b] >/f 2>&1\n"},
		{"export", `RUN export A="b c" D=$(e) && f`, "$() [e]\n[export|A=b c|D=$(e)~]\n&& [f]\n"},
		{"redirects", `RUN a 2>/dev/null >> b <c`, "[a] 2>/dev/null >>b <c\n"},
		{"comment of the shell", "RUN a # b && c", "[a]\n"},
		{"tolerated", `RUN a || true`, "! [a]\n|| ? [true]\n"},
		{"both tolerated", `RUN a && b || true`, "! [a]\n&& ? ! [b]\n|| ? [true]\n"},
		{"nested", `RUN bash -lc 'cd a && npm ci' && x`, "[bash|-lc|cd a && npm ci]\nnested [cd|a]\n&& nested in:a [npm|ci]\n&& [x]\n"},
		{"nested below cd", `RUN cd /a && sh -c "cd b && c"`, "[cd|/a]\n&& in:/a [sh|-c|cd b && c]\nnested in:/a [cd|b]\n&& nested in:/a/b [c]\n"},
		{"su", `RUN su node -c "npm ci"`, "[su|node|-c|npm ci]\nnested [npm|ci]\n"},
		{"exec form", `RUN ["/bin/npm", "ci"]`, "[npm|ci]\n"},
		{"exec form of a shell", `RUN ["sh", "-c", "a && b"]`, "[sh|-c|a && b]\nnested [a]\n&& nested [b]\n"},
		{"heredoc", "RUN <<EOF\nset -e\na\nb\nEOF", "! [set|-e]\n; [a]\n; [b]\n"},
		{"heredoc with an interpreter", "RUN <<EOF\n#!/usr/bin/env -S bash -e\na\nEOF", "[a]\n"},
		{"heredoc in another language", "RUN <<EOF\n#!/usr/bin/python3\nimport os\nEOF", ""},
		{"heredoc as input", "RUN cat > /f <<EOF && b\nx $(c)\nEOF", "$() [c]\n[cat] >/f <<EOF\n&& [b]\n"},
		{"heredoc for a shell", "RUN bash -e <<'EOF'\na\nb\nEOF", "[bash|-e] <<EOF\nnested [a] <<EOF\n; nested [b] <<EOF\n"},
		{"lower case", "run a", "[a]\n"},
		{"negated", "RUN ! a && b", "! [a]\n&& [b]\n"},
		{"deep", "RUN sh -c \"sh -c 'sh -c a'\"", "[sh|-c|sh -c 'sh -c a']\nnested [sh|-c|sh -c a]\nnested [sh|-c|a]\nnested [a]\n"},
		{"another instruction", `CMD a`, ""},
		{"redirect alone", `RUN > /f`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, escape := instruction(t, "FROM x\n"+tt.src+"\n")
			commands, err := Run(in, escape, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := show(commands); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
			checkPlaces(t, in, commands)
		})
	}
}

// checkPlaces makes sure that exact places hold what was read from them.
func checkPlaces(t *testing.T, in *dockerfile.Instruction, commands []Command) {
	t.Helper()
	for _, c := range commands {
		if c.Start < 0 || c.Start > c.End || c.End > len(in.Text) {
			t.Fatalf("%s: place %d to %d of %d", c.Name, c.Start, c.End, len(in.Text))
		}
		for _, w := range append([]Word{c.Program}, c.Args...) {
			if w.Start < c.Start || w.End > c.End || w.Start > w.End {
				t.Fatalf("%s: word %q at %d to %d, outside %d to %d", c.Name, w.Text, w.Start, w.End, c.Start, c.End)
			}
			at := in.Text[w.Start:w.End]
			if c.Exact && !strings.ContainsAny(at, "\\'\"\x00\r") && at != w.Text {
				t.Errorf("%s: %q stands where %q should", c.Name, at, w.Text)
			}
		}
	}
}

func TestRunInOtherShells(t *testing.T) {
	for _, sh := range [][]string{{"cmd", "/S", "/C"}, {"powershell", "-Command"}, {"/usr/bin/python3", "-c"}} {
		in, escape := instruction(t, "FROM x\nRUN a && b")
		if commands, err := Run(in, escape, sh); err != nil || commands != nil {
			t.Errorf("%v: %v, %v", sh, commands, err)
		}
	}
	in, escape := instruction(t, "FROM x\nRUN a && b")
	if commands, err := Run(in, escape, []string{"/bin/bash", "-o", "pipefail", "-c"}); err != nil || len(commands) != 2 {
		t.Errorf("bash: %v, %v", commands, err)
	}
}

func TestRunWithBackquote(t *testing.T) {
	in, escape := instruction(t, "# escape=`\nFROM x\nRUN a b `\n  # a comment\n  && c \"\\d\" `\n  && e\n")
	commands, err := Run(in, escape, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(commands), "[a|b]\n&& [c|\\d]\n&& [e]\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	checkPlaces(t, in, commands)
}

func TestRunRefuses(t *testing.T) {
	for _, src := range []string{
		"RUN echo 'a",
		"RUN (a",
		"RUN if a; then b",
		"RUN <<E\n" + strings.Repeat("aaaaaaaa\n", maxScript/8) + "E\n",
	} {
		in, escape := instruction(t, "FROM x\n"+src)
		if _, err := Run(in, escape, nil); err == nil {
			t.Errorf("%.20q… is parsed", src)
		}
	}
}

func TestDeepNesting(t *testing.T) {
	for _, open := range []string{"(", "$(", "{ ", "if ", "`", "! ", "${a:-", "$((", "\"$(", "((", "[[ ( "} {
		script := strings.Repeat(open, maxScript/len(open)-1)
		_, err := Parse(script)
		if err == nil && open != "! " {
			t.Errorf("%q without an end is parsed", open)
		}
	}
}

func TestFlags(t *testing.T) {
	commands, err := Parse(`apt-get -qqy -o A=b --no-install-recommends --opt=1 install curl -- -x`)
	if err != nil {
		t.Fatal(err)
	}
	c := commands[0]
	if !c.Has("--no-install-recommends") || !c.Has("--opt") || c.Has("--no-install") || c.Has("-x") {
		t.Error("Has is wrong")
	}
	if !c.HasLetter("y") || c.HasLetter("x") {
		t.Error("HasLetter is wrong")
	}
	if v, ok := c.Value("-o"); !ok || v.Text != "A=b" {
		t.Errorf("Value of -o is %v", v)
	}
	if v, ok := c.Value("--opt"); !ok || v.Text != "1" {
		t.Errorf("Value of --opt is %v", v)
	}
	var operands []string
	for _, w := range c.Operands("-o") {
		operands = append(operands, w.Text)
	}
	if got := strings.Join(operands, " "); got != "install curl -x" {
		t.Errorf("operands are %q", got)
	}
}

func FuzzRun(f *testing.F) {
	for _, s := range []string{"a && b", "<<E\na\nE", "[\"a\", \"b\"]", "a \\\n#c\n b", "sh -c 'a'", "--mount=x \"a", "cat <<A <<-B\nx\nA\n\ty\n\tB"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, backslash bool) {
		head := "FROM x\n"
		if !backslash {
			head = "# escape=`\n" + head
		}
		file, err := dockerfile.Parse("Dockerfile", []byte(head+"RUN "+s))
		if err != nil {
			return
		}
		for _, in := range file.All() {
			commands, err := Run(in, file.Escape, []string{"sh"})
			if err == nil {
				checkPlaces(t, in, commands)
			}
		}
	})
}

func BenchmarkRun(b *testing.B) {
	in, escape := instruction(b, "FROM x\nRUN apt-get update && \\\n  apt-get install -y --no-install-recommends curl git && \\\n  rm -rf /var/lib/apt/lists/*\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Run(in, escape, nil); err != nil {
			b.Fatal(err)
		}
	}
}
