package escape

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// An image can have the runtime's program run again as its own, by an interpreter
// that is /proc/self/exe, and cannot change it. The runtime's program is looked at
// afterwards, too.
func TestRuntimesProgram(t *testing.T) {
	everySetting(t, func(t *testing.T, s setting, h *host, e *embedded.Engine) {
		program, err := os.Executable()
		if s.runtime == embedded.RuntimeRunc {
			program, err = exec.LookPath("runc")
		}
		if err != nil {
			t.Fatal(err)
		}
		files := h.files(t)
		maps.Copy(files, libraries(t, program))
		files["tree/script"] = "#!/proc/self/exe\n"
		output, err := build(t, e, files, header+"COPY tree/ /\nENV "+insideVariable+"=1\nRUN [\"/script\"]\n")
		switch {
		case strings.Contains(output, "no such file"):
			t.Errorf("the runtime's program did not run: %v\n%s", err, output)
		case s.runtime == embedded.RuntimeBuiltin && (err != nil || output != "rewrite: EROFS\n" && output != "rewrite: EPERM\n"):
			t.Errorf("%v\n%s", err, output)
		}
	})
}

// libraries are files for a context's folder tree that a program which is not
// static needs.
func libraries(t *testing.T, program string) map[string]string {
	t.Helper()
	files := map[string]string{}
	out, err := exec.Command("ldd", program).Output()
	if err != nil {
		return files // it is static
	}
	for line := range strings.Lines(string(out)) {
		for _, path := range strings.Fields(line) {
			if !strings.HasPrefix(path, "/") {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files["tree"+path] = string(text)
		}
	}
	return files
}

// A working folder that is a descriptor of the runtime does not lead out.
func TestWorkingFolder(t *testing.T) {
	everySetting(t, func(t *testing.T, s setting, h *host, e *embedded.Engine) {
		for fd := range 16 {
			output, err := build(t, e, h.files(t), fmt.Sprintf("%sWORKDIR /proc/self/fd/%d\nRUN [\"/probe\", \"cwd\"]\n", header, fd))
			if err == nil && output != "cwd: inside\n" || err != nil && strings.Contains(output, "cwd: ") {
				t.Errorf("descriptor %d: %v\n%s", fd, err, output)
			}
		}
	})
}
