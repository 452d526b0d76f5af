package analyzer

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestModuleIsTidy(t *testing.T) {
	goTool(t, nil, "mod", "tidy", "-diff")
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

func goTool(t *testing.T, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s go %s: %v\n%s", strings.Join(env, " "), strings.Join(args, " "), err, out)
	}
}
