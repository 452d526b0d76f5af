package main_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Whatever is given as a Dockerfile, the answer is a clear error, and nothing of
// the file reaches the terminal raw.
func TestFaultNotADockerfile(t *testing.T) {
	w := newWorld(t, 0)
	var garbage bytes.Buffer
	for i := range 20000 {
		garbage.WriteByte(byte(i*i>>3 ^ i))
	}
	var wide bytes.Buffer
	for _, c := range utf16.Encode([]rune("\ufeffFROM scratch\nCOPY a /\n")) {
		wide.WriteByte(byte(c))
		wide.WriteByte(byte(c >> 8))
	}
	for name, content := range map[string]string{
		"garbage":          garbage.String(),
		"empty":            "",
		"blank":            "\n\n  \n# nothing\n",
		"wide characters":  wide.String(),
		"zero bytes":       strings.Repeat("\x00", 4096),
		"escape sequences": "FROM scratch\n\x1b[31mRUN\x1b]0;owned\x07 x\n",
		"one long line":    "FROM scratch\nRUN " + strings.Repeat("x", 5<<20),
		"no FROM":          "RUN true\n",
		"open heredoc":     "FROM scratch\nCOPY <<EOF /a\nnever ends\n",
		"deep ONBUILD":     "FROM scratch\n" + strings.Repeat("ONBUILD ", 5000) + "RUN x\n",
	} {
		t.Run(name, func(t *testing.T) {
			w.TB = t
			w.write("context/Dockerfile", content)
			for _, command := range [][]string{{"explain"}, {"build", "--offline"}} {
				o := w.run(append(command, "context")...)
				o.wants(t, 1, "error: ")
				o.isSafe(t)
				if len(o.stderr) > 20000 {
					t.Errorf("an error of %d bytes", len(o.stderr))
				}
			}
			t.Log(line(w.run("explain", "context").stderr, "error:"))
		})
	}
	w.TB = t
}

// isSafe wants nothing in the output that a terminal would act on.
func (o outcome) isSafe(t testing.TB) {
	t.Helper()
	for _, out := range []string{o.stdout, o.stderr} {
		if !utf8.ValidString(out) {
			t.Errorf("output is not UTF-8: %.300q", out)
		}
		for _, c := range out {
			if c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c >= 0x80 && c < 0xa0 || c >= 0x202a && c <= 0x202e {
				t.Errorf("output has a raw %q: %.300q", c, out)
				break
			}
		}
	}
}

func TestFaultDockerfileIsNoFile(t *testing.T) {
	w := newWorld(t, 0)
	w.mkdir("context/folder")
	w.must(syscall.Mkfifo(w.path("context/fifo"), 0o644))
	w.must(os.Symlink("loop", w.path("context/loop")))
	w.must(os.Symlink("missing", w.path("context/dangling")))
	for _, name := range []string{"folder", "fifo", "loop", "dangling", "missing"} {
		w.refused([]string{"error: read Dockerfile"}, "explain", "-f", "context/"+name, "context")
		w.refused([]string{"error: read Dockerfile"}, "build", "--offline", "-f", "context/"+name, "context")
	}
	w.refused([]string{"error: read Dockerfile", "/dev/zero is not a regular file"}, "explain", "-f", "/dev/zero", "context")
	w.refused([]string{"error: build context"}, "explain", "nowhere")

	cmd := w.command("build", "--offline", "-f", "-", "context") // standard input is closed
	o := w.startCommand(cmd).wait(prompt)
	o.wants(t, 1, "error: ")
}

// A long Dockerfile takes time in proportion to its length.
func TestFaultLongDockerfile(t *testing.T) {
	if testing.Short() {
		t.Skip("builds 10,000 instructions")
	}
	w := newWorld(t, 0)
	short := w.longDockerfile(1000)
	long := w.longDockerfile(10000)
	t.Logf("explain: 1,000 lines %v, 10,000 lines %v", short, long)
	if long > 60*short {
		t.Errorf("ten times the lines take %v, %.0f times as long", long, float64(long)/float64(short))
	}
	o := w.ok("build", "--offline", "context")
	t.Logf("build of 10,000 lines: %v", o.took)
	o = w.ok("build", "--offline", "context")
	t.Logf("the same again: %v", o.took)
	if !strings.Contains(o.stdout, "LABEL l9996=x") {
		t.Error("the last instruction is not in the report")
	}
}

// longDockerfile writes a Dockerfile of so many metadata instructions, and
// returns how long it takes to explain it.
func (w *world) longDockerfile(lines int) time.Duration {
	w.Helper()
	var list []string
	for i := range lines - 3 {
		if i%2 == 0 {
			list = append(list, fmt.Sprintf("LABEL l%d=x", i))
		} else {
			list = append(list, fmt.Sprintf("ENV e%d=%d", i%100, i))
		}
	}
	w.dockerfile(append(list, "RUN true")...)
	return w.ok("explain", "context").took
}
