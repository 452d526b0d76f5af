package escape

import (
	"fmt"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// An image can have the runtime's program run again as its own, by an interpreter
// that is /proc/self/exe, and cannot change it. The runtime's program is looked at
// afterwards, too.
func TestRuntimesProgram(t *testing.T) {
	everySetting(t, func(t *testing.T, s setting, h *host, e *embedded.Engine) {
		files := h.files(t)
		files["script"] = "#!/proc/self/exe\n"
		output, err := build(t, e, files, header+"COPY script /script\nENV "+insideVariable+"=1\nRUN [\"/script\"]\n")
		t.Logf("output %q, error %v", output, err)
		if s.runtime == embedded.RuntimeBuiltin && (err != nil || output != "rewrite: EROFS\n") {
			t.Errorf("%v\n%s", err, output)
		}
	})
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
