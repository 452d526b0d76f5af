package explain

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// action is one action of an operation on files, as records have it: "mkdir" and
// what BuildKit's definition says of it.
type action struct {
	kind       string
	properties map[string]string // flat: a name of two parts is "owner.user"
}

// parseActions reads the actions of an operation; nil where they are not in the
// form that records have.
func parseActions(text string) []action {
	var out []action
	for line := range strings.SplitSeq(text, "\n") {
		kind, definition, _ := strings.Cut(line, " ")
		decoder := json.NewDecoder(strings.NewReader(definition))
		decoder.UseNumber() // times are too large for a float
		var values map[string]any
		if decoder.Decode(&values) != nil {
			return nil
		}
		a := action{kind, map[string]string{}}
		a.flatten("", values)
		out = append(out, a)
	}
	return out
}

func (a *action) flatten(prefix string, values map[string]any) {
	for name, value := range values {
		switch value := value.(type) {
		case map[string]any:
			a.flatten(prefix+name+".", value)
		case nil:
		case string:
			a.properties[prefix+name] = value
		default:
			a.properties[prefix+name] = fmt.Sprint(value)
		}
	}
}

// actionProperties are what messages call the properties of an action.
var actionProperties = map[string]string{
	"path": "destination", "dest": "destination", "oldpath": "source of the link", "newpath": "destination",
	"src": "source", "mode": "mode", "modeStr": "mode", "owner": "owner", "timestamp": timeProperty, "data": "content",
	"makeParents": "making of folders above", "createDestPath": "making of folders above", "followSymlink": "following of links",
	"dirCopyContents": "copying of a folder's content alone", "attemptUnpackDockerCompatibility": "unpacking of archives",
	"allowWildcard": "use of patterns", "allowEmptyWildcard": "use of patterns", "allowNotFound": "removal of what is not there",
	"include_patterns": "list of patterns", "exclude_patterns": "list of excluded patterns", "required_paths": "list of required paths",
	"alwaysReplaceExistingDestPaths": "replacing of what is there",
}

const timeProperty = "time"

// diffActions compares the actions of two operations by property, in the words of
// messages. Of properties that differ in several actions it has the first. It is
// nil if they are not known.
func diffActions(old, cur string) map[string]change {
	as, bs := parseActions(old), parseActions(cur)
	if as == nil || bs == nil {
		return nil
	}
	if before, now := kindsOf(as), kindsOf(bs); before != now {
		return map[string]change{"list of operations": {before, now}}
	}
	out := map[string]change{}
	for k := range as {
		diff := diffMaps(as[k].properties, bs[k].properties)
		for _, name := range slices.Sorted(maps.Keys(diff)) {
			top, _, _ := strings.Cut(name, ".")
			word, ok := actionProperties[top]
			if !ok {
				word = top
			}
			if _, known := out[word]; !known {
				out[word] = readable(word, diff[name])
			}
		}
	}
	return out
}

func kindsOf(actions []action) string {
	var kinds []string
	for _, a := range actions {
		kinds = append(kinds, a.kind)
	}
	return strings.Join(kinds, ", ")
}

// readable is a change in the words of flags: modes are octal, and times are in
// seconds as SOURCE_DATE_EPOCH has them.
func readable(property string, c change) change {
	switch property {
	case "mode":
		return change{octal(c.old), octal(c.new)}
	case timeProperty:
		return change{seconds(c.old), seconds(c.new)}
	case "content":
		return change{decoded(c.old), decoded(c.new)}
	}
	return c
}

func decoded(data string) string {
	text, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return data
	}
	return string(text)
}

func octal(mode string) string {
	n, err := strconv.ParseInt(mode, 10, 64)
	switch {
	case err != nil:
		return mode
	case n < 0: // as in the source
		return ""
	}
	return strconv.FormatInt(n, 8)
}

// seconds is a time of BuildKit's, in nanoseconds and -1 for none, in seconds.
func seconds(t string) string {
	n, err := strconv.ParseInt(t, 10, 64)
	if err != nil || n < 0 {
		return ""
	}
	return strconv.FormatInt(n/1e9, 10)
}
