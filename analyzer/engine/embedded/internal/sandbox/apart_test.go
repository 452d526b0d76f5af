//go:build linux

package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// apartProgram writes into the folder that came along what it sees of itself,
// and fails where it can do what only the machine's root could.
func apartProgram() error {
	if err := Enter(0); err != nil {
		return err
	}
	folder := os.Getenv("FOLDER")
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "status"), status, 0o600); err != nil {
		return err
	}
	for _, other := range []int{65535, 1} {
		path := filepath.Join(folder, fmt.Sprint(other))
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return err
		}
		if err := os.Chown(path, other, other); err != nil {
			return err
		}
	}
	if err := os.Remove("/etc/passwd"); err == nil {
		return fmt.Errorf("removed a file of the machine")
	}
	if _, err := os.ReadDir(filepath.Dir(folder)); err != nil {
		return fmt.Errorf("the way to the folder: %w", err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(folder), "closed")); err == nil {
		return fmt.Errorf("a file of a closed folder shows")
	}
	return nil
}

// With ids apart, a program is nobody whom the machine knows, and has the folder
// all the same that lies behind others which are closed to it.
func TestApart(t *testing.T) {
	if !IsHostRoot() {
		t.Skip("only the machine's root has ids to give: run the tests as root too")
	}
	ids := Range{UID: 2_000_000_000, GID: 2_000_100_000, Size: rangeSize}
	outer := t.TempDir()
	folder := filepath.Join(outer, "a", "b", "state")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outer, "a", "b", "closed"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(folder, ids.UID, ids.GID); err != nil {
		t.Fatal(err)
	}
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p, err := Start(Spec{Name: apartName, Log: log, Env: append(os.Environ(), "FOLDER="+folder), Apart: &ids, Carry: folder})
	if err != nil {
		t.Fatal(err)
	}
	if p.IDs != IDsApart {
		t.Errorf("ids are %s", p.IDs)
	}
	if err := p.Err(); err != nil {
		text, _ := os.ReadFile(log.Name())
		t.Fatalf("%v: %s", err, text)
	}
	status, err := os.ReadFile(filepath.Join(folder, "status"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Uid:\t0\t0\t0\t0\n", "Gid:\t0\t0\t0\t0\n", "Groups:\t \n", "CapAmb:\t0000000000000000\n", "CapInh:\t0000000000000000\n"} {
		if !strings.Contains(string(status), want) {
			t.Errorf("no %q in\n%s", want, status)
		}
	}
	for name, inside := range map[string]int{"status": 0, "1": 1, "65535": 65535} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if st := info.Sys().(*syscall.Stat_t); int(st.Uid) != ids.UID+inside || int(st.Gid) != ids.GID+inside {
			t.Errorf("%s belongs to %d:%d", name, st.Uid, st.Gid)
		}
	}
}

// What the init cannot do, the program tells.
func TestApartWithoutFolder(t *testing.T) {
	if !IsHostRoot() {
		t.Skip("only the machine's root has ids to give: run the tests as root too")
	}
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	ids := Range{UID: 2_000_000_000, GID: 2_000_000_000, Size: rangeSize}
	p, err := Start(Spec{Name: apartName, Log: log, Env: os.Environ(), Apart: &ids, Carry: "/missing"})
	if err != nil {
		t.Fatal(err)
	}
	err = p.Err()
	if text, _ := os.ReadFile(log.Name()); err == nil || !strings.HasPrefix(string(text), "open /missing: no such file or directory") {
		t.Errorf("%v: %s", err, text)
	}
}

func TestOwnRange(t *testing.T) {
	unused := Range{firstUnused, firstUnused, rangeSize}
	second := Range{firstUnused + rangeSize, firstUnused + rangeSize, rangeSize}
	for _, test := range []struct {
		name  string
		files map[string]string
		known Range
		want  Range
	}{
		{name: "no files", want: unused},
		{name: "accounts", files: map[string]string{"passwd": "root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/:\nbroken\nbad:x:y:z::\n"}, want: unused},
		{name: "a user there", files: map[string]string{"passwd": fmt.Sprintf("user:x:%d:1::/:\n", firstUnused+5)}, want: second},
		{name: "a group there", files: map[string]string{"group": fmt.Sprintf("group:x:%d:\n", firstUnused+rangeSize-1)}, want: second},
		{name: "subordinate ids there", files: map[string]string{"subuid": fmt.Sprintf("user:%d:2\n", firstUnused-1)}, want: second},
		{name: "subordinate ids beside", files: map[string]string{"subgid": fmt.Sprintf("user:%d:1\n", firstUnused-1)}, want: unused},
		{name: "root's own", files: map[string]string{"subuid": "user:100000:65536\nroot:165536:65536\n", "subgid": "root:300000:100000\n"}, want: Range{165536, 300000, rangeSize}},
		{name: "root by number", files: map[string]string{"subuid": "0:165536:65536\n", "subgid": "0:165536:65536\n"}, want: Range{165536, 165536, rangeSize}},
		{name: "too few", files: map[string]string{"subuid": "root:165536:1000\n", "subgid": "root:165536:1000\n"}, want: unused},
		{name: "users alone", files: map[string]string{"subuid": "root:165536:65536\n"}, want: unused},
		{name: "not root's alone", files: map[string]string{"subuid": "root:100000:65536\nuser:100000:65536\n", "subgid": "root:100000:65536\n"}, want: unused},
		{name: "known", known: Range{700000, 800000, rangeSize}, want: Range{700000, 800000, rangeSize}},
		{name: "known before root's own", known: unused, files: map[string]string{"subuid": "root:165536:65536\n", "subgid": "root:165536:65536\n"}, want: unused},
		{name: "known and taken", known: Range{100000, 100000, rangeSize}, files: map[string]string{"subuid": "user:165535:1\n"}, want: unused},
		{name: "known and root's", known: Range{0, 0, rangeSize}, want: unused},
		{name: "known and damaged", known: Range{700000, 700000, 1}, want: unused},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			if err := os.Mkdir(filepath.Join(root, "etc"), 0o755); err != nil {
				t.Fatal(err)
			}
			for name, text := range test.files {
				if err := os.WriteFile(filepath.Join(root, "etc", name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := ownRange(root, test.known); err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		root := t.TempDir()
		if err := os.Mkdir(filepath.Join(root, "etc"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "etc", "subuid"), fmt.Appendf(nil, "user:%d:%d\n", firstUnused, lastUnused), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := ownRange(root, Range{}); err == nil {
			t.Errorf("got %+v", got)
		}
	})
}
