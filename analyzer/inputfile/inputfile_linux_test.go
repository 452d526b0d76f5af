package inputfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/layerwise/layerwise/analyzer/inputfile"
)

// TestRead reads what is a file and refuses at once what is none.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, content := range map[string]string{"file": "abc", "large": strings.Repeat("x", 11)} {
		if err := os.WriteFile(at(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"link": "file", "topipe": "pipe", "zero": "/dev/zero", "lost": "nowhere"} {
		if err := os.Symlink(to, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"file": "", "link": "",
		"pipe": "is not a regular file: it is a pipe", "topipe": "is not a regular file: it is a pipe",
		"zero": "is not a regular file: it is a device", ".": "is not a regular file: it is a folder",
		"large": "is larger than 10 bytes", "lost": "no such file", "missing": "no such file",
	} {
		ended := make(chan error, 1)
		go func() {
			data, err := inputfile.Read(at(name), 10)
			if err == nil && string(data) != "abc" {
				err = errors.New("read " + string(data))
			}
			ended <- err
		}()
		select {
		case err := <-ended:
			switch {
			case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("%s: %v", name, err)
			case strings.HasPrefix(want, "no such") && !errors.Is(err, fs.ErrNotExist):
				t.Errorf("%s: %v is no ErrNotExist", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: it waits", name)
		}
	}
}
