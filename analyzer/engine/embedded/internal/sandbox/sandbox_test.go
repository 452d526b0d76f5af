//go:build linux

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	programName = "sandbox-test-program"
	apartName   = "sandbox-test-apart"
)

func TestMain(m *testing.M) {
	Main()
	if filepath.Base(os.Args[0]) == programName {
		os.Exit(program())
	}
	if filepath.Base(os.Args[0]) == apartName {
		if err := apartProgram(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// program leaves a process behind, and exits with 7 if that is reaped, while the
// statuses of its own children stay its own.
func program() int {
	if err := Enter(1); err != nil {
		fmt.Println(err)
		return 1
	}
	// The shell ends at once; what it started has lost its parent.
	if err := exec.Command("sh", "-c", "sleep 0.1 &").Run(); err != nil {
		fmt.Println(err)
		return 1
	}
	for range 50 {
		var exit *exec.ExitError
		if err := exec.Command("sh", "-c", "exit 3").Run(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
			fmt.Println("status of a child:", err)
			return 1
		}
	}
	for range 100 {
		time.Sleep(20 * time.Millisecond)
		if others() == 0 {
			return 7
		}
	}
	fmt.Println("processes left")
	return 1
}

// others counts the processes of the namespace besides the init and this one.
func others() int {
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return -1
	}
	return len(entries) - 2
}

func TestReap(t *testing.T) {
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p, err := Start(Spec{Name: programName, Files: []*os.File{log}, Log: log, Env: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := p.Err(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		text, _ := os.ReadFile(log.Name())
		t.Errorf("program ended with %v: %s", err, text)
	}
}

func TestKill(t *testing.T) {
	log, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p, err := Start(Spec{Name: programName, Files: []*os.File{log}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if p.Err() == nil {
		t.Error("a killed program has no error")
	}
	if err := p.Kill(); err != nil {
		t.Errorf("second kill: %v", err)
	}
}

func TestSubidArgs(t *testing.T) {
	const file = "# comment\nother:1:2\nalice:100000:65536\n1000:300000:10\nalice:bad:1\nalice:5\nalice:6:0\n"
	ranges := subidRanges(file, []string{"1000", "alice"})
	if want := []idRange{{100000, 65536}, {300000, 10}}; !slices.Equal(ranges, want) {
		t.Fatalf("ranges are %v, want %v", ranges, want)
	}
	if got, want := strings.Join(mapArgs(1000, ranges), " "), "0 1000 1 1 100000 65536 65537 300000 10"; got != want {
		t.Errorf("arguments are %q, want %q", got, want)
	}
	if got := mapArgs(1000, nil); got != nil {
		t.Errorf("arguments without ranges are %q", got)
	}
}

func TestPlans(t *testing.T) {
	if plans := plansFor(0); plans[0].ids != IDsHost || len(plans) != 3 {
		t.Errorf("plans of root: %+v", plans)
	}
	plans := plansFor(1000)
	last := plans[len(plans)-1]
	if last.ids != IDsSingle || last.uids[0].HostID != 1000 || last.uids[0].Size != 1 {
		t.Errorf("last plan of a user: %+v", last)
	}
}

func TestSameIDs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "uid_map")
	if err := os.WriteFile(file, []byte("         0       1000          1\n         1     100000      65536\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	same := sameIDs(file)
	if len(same) != 2 || same[1].ContainerID != 1 || same[1].HostID != 1 || same[1].Size != 65536 {
		t.Errorf("got %+v", same)
	}
}

func TestHint(t *testing.T) {
	for _, tt := range []struct{ file, text, want string }{
		{"none", "", "--addr"},
		{"proc/sys/user/max_user_namespaces", "0\n", "user.max_user_namespaces=15000"},
		{"proc/sys/user/max_user_namespaces", "96364\n", "name a running BuildKit"},
		{"proc/sys/kernel/unprivileged_userns_clone", "0\n", "kernel.unprivileged_userns_clone=1"},
		{"proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", "kernel.apparmor_restrict_unprivileged_userns=0"},
		{".dockerenv", "", "--privileged"},
	} {
		root := t.TempDir()
		file := filepath.Join(root, tt.file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := hint(root); !strings.Contains(got, tt.want) || !strings.Contains(got, "--addr") {
			t.Errorf("%s is %q: %s, want %s", tt.file, tt.text, got, tt.want)
		}
	}
}
