package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// testStreams are those of a process without a terminal.
func testStreams(stdin string) (s *Streams, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return &Streams{
		In: strings.NewReader(stdin), Out: stdout, Err: stderr,
		Getenv: func(string) string { return "" }, Now: time.Now,
	}, stdout, stderr
}

func TestExitCodes(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	for _, tt := range []struct {
		args string
		want int
	}{
		{"version", exitDone},
		{"--help", exitDone},
		{"history list", exitDone},
		{"history show none", exitFailed},
		{"compare", exitFailed},
		{"explain /does/not/exist", exitFailed},
		{"nope", exitUsage},
		{"version now", exitUsage},
		{"build --nope", exitUsage},
		{"build --label", exitUsage},
		{"version --color red", exitUsage},
	} {
		s, stdout, stderr := testStreams("")
		if got := Run(context.Background(), s, strings.Fields(tt.args)); got != tt.want {
			t.Errorf("layerwise %s: exit code %d, want %d\n%s", tt.args, got, tt.want, stderr)
		}
		if failed := tt.want != exitDone; failed && (stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), "error: ")) {
			t.Errorf("layerwise %s: want a message on standard error alone, got %q and %q", tt.args, stdout, stderr)
		}
	}
}

// walk visits every command of the program but those that cobra adds.
func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, c := range cmd.Commands() {
		if c.Name() != "help" && c.Name() != "completion" {
			walk(c, visit)
		}
	}
}

func TestHelp(t *testing.T) {
	s, _, _ := testStreams("")
	walk(newRoot(s), func(cmd *cobra.Command) {
		at := cmd.CommandPath()
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: the short text %q: want one, without a final stop", at, cmd.Short)
		}
		if !cmd.Runnable() {
			t.Errorf("%s does nothing; it should at least print its help", at)
		}
		if cmd.Args == nil {
			t.Errorf("%s does not check its arguments", at)
		}
		if !cmd.HasSubCommands() && !strings.Contains(cmd.Example, at) {
			t.Errorf("%s has no example that calls it", at)
		}
		for line := range strings.Lines(cmd.Long) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 90 {
				t.Errorf("%s: a line of the long text has %d columns: %s", at, n, line)
			}
		}
	})
}

// Examples in help texts are command lines that the program understands.
func TestHelpExamples(t *testing.T) {
	s, _, _ := testStreams("")
	root := newRoot(s)
	walk(root, func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Example) {
			command, _, _ := strings.Cut(strings.TrimSpace(line), "   ") // what follows is its description
			fields := strings.Fields(command)
			if len(fields) == 0 || fields[0] != "layerwise" {
				t.Errorf("%s: the example %q does not call layerwise", cmd.CommandPath(), line)
				continue
			}
			if i := slices.Index(fields, "<"); i >= 0 {
				fields = fields[:i]
			}
			found, rest, err := root.Find(fields[1:])
			if err == nil {
				err = found.ParseFlags(rest)
			}
			if err == nil {
				err = found.ValidateArgs(found.Flags().Args())
			}
			if err != nil {
				t.Errorf("%s: the example %q: %v", cmd.CommandPath(), command, err)
			}
		}
	})
}

// The README names every command.
func TestReadmeHasCommands(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	s, _, _ := testStreams("")
	walk(newRoot(s), func(cmd *cobra.Command) {
		if !cmd.HasSubCommands() && !bytes.Contains(readme, []byte(cmd.CommandPath())) {
			t.Errorf("README.md does not mention %s", cmd.CommandPath())
		}
	})
}

func TestColor(t *testing.T) {
	for _, tt := range []struct {
		mode, noColor, term string
		terminal, want      bool
	}{
		{mode: "auto", terminal: true, want: true},
		{mode: "auto"},
		{mode: "auto", terminal: true, noColor: "1"},
		{mode: "auto", terminal: true, term: "dumb"},
		{mode: "always", want: true},
		{mode: "always", noColor: "1", want: true},
		{mode: "never", terminal: true},
	} {
		s, _, _ := testStreams("")
		s.OutTerminal = tt.terminal
		s.Getenv = func(name string) string { return map[string]string{"NO_COLOR": tt.noColor, "TERM": tt.term}[name] }
		if err := s.setColor(tt.mode); err != nil || s.color != tt.want {
			t.Errorf("%+v: got %v, %v", tt, s.color, err)
		}
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain":         "plain",
		"two\nlines":    `two\nlines`,
		"\x1b[31mred":   `\x1b[31mred`,
		"back\rward":    `back\x0dward`,
		"a\u202eb":      `a\u202eb`,
		"\u009b31m":     `\x9b31m`,
		"bad \xff byte": "bad \uFFFD byte",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// A file of an output appears under its name only after a success.
func TestOutputFiles(t *testing.T) {
	for _, succeeded := range []bool{true, false} {
		dir := t.TempDir()
		dest := filepath.Join(dir, "image.tar")
		if err := os.WriteFile(dest, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, _, _ := testStreams("")
		o, err := parseOutputs(s, []string{"type=oci,dest=" + dest}, nil, true)
		if err != nil {
			t.Fatal(err)
		}
		w, err := o.exports[0].Output(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "new"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := o.finish(succeeded); err != nil {
			t.Fatal(err)
		}
		want := map[bool]string{true: "new", false: "old"}[succeeded]
		if got, _ := os.ReadFile(dest); string(got) != want {
			t.Errorf("succeeded %v: the file holds %q, want %q", succeeded, got, want)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("succeeded %v: %d files are left, want 1", succeeded, len(entries))
		}
	}
}

func TestOutputs(t *testing.T) {
	for _, tt := range []struct {
		output, tag string
		embedded    bool
		want        string // type and attributes
		wantErr     string
	}{
		{embedded: true, want: "image map[]"},
		{want: ""},
		{tag: "a:b", want: "image map[name:a:b]"},
		{output: "type=image,push=true", tag: "a:b", want: "image map[name:a:b push:true]"},
		{output: "type=registry", tag: "a:b", want: "image map[name:a:b push:true]"},
		{output: "type=oci,dest=x.tar,compression=zstd", want: "oci map[compression:zstd]"},
		{output: `"type=docker","dest=a,b.tar"`, want: "docker map[]"},
		{output: "folder", tag: "a:b", want: "local map[]"},
		{output: "-", want: "tar map[]"},
		{output: "type=oci", wantErr: "needs dest"},
		{output: "type=none,dest=x", wantErr: "unknown type none"},
		{output: "dest=x", wantErr: "the type is missing"},
		{output: "type=oci,nonsense", wantErr: "KEY=VALUE"},
	} {
		s, _, _ := testStreams("")
		var list, tags []string
		if tt.output != "" {
			list = []string{tt.output}
		}
		if tt.tag != "" {
			tags = []string{tt.tag}
		}
		o, err := parseOutputs(s, list, tags, tt.embedded)
		if tt.wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("%+v: error %v, want one with %q", tt, err, tt.wantErr)
			}
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", tt, err)
			continue
		}
		got := ""
		for _, e := range o.exports {
			got += e.Type + " " + fmt.Sprint(e.Attrs)
		}
		if got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt, got, tt.want)
		}
	}
}
