package predict

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// revision is a commit of the repository that a context lies in.
type revision struct {
	rev      string // as asked for
	commit   string
	time     time.Time
	dir      string // where its files are written to
	top      string // folder of the working tree, without symbolic links
	git      git
	warnings []string
	unknown  []string // files of which it is not known what they were, by path from top
}

// openRevision finds the repository around a folder and a revision in it.
func openRevision(ctx context.Context, folder, rev string) (*revision, error) {
	r := &revision{rev: rev}
	path, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("look at revision %s: git is needed for that: %w", rev, err)
	}
	r.git = git{path: path, dir: folder}
	top, err := r.git.output(ctx, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("look at revision %s: %s is in no git repository that can be read: %w", rev, folder, err)
	}
	if r.top, err = filepath.EvalSymlinks(filepath.FromSlash(strings.TrimRight(top, "\r\n"))); err != nil {
		return nil, err
	}
	found, err := r.git.output(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("the repository %s has no revision %q; fetch it, or name another", r.top, rev)
	}
	r.commit = strings.TrimSpace(found)
	r.git.dir = r.top
	if err := r.git.quiet(ctx); err != nil {
		return nil, err
	}
	listed, err := r.git.output(ctx, nil, "rev-list", "--timestamp", "--max-count=1", r.commit)
	if err != nil {
		return nil, fmt.Errorf("look at revision %s: %w", rev, err)
	}
	seconds, _, _ := strings.Cut(listed, " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("look at revision %s: %w", rev, err)
	}
	r.time = time.Unix(unix, 0)
	return r, nil
}

// name is how reports call the revision.
func (r *revision) name() string {
	short := r.commit[:min(len(r.commit), 10)]
	if strings.HasPrefix(r.commit, r.rev) {
		return short
	}
	return r.rev + " (" + short + ")"
}

// inside returns a path relative to the working tree, if it lies there.
func (r *revision) inside(path string) (string, bool) {
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(r.top, filepath.Join(folder, filepath.Base(path)))
	return rel, err == nil && filepath.IsLocal(rel)
}

// checkOut writes the files of the revision at or below some paths of the working
// tree to the same places below a folder, as they would lie in a fresh clone. The
// repository is not touched; what git needs lies beside the folder, which is new.
func (r *revision) checkOut(ctx context.Context, dir string, paths []string) error {
	own := filepath.Join(filepath.Dir(dir), cloneName)
	for _, folder := range []string{own, dir} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return err
		}
	}
	g, err := r.clone(ctx, own, dir)
	if err != nil {
		return err
	}
	if _, err := g.output(ctx, nil, "read-tree", r.commit); err != nil {
		return fmt.Errorf("read the files of %s: %w", r.rev, err)
	}
	listed, err := g.output(ctx, nil, "ls-files", "--stage", "-z")
	if err != nil {
		return fmt.Errorf("list the files of %s: %w", r.rev, err)
	}
	var roots []string
	for _, p := range paths {
		if rel, ok := r.inside(p); ok {
			roots = append(roots, filepath.ToSlash(rel))
		}
	}
	var files []entry
	for _, e := range entries(listed) {
		switch {
		case !slices.ContainsFunc(roots, e.isBelow):
		case e.mode == submodule:
			r.warnings = append(r.warnings, fmt.Sprintf("%s is a submodule, which is left out of %s: what lies in it counts as added", e.path, r.rev))
		default:
			files = append(files, e)
		}
	}
	if _, err := g.output(ctx, names(files), "checkout-index", "-z", "--stdin"); err != nil {
		return fmt.Errorf("write the files of %s: %w", r.rev, err)
	}
	if err := r.takeFiltered(ctx, g, dir, files); err != nil {
		return err
	}
	return r.takeModes(ctx, dir)
}

