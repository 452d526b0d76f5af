package predict

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// takeFiltered looks at files that pass through a filter of git's on their way to the
// working tree (large files that are stored elsewhere, for one). The filters are not
// run, and the stored form is not what a build sees. A file that has not changed since
// the revision, and passes through the same filter, is taken as it lies in the working
// tree; of any other one it is not known what it was.
func (r *revision) takeFiltered(ctx context.Context, clone git, dir string, files []entry) error {
	then, err := filters(ctx, clone, files)
	if err != nil {
		return err
	}
	var filtered []entry
	for _, e := range files {
		if then[e.path] != "" && r.git.filters(then[e.path]) {
			filtered = append(filtered, e)
		}
	}
	if len(filtered) == 0 {
		return nil
	}
	unchanged, err := r.unchanged(ctx)
	if err != nil {
		return err
	}
	now, err := filters(ctx, r.git, filtered)
	if err != nil {
		return err
	}
	for _, e := range filtered {
		if unchanged[e.path] != e || now[e.path] != then[e.path] {
			r.unknown = append(r.unknown, e.path)
			r.warnings = append(r.warnings, fmt.Sprintf("%s passes through git's filter %s, which is not run: what it was at %s is not known", e.path, then[e.path], r.rev))
			continue
		}
		if err := copyFile(filepath.Join(dir, filepath.FromSlash(e.path)), filepath.Join(r.top, filepath.FromSlash(e.path))); err != nil {
			return fmt.Errorf("take %s as it is: %w", e.path, err)
		}
	}
	return nil
}

// unchanged are the files of the index that the working tree has as well, by path.
func (r *revision) unchanged(ctx context.Context) (map[string]entry, error) {
	listed, err := r.git.output(ctx, nil, "ls-files", "--stage", "-z")
	if err != nil {
		return nil, fmt.Errorf("list the files of the index: %w", err)
	}
	changed, err := r.git.output(ctx, nil, "diff-files", "-z", "--name-only", "--no-ext-diff")
	if err != nil {
		return nil, fmt.Errorf("compare with the index: %w", err)
	}
	now := map[string]entry{}
	for _, e := range entries(listed) {
		now[e.path] = e
	}
	for path := range strings.SplitSeq(changed, "\x00") {
		delete(now, path)
	}
	return now, nil
}

// filters are the names of the filters that files have by .gitattributes, by path.
func filters(ctx context.Context, g git, files []entry) (map[string]string, error) {
	said, err := g.output(ctx, names(files), "check-attr", "-z", "--stdin", "filter")
	if err != nil {
		return nil, fmt.Errorf("read .gitattributes: %w", err)
	}
	// PATH, "filter", VALUE and so on.
	out := map[string]string{}
	for fields := strings.Split(said, "\x00"); len(fields) >= 3; fields = fields[3:] {
		if v := fields[2]; v != "unspecified" && v != "unset" && v != "set" {
			out[fields[0]] = v
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
