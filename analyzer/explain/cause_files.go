package explain

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// filesChanged names the files of a build context, and the inline documents,
// that are not what they were. Where the instruction now picks others, what it
// picked before counts.
func filesChanged(p *pair) []Cause {
	var out []Cause
	for k := range p.inputs {
		in := &p.inputs[k]
		if in.old == nil || in.verdict != differs || !in.cur.Hashed {
			continue
		}
		switch {
		case in.cur.Source == record.SourceInline && in.old.Source == record.SourceInline:
			if p.textDiffers || len(p.mentioned) == 0 { // else the variables in it changed
				out = append(out, inlineChange(in))
			}
		case in.cur.IsLocal() && in.old.IsLocal():
			out = append(out, p.localChange(in)...)
		}
	}
	return out
}

func inlineChange(in *inputPair) Cause {
	changes := diffFiles(in.old.Files, in.cur.Files)
	c := Cause{Message: "inline document changed"}
	if len(changes) > 0 {
		c.Message = "inline document " + describeFiles(changes)
	}
	c.listFiles(changes)
	return c
}

func (p *pair) localChange(in *inputPair) []Cause {
	d := p.prints.trees.diff(in.cur, in.old, in.old.Selectors)
	if in.redefined { // what no instruction takes any more is not looked at
		d.changes = slices.DeleteFunc(slices.Clone(d.changes), func(c record.Change) bool { return c.Kind == record.Removed })
	}
	if in.redefined && (len(d.changes) == 0 || in.cur.Source != in.old.Source) {
		return nil
	}
	where := ""
	if name := in.cur.Source; name != record.SourceContext {
		where = "build context " + plain(name)
		if old, cur := p.old.rec.Contexts[name], p.cur.rec.Contexts[name]; old != cur {
			where += " is " + quote(cur) + ", was " + quote(old)
		}
		where += ": "
	}
	if len(d.changes) == 0 {
		what := "files of the build context changed"
		if where != "" {
			what = "files changed"
		}
		return []Cause{{Message: where + what, Old: in.old.Content, New: in.cur.Content}}
	}
	c := Cause{Message: where + describeFiles(d.changes)}
	c.listFiles(d.changes)
	if len(d.changes) == 1 {
		c.detail(d, d.changes[0], where)
	}
	return []Cause{c}
}

// detail says of a single file what about it changed, where that is more than
// its content.
func (c *Cause) detail(d treeDiff, change record.Change, where string) {
	f, g := find(d.old, change.Path), find(d.cur, change.Path)
	if f == nil || g == nil {
		return
	}
	what := ""
	switch change.Kind {
	case record.ModeChanged:
		if f.Mode == g.Mode { // a folder's digest tells more than its mode
			return
		}
		what, c.Old, c.New = "mode", fmt.Sprintf("%o", f.Mode), fmt.Sprintf("%o", g.Mode)
	case record.TypeChanged:
		what, c.Old, c.New = "type", f.Type, g.Type
	case record.TargetChanged:
		what, c.Old, c.New = "target", f.Target, g.Target
	default:
		return
	}
	c.Message = fmt.Sprintf("%s%s: %s changed from %s to %s", where, plain(change.Path), what, value(c.Old, true), value(c.New, true))
}

func find(t record.Tree, name string) *record.File {
	at, ok := slices.BinarySearchFunc(t, name, func(f record.File, name string) int { return strings.Compare(f.Path, name) })
	if !ok {
		return nil
	}
	return &t[at]
}

// diffFiles compares digests by path.
func diffFiles(old, cur map[string]string) []record.Change {
	var out []record.Change
	for name := range diffMaps(old, cur) {
		kind := record.ContentChanged
		if _, ok := old[name]; !ok {
			kind = record.Added
		} else if _, ok := cur[name]; !ok {
			kind = record.Removed
		}
		out = append(out, record.Change{Path: name, Kind: kind})
	}
	slices.SortFunc(out, func(a, b record.Change) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// stageOutputChanged: files from another stage or image came out different. It
// follows the step that ran to make them; where none did, it is a root.
func stageOutputChanged(p *pair) []Cause {
	var out []Cause
	for k := range p.inputs {
		in := &p.inputs[k]
		if !in.byContent() || in.verdict != differs || in.redefined || in.cur.IsLocal() || p.step.Download(in.cur) != nil || in.cur.Source == record.SourceInline {
			continue
		}
		c := Cause{}
		from := "image " + familiar(imageName(in.cur.Source))
		if in.cur.Step != "" {
			from = "another stage"
			if v := p.cur.sourceOf(p.step, in.cur); v != nil && v.IsImage() {
				from = "image " + familiar(imageOf(v).name)
			} else if in.producer >= 0 {
				from = "stage " + plain(p.cur.steps[in.producer].Stage)
			}
			if maker := p.nearestRun(in.producer); maker >= 0 {
				c.Because = p.cur.steps[maker].ID
			}
		}
		if c.Because == "" && len(baseImageChanged(p)) > 0 {
			continue // which says more
		}
		var changes []record.Change
		if len(in.old.Files) > 0 && len(in.cur.Files) > 0 {
			changes = diffFiles(in.old.Files, in.cur.Files)
		}
		c.Message = describeOutput(changes, from)
		if maker := p.nearestRun(in.producer); maker >= 0 && !p.changed(maker) {
			c.Message += fmt.Sprintf("; %s had the same inputs, so it is not reproducible", p.cur.at(maker))
		}
		c.listFiles(changes)
		out = append(out, c)
	}
	return out
}

func imageName(source string) string {
	_, name, _ := strings.Cut(source, "://")
	name, _, _ = strings.Cut(name, "@")
	return name
}

func describeOutput(changes []record.Change, from string) string {
	switch len(changes) {
	case 0:
		return "files from " + from + " came out different"
	case 1:
		switch c := changes[0]; c.Kind {
		case record.Added:
			return fmt.Sprintf("%s from %s is new", plain(path.Clean(c.Path)), from)
		case record.Removed:
			return fmt.Sprintf("%s from %s is gone", plain(path.Clean(c.Path)), from)
		default:
			return fmt.Sprintf("%s from %s came out different", plain(path.Clean(c.Path)), from)
		}
	}
	return "files from " + from + " came out different: " + describeFiles(changes)
}
