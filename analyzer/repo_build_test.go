package analyzer

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// toolModule is that of programs which only tests run, so that who imports this
// module does not get what they need.
const toolModule = ".ci/buildkitd"

func TestModulesAreTidy(t *testing.T) {
	goTool(t, nil, "mod", "tidy", "-diff")
	goTool(t, nil, "-C", toolModule, "mod", "tidy", "-diff")
}

// The BuildKit that tests compare with is the one that is built in.
func TestModulesHaveOneBuildKit(t *testing.T) {
	version := []string{"list", "-m", "-f", "{{.Path}} {{with .Replace}}{{.Path}} {{end}}{{.Version}}", "github.com/moby/buildkit"}
	want := goTool(t, nil, version...)
	if got := goTool(t, nil, append([]string{"-C", toolModule}, version...)...); got != want {
		t.Errorf("%s has %s, go.mod has %s", toolModule, got, want)
	}
}

// Everything but the embedded engine is there on every system; the engine's
// place is taken by an error that says so.
func TestOtherSystems(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles everything again for each system")
	}
	for _, system := range []string{"GOOS=darwin", "GOOS=windows", "GOOS=linux GOARCH=arm64"} {
		t.Run(system, func(t *testing.T) {
			goTool(t, strings.Fields(system), "build", "./...")
		})
	}
}

func goTool(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s go %s: %v\n%s", strings.Join(env, " "), strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
