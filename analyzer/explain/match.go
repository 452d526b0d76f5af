package explain

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// OperationID is the same for two operations exactly if, by what their records
// tell, they have the same cache key on top of the same inputs. An image is the
// digest that it resolved to; unpinned says of any other source, and of an image
// without a digest, that what lies behind the name may have changed.
func OperationID(v *record.Vertex) (id string, unpinned bool) {
	var b strings.Builder
	field := func(s string) { b.WriteString(strconv.Quote(s)) }
	field(v.Op.Kind)
	if v.Op.Kind == "source" {
		if v.IsImage() {
			field("image")
			field(v.Op.Fields["platform"])
			img := imageOf(v)
			if img.digest != "" {
				field(img.digest)
				return b.String(), false
			}
			field(img.name)
			return b.String(), true
		}
		field(v.Pin)
		unpinned = v.Pin == "" && !isPinned(v)
	}
	for _, list := range []map[string]string{v.Op.Fields, v.Op.Env} {
		field("")
		for _, name := range slices.Sorted(maps.Keys(list)) {
			field(name)
			field(list[name])
		}
	}
	field("")
	for _, name := range v.Op.EnvOrder {
		field(name)
	}
	return b.String(), unpinned
}

// isPinned says that the definition of a download itself names what it must be:
// a checksum, or a commit.
func isPinned(v *record.Vertex) bool {
	if v.Op.Fields["http.checksum"] != "" || v.Op.Fields["git.checksum"] != "" {
		return true
	}
	_, fragment, _ := strings.Cut(v.Op.Fields["identifier"], "#")
	ref, _, _ := strings.Cut(fragment, ":")
	return strings.HasPrefix(v.Op.Fields["identifier"], "git://") && len(ref) == 40 && strings.Trim(ref, "0123456789abcdef") == ""
}

// SelectorsID is the same for two inputs exactly if they pick files by the same
// rules.
func SelectorsID(in *record.Input) string {
	var b strings.Builder
	for _, s := range in.Selectors {
		b.WriteString(strconv.Quote(s.Path))
		b.WriteString(strconv.FormatBool(s.Wildcard))
		b.WriteString(strconv.FormatBool(s.Follow))
		for _, list := range [][]string{s.Include, s.Exclude, s.Required} {
			b.WriteByte('[')
			for _, p := range list {
				b.WriteString(strconv.Quote(p))
			}
		}
	}
	return b.String()
}
