package predict

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// takeFiltered replaces files that pass through a filter of git's on their way to
// the working tree (large files that are stored elsewhere, for one), and that did
// not change since the revision, by those of the working tree: the filters are not
// run, and the stored form is not what a build sees.
func (r *revision) takeFiltered(ctx context.Context, dir string, files []entry) error {
	filtered, err := r.filtered(ctx, files)
	if err != nil || len(filtered) == 0 {
		return err
	}
	listed, err := r.git.output(ctx, nil, "ls-files", "--stage", "-z")
	if err != nil {
		return fmt.Errorf("list the files of the index: %w", err)
	}
	changed, err := r.git.output(ctx, nil, "diff-files", "-z", "--name-only", "--no-ext-diff")
	if err != nil {
		return fmt.Errorf("compare with the index: %w", err)
	}
	now := map[string]entry{}
	for _, e := range entries(listed) {
		now[e.path] = e
	}
	for path := range strings.SplitSeq(changed, "\x00") {
		delete(now, path)
	}
	for _, e := range filtered {
		if now[e.path] != e {
			continue
		}
		if err := copyFile(filepath.Join(dir, filepath.FromSlash(e.path)), filepath.Join(r.top, filepath.FromSlash(e.path))); err != nil {
			return fmt.Errorf("take %s as it is: %w", e.path, err)
		}
	}
	return nil
}

// filtered are the files that have a filter by .gitattributes.
func (r *revision) filtered(ctx context.Context, files []entry) ([]entry, error) {
	if len(r.git.config) == 0 { // no filter is defined
		return nil, nil
	}
	var names bytes.Buffer
	for _, e := range files {
		names.WriteString(e.path + "\x00")
	}
	said, err := r.git.output(ctx, &names, "check-attr", "-z", "--stdin", "filter")
	if err != nil {
		return nil, fmt.Errorf("read .gitattributes: %w", err)
	}
	// PATH, "filter", VALUE and so on, in the order of the files.
	var out []entry
	for i, fields := 0, strings.Split(said, "\x00"); i < len(files) && 3*i+2 < len(fields); i++ {
		if v := fields[3*i+2]; v != "unspecified" && v != "unset" {
			out = append(out, files[i])
		}
	}
	return out, nil
}

// copyFile overwrites a regular file with the content of another.
func copyFile(to, from string) error {
	info, err := os.Lstat(from)
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	return err
}

// takeModes gives files and folders the permissions that they have in the working
// tree, of which git keeps only whether a file can be executed.
func (r *revision) takeModes(ctx context.Context, dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil || rel == "." || e.Type()&^fs.ModeDir != 0 {
			return err
		}
		then, err := e.Info()
		if err != nil {
			return err
		}
		now, err := os.Lstat(filepath.Join(r.top, rel))
		if err != nil || now.Mode().Type() != then.Mode().Type() {
			return nil // it is gone, or something else
		}
		if !e.IsDir() && now.Mode()&0o100 != then.Mode()&0o100 {
			return nil
		}
		return os.Chmod(path, now.Mode()&(fs.ModePerm|fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky))
	})
}

// removeTree removes a folder, also where takeModes left folders that cannot be
// written.
func removeTree(dir string) {
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	os.RemoveAll(dir)
}
