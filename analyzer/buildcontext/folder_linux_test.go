package buildcontext

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// TestFolderAsFsutil walks trees as fsutil does, behind every kind of filter.
func TestFolderAsFsutil(t *testing.T) {
	root := makeTree(t, "a = 1", "d/b = 2", "d/e/f = 3", "d-x = 4", "empty/", "link -> d", "out -> /etc", "lost -> nowhere", "p |", "run = x", "run : 755")
	for from, to := range map[string]string{"a": "hard", "d/b": "d/e/hard"} {
		if err := os.Link(filepath.Join(root, from), filepath.Join(root, to)); err != nil {
			t.Fatal(err)
		}
	}
	theirs, err := fsutil.NewFS(root)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := OpenFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, opt := range []fsutil.FilterOpt{
		{}, {IncludePatterns: []string{"d"}}, {IncludePatterns: []string{"**/f"}}, {ExcludePatterns: []string{"d", "!d/e"}},
		{FollowPaths: []string{"link/b"}}, {FollowPaths: []string{"out/passwd"}}, {FollowPaths: []string{"l*"}}, {FollowPaths: []string{"missing"}},
	} {
		for _, target := range []string{"/", "", "d", "a", "missing", "a/below"} {
			if diff := cmp.Diff(walked(t, theirs, opt, target), walked(t, ours, opt, target)); diff != "" {
				t.Errorf("%+v from %q (-fsutil +ours)\n%s", opt, target, diff)
			}
		}
	}
}

// walked lists what a walk says, with the content of files.
func walked(t *testing.T, source fsutil.FS, opt fsutil.FilterOpt, target string) []string {
	t.Helper()
	filtered, err := fsutil.NewFilterFS(source, &opt)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	err = filtered.Walk(t.Context(), target, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		stat := info.Sys().(*fstypes.Stat)
		line := fmt.Sprint(path, entry.IsDir(), stat.Path, stat.Mode, stat.Uid, stat.Gid, stat.Size, stat.ModTime, stat.Linkname, stat.Devmajor, stat.Devminor, stat.Xattrs)
		if info.Mode().IsRegular() {
			line += " " + contentOf(t, filtered, path)
		}
		all = append(all, line)
		return nil
	})
	if err != nil {
		all = append(all, "error")
	}
	return all
}

func contentOf(t *testing.T, source fsutil.FS, path string) string {
	t.Helper()
	f, err := source.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestFolderChanges changes files between the moment in which they are told of
// and that in which they are read.
func TestFolderChanges(t *testing.T) {
	for _, tt := range []struct{ name, remove, make, want string }{
		{"a file that goes", "d/f", "", "open d/f: file does not exist"},
		{"a file that becomes a link", "d/f", "d/f -> /etc/passwd", "it was a file and is now a link"},
		{"a file that becomes a folder", "d/f", "d/f/", "it was a file and is now a folder"},
		{"a file that becomes a pipe", "d/f", "d/f |", "it was a file and is now a pipe"},
		{"a folder above it that becomes a link", "d", "d -> /etc", "open d/f: file does not exist"},
		{"a folder that becomes a link", "d/sub", "d/sub -> /etc", "d/sub changed while it was read: it was a folder and is now a link"},
		{"a folder that goes", "d/sub", "", "d/sub changed while it was read: it was a folder and is gone"},
		{"a file that is another one", "d/f", "d/f = new", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := makeTree(t, "d/f = x", "d/sub/g = y")
			folder, err := OpenFolder(root)
			if err != nil {
				t.Fatal(err)
			}
			change := func() {
				if err := os.RemoveAll(filepath.Join(root, tt.remove)); err != nil {
					t.Fatal(err)
				}
				if tt.make != "" {
					makeFile(t, root, tt.make)
				}
			}
			err = folder.Walk(t.Context(), "/", func(path string, entry fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				if strings.HasPrefix(path, "etc") || strings.Contains(path, "passwd") {
					t.Errorf("the walk left the folder: %s", path)
				}
				_, err = entry.Info()
				if path == tt.remove && entry.IsDir() && path != "d" {
					change()
				}
				return err
			})
			if !strings.HasPrefix(tt.remove, "d/sub") {
				if err != nil {
					t.Fatal(err)
				}
				change()
				var f io.ReadCloser
				if f, err = folder.Open("d/f"); err == nil {
					f.Close()
				}
			}
			var changed *ChangedError
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v", err)
			case tt.want != "" && (!errors.As(err, &changed) && !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestFolderOpensFilesOnly never waits for a pipe and reads no link.
func TestFolderOpensFilesOnly(t *testing.T) {
	root := makeTree(t, "p |", "l -> /etc/passwd", "d/", "up -> ..")
	folder, err := OpenFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"p", "l", "d", "up/x", "../x", "/../../etc/passwd", "missing"} {
		if f, err := folder.Open(name); err == nil {
			f.Close()
			t.Errorf("%s is opened", name)
		}
	}
}

// TestFolderRace walks a folder while links to another one are swapped in: nothing
// of that is ever told of or read.
func TestFolderRace(t *testing.T) {
	outside := makeTree(t, "secret/secret = s", "secret/d/secret = s")
	root := makeTree(t, "d/a/x = x", "d/b/x = x", "d/c/d/x = x")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			name := filepath.Join(root, "d", string(rune('a'+rand.IntN(3))))
			os.Rename(name, name+"-")
			os.Symlink(filepath.Join(outside, "secret"), name)
			os.Remove(name)
			os.Rename(name+"-", name)
		}
	}()
	folder, err := OpenFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		_ = folder.Walk(t.Context(), "/", func(path string, entry fs.DirEntry, err error) error {
			if strings.Contains(path, "secret") {
				t.Errorf("the walk left the folder: %s", path)
			}
			if err == nil {
				_, err = entry.Info()
			}
			return err
		})
		if f, err := folder.Open("d/c/secret"); err == nil {
			f.Close()
			t.Error("a file outside is read")
		}
		tree, err := Scan(t.Context(), root, Options{})
		if err == nil && strings.Contains(paths(tree.Files()), "secret") {
			t.Errorf("the scan left the folder: %s", paths(tree.Files()))
		}
	}
	stop()
	<-ended
}
