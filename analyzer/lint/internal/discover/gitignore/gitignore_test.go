package gitignore_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint/internal/discover/gitignore"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		patterns, path string
		folder         bool
		want           gitignore.Verdict
	}{
		{"a", "x/a", false, gitignore.Ignored},
		{"/a", "x/a", false, gitignore.Silent},
		{"x/a", "x/a", false, gitignore.Ignored},
		{"x/a", "y/x/a", false, gitignore.Silent},
		{"a/", "a", false, gitignore.Silent},
		{"a/", "a", true, gitignore.Ignored},
		{"*.log\n!b.log", "b.log", false, gitignore.Included},
		{"!b.log\n*.log", "b.log", false, gitignore.Ignored},
		{"# a\n\n\\#b\n\\!c", "#b", false, gitignore.Ignored},
		{"\\!c", "!c", false, gitignore.Ignored},
		{"a  \nb\\ ", "a", false, gitignore.Ignored},
		{"b\\ ", "b ", false, gitignore.Ignored},
		{"a\r\n", "a", false, gitignore.Ignored},
		{"\ufeffa", "a", false, gitignore.Ignored},
		{"**/a", "x/y/a", false, gitignore.Ignored},
		{"**/a", "a", false, gitignore.Ignored},
		{"x/**", "x/y/a", false, gitignore.Ignored},
		{"x/**", "x", true, gitignore.Silent},
		{"x/**/a", "x/a", false, gitignore.Ignored},
		{"x/**/a", "x/y/z/a", false, gitignore.Ignored},
		{"x/**/a", "x/yza", false, gitignore.Silent},
		{"x/*", "x/y/a", false, gitignore.Silent},
		{"*", "x", false, gitignore.Ignored},
		{"[a-c]x[!0-9]", "bxy", false, gitignore.Ignored},
		{"[a-c]x[!0-9]", "bx1", false, gitignore.Silent},
		{"[[:digit:]]", "7", false, gitignore.Ignored},
		{"[]]", "]", false, gitignore.Ignored},
		{"[a", "[a", false, gitignore.Silent},
		{"a\\", "a\\", false, gitignore.Silent},
		{"x?y", "x/y", false, gitignore.Silent},
	} {
		if got := gitignore.Parse([]byte(tt.patterns)).Match(tt.path, tt.folder); got != tt.want {
			t.Errorf("%q of %q: got %v, want %v", tt.path, tt.patterns, got, tt.want)
		}
	}
}

func TestCovers(t *testing.T) {
	p := gitignore.Parse([]byte("vendor/\n/test/**/data\n*.old"))
	for path, want := range map[string]bool{
		"vendor/a/Dockerfile":    true,
		"x/vendor/Dockerfile":    true,
		"vendor":                 false,
		"test/a/data/Dockerfile": true,
		"test/Dockerfile":        false,
		"Dockerfile.old":         true,
	} {
		if got := p.Covers(path); got != want {
			t.Errorf("%q: got %v, want %v", path, got, want)
		}
	}
}

// A pattern of many stars takes time by its length, not by the ways to read it.
func TestManyStars(t *testing.T) {
	p := gitignore.Parse([]byte(strings.Repeat("*a", 2000) + "b"))
	if got := p.Match(strings.Repeat("a", 4000), false); got != gitignore.Silent {
		t.Errorf("got %v", got)
	}
}

// Random patterns and paths get git's own answer.
func TestLikeGit(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal("git decides what is right, and is not there: ", err)
	}
	rounds := 40
	if testing.Short() {
		rounds = 4
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		dir := t.TempDir()
		if out, err := exec.Command(git, "init", "-q", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		// One pattern at a time tells most. The paths need not exist; those that end
		// in a slash are folders to git.
		for range 6 {
			pattern := randomText(random, patternParts, 7)
			if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(pattern), 0o600); err != nil {
				t.Fatal(err)
			}
			paths := map[string]bool{}
			for range 60 {
				if p := cleaned(randomText(random, pathParts, 6)); p != "" {
					paths[p] = true
				}
			}
			compare(t, git, dir, pattern, paths)
		}
	}
}

var (
	patternParts = []string{"a", "b", "c", "-", "*", "*", "**", "**/", "/**", "/", "/", "?", "[ab]", "[!a]", "[a-b]", "[]-a]", "[[:alpha:]]", "[^/]", "[", "]", `\`, `\*`, `\[`, " ", "!", "#", ".", "é", "\r", "[[:nope:]]", "[[:a]", "[b-]", `[\]]`}
	pathParts    = []string{"a", "b", "c", "/", "/", "-", "*", " ", "]", "[", ".", "#", "é", "!"}
)

func randomText(r *rand.Rand, parts []string, most int) string {
	var b strings.Builder
	for range 1 + r.IntN(most) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return b.String()
}

// cleaned makes a path that git takes for one in the repository.
func cleaned(path string) string {
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && part != "." && part != ".." {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/")
}

func compare(t *testing.T, git, dir, pattern string, paths map[string]bool) {
	t.Helper()
	var in bytes.Buffer
	for p := range paths {
		in.WriteString(p + "\x00")
	}
	cmd := exec.Command(git, "-c", "core.excludesFile=/dev/null", "check-ignore", "-z", "--no-index", "--verbose", "--non-matching", "--stdin")
	cmd.Dir, cmd.Stdin = dir, &in
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) {
		t.Fatalf("git: %v", err)
	}
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+3 < len(fields); i += 4 { // source, line, pattern, path
		path := fields[i+3]
		want := fields[i+2] != "" && !strings.HasPrefix(fields[i+2], "!")
		if got := gitignore.Parse([]byte(pattern)).Covers(path); got != want {
			t.Errorf("pattern %q, path %q: got %v, git says %v (%s)", pattern, path, got, want, fmt.Sprint(fields[i:i+3]))
		}
	}
}
