package escape

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// claims are what may be said of steps, and what shows it: names of probes, with *
// for any, and of tests of the embedded engine.
var claims = []struct{ sentence, shown string }{
	{"root is the machine's root only with runc as root", "rights/root-is-root TestBuiltinIsApart"},
	{"Docker's capabilities without NET_RAW, with the built-in runtime without MKNOD", "rights/bounding rights/effective rights/permitted rights/inheritable rights/ambient rights/raise-bounding TestRightsAreDockers"},
	{"Docker's system call filter", "rights/seccomp kernel/* keyrings/* TestRightsAreDockers TestDefaultProfile"},
	{"set-user-ID programs", "rights/no-new-privileges TestSetUserID"},
	{"files of the step alone", "files/* mounts/chroot mounts/handle proc/roots devices/shm-is-own TestWorkingFolder"},
	{"links lead inside", "TestLinks"},
	{"links of archives lead inside", "TestArchives"},
	{"/dev and /proc are folders", "TestLinks TestCheckDev"},
	{"the runtime's program is not changed", "files/own-program TestRuntimesProgram"},
	{"devices", "devices/* TestArchives"},
	{"no mounts, no namespaces", "mounts/* namespaces/*"},
	{"files of the kernel are hidden or read-only", "proc/* sys/*"},
	{"control groups are not changed", "cgroup/*"},
	{"own processes alone", "processes/* proc/environ proc/cmdline"},
	{"steps do not meet", "TestNeighbours"},
	{"a network of its own", "sockets/* TestNetworkNone"},
	{"no limit is raised", "rights/raise-files rights/raise-priority proc/oom-score"},
	{"an insecure step has every right", "TestRightsOfAnInsecureStep"},
}

// Every claim is shown by something, and every probe shows a claim.
func TestClaims(t *testing.T) {
	var probes []string
	for _, w := range slices.Concat(wants, wantsOfArchitecture[runtime.GOARCH]) {
		probes = append(probes, strings.Fields(w.probes)...)
	}
	tests := testNames(t)
	used := map[string]bool{}
	for _, c := range claims {
		for _, name := range strings.Fields(c.shown) {
			found := slices.Contains(tests, name)
			for _, p := range probes {
				if match, err := path.Match(name, p); err != nil {
					t.Fatal(err)
				} else if match {
					found, used[p] = true, true
				}
			}
			if !found {
				t.Errorf("%s: there is no %s", c.sentence, name)
			}
		}
	}
	for _, p := range probes {
		if !used[p] && !strings.HasPrefix(p, "rights/") {
			t.Errorf("%s shows nothing", p)
		}
	}
}

// testNames are the tests of the embedded engine's packages.
func testNames(t *testing.T) []string {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(t `)
	var names []string
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range function.FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
