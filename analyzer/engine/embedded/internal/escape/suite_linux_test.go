package escape

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// All probes, in one step.
func TestProbes(t *testing.T) {
	everySetting(t, func(t *testing.T, s setting, h *host, e *embedded.Engine) {
		output, err := build(t, e, h.files(t), header+"RUN [\"/probe\", \"suite\"]\n")
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		found, names := results(output)
		want := wantsOf(s, slices.Concat(wants, wantsOfArchitecture[runtime.GOARCH]))
		for _, name := range names {
			outcomes, known := want[name]
			if !known {
				t.Errorf("nothing is said of %s: %s", name, found[name])
			} else if !slices.Contains(outcomes, found[name]) {
				t.Errorf("%s: got %q, want %q", name, found[name], outcomes)
			}
		}
		for name := range want {
			if _, ran := found[name]; !ran {
				t.Errorf("%s did not run", name)
			}
		}
		if reached := h.outside.Load() > 0; reached != (found["sockets/outside"] == "ok") {
			t.Errorf("the machine's own address was reached: %t, and the step says %q", reached, found["sockets/outside"])
		}
		t.Logf("%d probes", len(names))
	})
}

// Steps that run at the same time do not meet.
func TestNeighbours(t *testing.T) {
	const dockerfile = header + `
FROM base AS a
RUN ["/probe", "neighbour", "a", "b"]
FROM base AS b
RUN ["/probe", "neighbour", "b", "a"]
FROM scratch
COPY --from=a /tmp/a /
COPY --from=b /tmp/b /
`
	everySetting(t, func(t *testing.T, s setting, h *host, e *embedded.Engine) {
		output, err := build(t, e, h.files(t), dockerfile)
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		var began []time.Time
		for line := range strings.Lines(output) {
			at, err := time.Parse(time.RFC3339Nano, strings.TrimPrefix(strings.TrimSpace(line), "neighbour: alone "))
			if err != nil {
				t.Errorf("a step says %q", line)
			}
			began = append(began, at)
		}
		if len(began) != 2 {
			t.Fatalf("steps say\n%s", output)
		}
		if apart := began[0].Sub(began[1]).Abs(); apart > 2*time.Second {
			t.Errorf("the steps began %s apart, and did not run at the same time", apart)
		}
	})
}

func TestNetworkNone(t *testing.T) {
	everySetting(t, func(t *testing.T, s setting, h *host, e *embedded.Engine) {
		output, err := build(t, e, h.files(t), header+"RUN --network=none [\"/probe\", \"interfaces\"]\n")
		if err != nil || output != "interfaces: lo\n" {
			t.Errorf("%v\n%s", err, output)
		}
	})
}

// A set-user-ID program of root gains nothing with the built-in runtime, and with
// runc what the step's root has.
func TestSetUserID(t *testing.T) {
	want := map[string]string{
		embedded.RuntimeRunc:    "identity: uid 1000, euid 0, rights " + rightsWithRunc + "\n",
		embedded.RuntimeBuiltin: "identity: uid 1000, euid 1000, rights 0\n",
	}
	everySetting(t, func(t *testing.T, s setting, h *host, e *embedded.Engine) {
		output, err := build(t, e, h.files(t), header+"COPY --chmod=4755 probe /setuid\nUSER 1000\nRUN [\"/setuid\", \"identity\"]\n")
		if s.user == "single" { // there is no user 1000
			if err == nil || !strings.Contains(output, "no mapping in this user namespace") {
				t.Errorf("got %v\n%s", err, output)
			}
			return
		}
		if err != nil || output != want[s.runtime] {
			t.Errorf("%v\n%s, want %s", err, output, want[s.runtime])
		}
	})
}
