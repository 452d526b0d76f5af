//go:build linux

package ociruntime

import (
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseArgs(t *testing.T) {
	for _, test := range []struct {
		args string
		want options
	}{
		{
			"--log /x/log.json --log-format json run --bundle /b --keep c1",
			options{command: "run", id: "c1", log: "/x/log.json", logFormat: "json", bundle: "/b", keep: true},
		},
		{"--root=/r --rootless=true run -b /b --pid-file /p --console-socket /s --no-new-keyring c1", options{
			command: "run", id: "c1", logFormat: "text", root: "/r", bundle: "/b", pidFile: "/p", consoleSocket: "/s", noNewKeyring: true,
		}},
		{"kill c1 9", options{command: "kill", id: "c1", signal: "9", logFormat: "text"}},
		{"kill --all c1 TERM", options{command: "kill", id: "c1", signal: "TERM", logFormat: "text", all: true}},
		{"delete --force c1", options{command: "delete", id: "c1", logFormat: "text", force: true}},
		{"--debug delete c1", options{command: "delete", id: "c1", logFormat: "text"}},
	} {
		test.want.program = "x"
		got, err := parseArgs(append([]string{"x"}, strings.Fields(test.args)...))
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(options{})); diff != "" || err != nil {
			t.Errorf("%s: error %v, -want +got\n%s", test.args, err, diff)
		}
	}
	for _, args := range []string{
		"", "run", "run a b", "run --no-pivot c1", "run --detach c1", "run --bundle", "--flag run c1", "run --keep=maybe c1",
		"kill c1 9 9", "delete ../c1", "delete .", "delete a/b", "delete " + strings.Repeat("x", 200), "run -- c1",
	} {
		if got, err := parseArgs(append([]string{"x"}, strings.Fields(args)...)); err == nil {
			t.Errorf("%q is accepted: %+v", args, got)
		}
	}
}

func TestParseSignal(t *testing.T) {
	for text, want := range map[string]syscall.Signal{"": 15, "9": 9, "KILL": 9, "SIGKILL": 9, "sigterm": 15, "usr1": 10, "64": 64} {
		if got, err := parseSignal(text); got != want || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"0", "65", "-9", "NOPE", "SIG"} {
		if got, err := parseSignal(text); err == nil {
			t.Errorf("%q is accepted: %v", text, got)
		}
	}
}

func TestInMap(t *testing.T) {
	const subids = "         0       1000          1\n         1     100000      65536\n"
	for id, want := range map[uint32]bool{0: true, 1: true, 65536: true, 65537: false} {
		if got := inMap([]byte(subids), id); got != want {
			t.Errorf("%d: %v", id, got)
		}
	}
}
