//go:build linux

package daemon

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCheckDev(t *testing.T) {
	for name, c := range map[string]struct {
		make func(dev string) error
		want string
	}{
		"missing": {func(string) error { return nil }, ""},
		"folder":  {func(dev string) error { return os.Mkdir(dev, 0o755) }, ""},
		"link":    {func(dev string) error { return os.Symlink("/tmp", dev) }, "/dev of the image is a symlink: a step runs with an ordinary folder only"},
		"file":    {func(dev string) error { return os.WriteFile(dev, nil, 0o644) }, "/dev of the image is a file: a step runs with an ordinary folder only"},
	} {
		root := t.TempDir()
		if err := c.make(filepath.Join(root, "dev")); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := checkDev(root); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if err := checkDev(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a missing root passes")
	}
}
