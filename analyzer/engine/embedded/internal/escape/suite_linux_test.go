package escape

import (
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

func TestProbes(t *testing.T) {
	everySetting(t, func(t *testing.T, s setting, h *host, e *embedded.Engine) {
		output, err := build(t, e, h.files(t), header+"RUN [\"/probe\", \"suite\"]\n")
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		t.Logf("outside reached %d times\n%s", h.outside.Load(), output)
	})
}
