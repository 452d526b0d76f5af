package buildcontext

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/tonistiigi/fsutil"
)

// filter decides which paths of a source are sent, as the filter of
// fsutil.NewFilterFS does. Here the state of a folder is a value, so that
// several goroutines can walk; each has a filter of its own (clone), since a
// matcher compiles its patterns while it matches.
type filter struct {
	includePatterns, excludePatterns []string
	include, exclude                 *patternmatcher.PatternMatcher // nil where there are no patterns
	// Folders that do not match can be left out only if no pattern can match
	// below them, which is plain where patterns have no wildcards.
	plainIncludes, plainExceptions bool
}

// matchState is what the matchers know of a folder: the start for what lies in
// it. The zero value is the root's.
type matchState struct {
	include, exclude patternmatcher.MatchInfo
}

// newFilter resolves the followed paths against a folder.
func newFilter(root string, opts Options) (*filter, error) {
	include := slices.Clone(opts.Include)
	if len(opts.FollowPaths) > 0 {
		fsys, err := fsutil.NewFS(root)
		if err != nil {
			return nil, err
		}
		targets, err := fsutil.FollowLinks(fsys, opts.FollowPaths)
		if err != nil {
			return nil, err
		}
		// No targets means that everything is followed.
		if targets != nil {
			include = dropCovered(append(include, targets...))
		}
	}
	f := &filter{includePatterns: include, excludePatterns: opts.Exclude}
	return f, f.compile()
}

// dropCovered drops each path that follows a folder that it lies in, and
// everything where the root is among them; so does fsutil.
func dropCovered(paths []string) []string {
	kept := make([]string, 0, len(paths))
	last := ""
	for _, p := range paths {
		if p == "." {
			return nil
		}
		if strings.HasPrefix(p, last+"/") {
			continue
		}
		kept = append(kept, p)
		last = p
	}
	return kept
}

func (f *filter) compile() error {
	var err error
	if len(f.includePatterns) > 0 {
		if f.include, err = patternmatcher.New(f.includePatterns); err != nil {
			return fmt.Errorf("invalid include patterns %q: %w", f.includePatterns, err)
		}
		f.plainIncludes = plain(f.include, false)
	}
	if len(f.excludePatterns) > 0 {
		if f.exclude, err = patternmatcher.New(f.excludePatterns); err != nil {
			return fmt.Errorf("invalid exclude patterns %q: %w", f.excludePatterns, err)
		}
		f.plainExceptions = plain(f.exclude, true)
	}
	return nil
}

// clone returns a filter for another goroutine.
func (f *filter) clone() *filter {
	c := &filter{includePatterns: f.includePatterns, excludePatterns: f.excludePatterns}
	if err := c.compile(); err != nil {
		panic(err) // it compiled before
	}
	return c
}

// match says of a path, relative and in the system's form, whether it is sent
// itself (keep), and of a folder also whether nothing below it can be (prune).
func (f *filter) match(path string, isFolder bool, parent matchState) (keep, prune bool, state matchState, err error) {
	keep = true
	if f.include != nil {
		keep, state.include, err = f.include.MatchesUsingParentResults(path, parent.include)
		if err != nil {
			return false, false, state, fmt.Errorf("cannot match include patterns: %w", err)
		}
		if !keep && isFolder && f.plainIncludes && !reaches(f.include, false, path) {
			return false, true, state, nil
		}
	}
	if f.exclude != nil {
		excluded, info, err := f.exclude.MatchesUsingParentResults(path, parent.exclude)
		if err != nil {
			return false, false, state, fmt.Errorf("cannot match exclude patterns: %w", err)
		}
		state.exclude = info
		if excluded {
			keep = false
			if isFolder && f.plainExceptions && !reaches(f.exclude, true, path) {
				return false, true, state, nil
			}
		}
	}
	return keep, false, state, nil
}

// plain says whether no pattern, of the exceptions or of the others, has
// wildcards in front of its last part.
func plain(m *patternmatcher.PatternMatcher, exceptions bool) bool {
	wildcards := "*[]?^"
	if filepath.Separator != '\\' {
		wildcards += `\`
	}
	return !slices.ContainsFunc(m.Patterns(), func(p *patternmatcher.Pattern) bool {
		return p.Exclusion() == exceptions && strings.ContainsAny(withoutLastGlob(p), wildcards)
	})
}

// reaches says whether a pattern, of the exceptions or of the others, can
// match something below a folder.
func reaches(m *patternmatcher.PatternMatcher, exceptions bool, folder string) bool {
	below := folder + string(filepath.Separator)
	return slices.ContainsFunc(m.Patterns(), func(p *patternmatcher.Pattern) bool {
		return p.Exclusion() == exceptions && strings.HasPrefix(withoutLastGlob(p)+string(filepath.Separator), below)
	})
}

func withoutLastGlob(p *patternmatcher.Pattern) string {
	s := strings.TrimSuffix(p.String(), string(filepath.Separator)+"**")
	return strings.TrimSuffix(s, string(filepath.Separator)+"*")
}
