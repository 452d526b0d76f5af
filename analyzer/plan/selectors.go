package plan

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/solver/pb"
)

// Selectors returns the files that an operation's cache key takes from one of
// its inputs. Hashed is false where the input counts by identity. The rules are
// those of BuildKit's ExecOp.CacheMap and FileOp.CacheMap, which cannot be
// imported without the solver; the oracle tests hold the two together.
func Selectors(op *pb.Op, input int) (selectors []record.Selector, hashed bool) {
	switch {
	case op.GetFile() != nil:
		return fileSelectors(op.GetFile(), input, len(op.Inputs))
	case op.GetExec() != nil:
		return mountSelectors(op.GetExec(), input)
	}
	return nil, false
}

func fileSelectors(f *pb.FileOp, input, inputs int) ([]record.Selector, bool) {
	var all []record.Selector
	for _, a := range f.Actions {
		if int(a.Input) == input { // written to, so that all of it counts
			return nil, false
		}
		all = append(all, ownerSelectors(ownerOf(a), input)...)
		if c := a.GetCopy(); c != nil && int(a.SecondaryInput) == input && input < inputs {
			all = append(all, record.Selector{
				Path:     c.Src,
				Wildcard: c.AllowWildcard && hasWildcard(c.Src),
				Follow:   c.FollowSymlink,
				Include:  c.IncludePatterns,
				Exclude:  c.ExcludePatterns,
				Required: c.RequiredPaths,
			})
		}
	}
	return mergeSelectors(all), len(all) > 0
}

func ownerOf(a *pb.FileAction) *pb.ChownOpt {
	switch {
	case a.GetCopy() != nil:
		return a.GetCopy().Owner
	case a.GetMkdir() != nil:
		return a.GetMkdir().Owner
	case a.GetMkfile() != nil:
		return a.GetMkfile().Owner
	case a.GetSymlink() != nil:
		return a.GetSymlink().Owner
	}
	return nil
}

// ownerSelectors are the files in which a user or group name is looked up.
func ownerSelectors(o *pb.ChownOpt, input int) []record.Selector {
	var out []record.Selector
	if n := o.GetUser().GetByName(); n != nil && int(n.Input) == input {
		out = append(out, record.Selector{Path: "/etc/passwd", Follow: true})
	}
	if n := o.GetGroup().GetByName(); n != nil && int(n.Input) == input {
		out = append(out, record.Selector{Path: "/etc/group", Follow: true})
	}
	return out
}

func mountSelectors(e *pb.ExecOp, input int) ([]record.Selector, bool) {
	var paths []string
	hashed := false
	for _, m := range e.Mounts {
		switch m.MountType {
		case pb.MountType_SECRET, pb.MountType_SSH, pb.MountType_TMPFS:
			continue
		}
		if int(m.Input) != input {
			continue
		}
		sel := path.Join("/", m.Selector)
		paths = append(paths, sel)
		// the last mount of an input decides, as in BuildKit
		hashed = m.Output == int64(pb.SkipOutput) || m.Readonly || sel == pb.RootMount
		if m.ContentCache == pb.MountContentCache_OFF || m.ContentCache == pb.MountContentCache_DEFAULT && m.Dest == pb.RootMount {
			hashed = false
		}
	}
	if !hashed {
		return nil, false
	}
	var out []record.Selector
	for _, p := range topmost(paths) {
		if p == "/" {
			return nil, true
		}
		out = append(out, record.Selector{Path: p, Follow: true})
	}
	return out, true
}

// mergeSelectors drops plain paths below other plain paths and sorts the rest
// by path, which is the order in which BuildKit joins their checksums.
func mergeSelectors(all []record.Selector) []record.Selector {
	var plain, follow []string
	var filtered []record.Selector
	for _, s := range all {
		switch {
		case s.Wildcard || len(s.Include) > 0 || len(s.Exclude) > 0:
			filtered = append(filtered, s)
		case s.Follow:
			follow = append(follow, s.Path)
		default:
			plain = append(plain, s.Path)
		}
	}
	var out []record.Selector
	for _, p := range topmost(plain) {
		out = append(out, record.Selector{Path: p})
	}
	for _, p := range topmost(follow) {
		out = append(out, record.Selector{Path: p, Follow: true})
	}
	out = append(out, filtered...)
	slices.SortFunc(out, func(a, b record.Selector) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// topmost drops paths that lie below another one. A single path stays as it is.
func topmost(paths []string) []string {
	if len(paths) <= 1 {
		return paths
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(paths)))
	var out []string
	for _, p := range sorted {
		below := slices.ContainsFunc(sorted, func(q string) bool {
			return q != p && strings.HasPrefix(p, strings.TrimSuffix(q, "/")+"/")
		})
		if !below {
			out = append(out, p)
		}
	}
	return out
}

func hasWildcard(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '*', '?', '[':
			return true
		}
	}
	return false
}
