package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/layerwise/layerwise/analyzer/workspace"
)

// rewrite edits the text of a file.
func (t tree) rewrite(name string, edit func(old string) (string, error)) error {
	info, err := t.regular(name)
	if err != nil {
		return err
	}
	old, err := t.read(name, info)
	if err != nil {
		return err
	}
	content, err := edit(old)
	if err != nil {
		return err
	}
	return t.write(name, info, content, false)
}

// write replaces the content of a file, or appends to it. The mode stays.
func (t tree) write(name string, info fs.FileInfo, content string, appending bool) error {
	flag := os.O_WRONLY | os.O_TRUNC
	if appending {
		flag = os.O_WRONLY | os.O_APPEND
	}
	err := t.writable(name, info, func() error {
		file, err := t.OpenFile(local(name), flag, 0)
		if err != nil {
			return err
		}
		_, err = file.WriteString(content)
		return errors.Join(err, file.Close())
	})
	if err != nil {
		return err
	}
	return t.renew(name, info)
}

// renew makes sure that a changed file is noticed: engines do not take a file
// again whose size and time are those of the transfer before, and where the
// clock or the file system is coarse they may be.
func (t tree) renew(name string, old fs.FileInfo) error {
	info, err := t.Lstat(local(name))
	if err != nil || info.Size() != old.Size() || !info.ModTime().Equal(old.ModTime()) {
		return err
	}
	return t.touch(name, old)
}

// touch sets a file's time to now, or a little later where it is that already.
func (t tree) touch(name string, old fs.FileInfo) error {
	now := time.Now()
	if now.Truncate(time.Second).Equal(old.ModTime().Truncate(time.Second)) {
		now = now.Add(2 * time.Second)
	}
	return t.Chtimes(local(name), now, now)
}

// writable does something to a file or in a folder that may be read-only, and
// gives it back its mode.
func (t tree) writable(name string, info fs.FileInfo, do func() error) error {
	need := fs.FileMode(0o200)
	if info.IsDir() {
		need = 0o700
	}
	if info.Mode()&need == need {
		return do()
	}
	if err := t.Chmod(local(name), info.Mode()&modeBits|need); err != nil {
		return err
	}
	return errors.Join(do(), t.Chmod(local(name), info.Mode()&modeBits))
}

// within does something in the folder that a path lies in.
func (t tree) within(name string, do func() error) error {
	folder := path.Dir(path.Clean(name))
	info, err := t.Lstat(local(folder))
	if err != nil {
		return err
	}
	return t.writable(folder, info, do)
}

// create makes a file, and the folders above it.
func (t tree) create(name, content string, mode fs.FileMode) error {
	if err := t.vacant(name); err != nil {
		return err
	}
	return t.within(name, func() error {
		file, err := t.OpenFile(local(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = file.WriteString(content)
		return errors.Join(err, file.Close(), t.Chmod(local(name), mode)) // whatever the umask
	})
}

// vacant makes sure that nothing stands at a path, and that its folder is
// there.
func (t tree) vacant(name string) error {
	_, err := t.lookup(name)
	switch {
	case err == nil:
		return fmt.Errorf("%s is there already", path.Clean(name))
	case !errors.Is(err, errMissing):
		return err
	}
	return t.makeFolder(path.Dir(path.Clean(name)))
}

// makeFolder makes a folder and those above it where they are missing.
func (t tree) makeFolder(name string) error {
	if _, err := t.lstat(name); !errors.Is(err, errMissing) {
		return err
	}
	if err := t.makeFolder(path.Dir(name)); err != nil {
		return err
	}
	return t.within(name, func() error {
		if err := t.Mkdir(local(name), 0o700); err != nil {
			return err
		}
		return t.Chmod(local(name), 0o755) // whatever the umask
	})
}

// remove deletes what stands at a path.
func (t tree) remove(name string) error {
	if _, err := t.lookup(name); err != nil {
		return err
	}
	return t.within(name, func() error { return workspace.RemoveAll(t.Root, local(name)) })
}

func (t tree) rename(from, to string) error {
	info, err := t.lookup(from)
	if err != nil {
		return err
	}
	if info.IsDir() && strings.HasPrefix(path.Clean(to)+"/", path.Clean(from)+"/") {
		return errors.New("a folder cannot move into itself")
	}
	if err := t.vacant(to); err != nil {
		return err
	}
	return t.within(from, func() error {
		return t.within(to, func() error { return t.Rename(local(from), local(to)) })
	})
}