// clone makes a repository that borrows the objects of this one and has nothing else
// of it, as a fresh clone would: no configuration (core.autocrlf, core.symlinks,
// filters), no info/attributes, no index. Its working tree is a folder that is empty
// yet, so that attributes are those of the revision that is read into its index, and
// not those that lie in the working tree of today.
func (r *revision) clone(ctx context.Context, own, tree string) (git, error) {
	objects, err := r.git.output(ctx, nil, "rev-parse", "--git-path", "objects")
	if err != nil {
		return git{}, fmt.Errorf("look at revision %s: %w", r.rev, err)
	}
	if objects = strings.TrimRight(objects, "\r\n"); !filepath.IsAbs(objects) {
		objects = filepath.Join(r.git.dir, objects)
	}
	init := []string{"init", "--quiet", "--bare", "--template="}
	if len(r.commit) == sha256Digits {
		init = append(init, "--object-format=sha256")
	}
	if _, err := r.git.output(ctx, nil, append(init, own)...); err != nil {
		return git{}, fmt.Errorf("look at revision %s: %w", r.rev, err)
	}
	info := filepath.Join(own, "objects", "info")
	if err := os.MkdirAll(info, 0o700); err != nil {
		return git{}, err
	}
	if err := os.WriteFile(filepath.Join(info, "alternates"), []byte(objects+"\n"), 0o600); err != nil {
		return git{}, err
	}
	g := r.git
	g.dir = tree
	g.config = append(slices.Clone(g.config), "-c", "core.bare=false")
	g.env = []string{"GIT_DIR=" + own, "GIT_WORK_TREE=" + tree}
	return g, nil
}

// sha256Digits is the length of the name of a commit in a repository that hashes
// with SHA-256.
const sha256Digits = 64

// names are the paths of files as git reads them.
func names(files []entry) *bytes.Buffer {
	var b bytes.Buffer
	for _, e := range files {
		b.WriteString(e.path + "\x00")
	}
	return &b
}

// entry is one file of an index.
type entry struct{ mode, blob, path string }

const submodule = "160000"

func (e entry) isBelow(root string) bool {
	return root == "." || e.path == root || strings.HasPrefix(e.path, root+"/")
}

// entries reads what ls-files --stage -z writes: "MODE BLOB STAGE\tPATH".
func entries(listed string) []entry {
	var all []entry
	for item := range strings.SplitSeq(listed, "\x00") {
		head, path, ok := strings.Cut(item, "\t")
		if f := strings.Fields(head); ok && len(f) == 3 {
			all = append(all, entry{f[0], f[1], path})
		}
	}
	return all
}

// git runs git so that nothing of the repository is run: no hooks, no filters, no
// monitors; and so that nothing is written to it, and nothing fetched.
type git struct {
	path, dir string
	config    []string
	env       []string
}

// lfs is the filter that nearly every machine has that a repository with large files
// is cloned to.
const lfs = "lfs"

// filters says that a filter is defined, here or where else the repository is cloned to.
func (g git) filters(name string) bool {
	return name == lfs || slices.Contains(g.config, "filter."+name+".smudge=")
}

// redirecting are the variables that point git to another repository than that
// of the folder, as a hook has them (git rev-parse --local-env-vars).
var redirecting = []string{
	"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_OBJECT_DIRECTORY",
	"GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS",
	"GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_EXTERNAL_DIFF",
}

// output runs git and returns what it prints.
func (g git) output(ctx context.Context, in *bytes.Buffer, args ...string) (string, error) {
	args = slices.Concat([]string{"-c", "core.hooksPath=" + os.DevNull, "-c", "core.fsmonitor=false", "-c", "core.splitIndex=false"}, g.config, args)
	cmd := exec.CommandContext(ctx, g.path, args...)
	cmd.Dir = g.dir
	cmd.WaitDelay = time.Second
	cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(redirecting, name)
	})
	cmd.Env = append(cmd.Env, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "LC_ALL=C")
	cmd.Env = append(cmd.Env, g.env...)
	if in != nil {
		cmd.Stdin = in
	}
	var out, messages bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &messages
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && messages.Len() > 0:
		line, _, _ := strings.Cut(strings.TrimSpace(messages.String()), "\n")
		return "", errors.New(line)
	}
	return out.String(), err
}

// quiet turns off the filters that any configuration defines.
func (g *git) quiet(ctx context.Context) error {
	names, err := g.output(ctx, nil, "config", "--name-only", "-z", "--get-regexp", `^filter\.`)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // which says that there is none
		return fmt.Errorf("read git's configuration: %w", err)
	}
	seen := map[string]bool{}
	for name := range strings.SplitSeq(names, "\x00") {
		last := strings.LastIndex(name, ".")
		if last <= len("filter") || seen[name[:last]] {
			continue
		}
		filter := name[:last]
		seen[filter] = true
		g.config = append(g.config, "-c", filter+".smudge=", "-c", filter+".clean=", "-c", filter+".process=", "-c", filter+".required=false")
	}
	return nil
}
