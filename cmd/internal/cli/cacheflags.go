package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/tonistiigi/go-csvvalue"
)

// cacheType is a kind of cache that BuildKit exports to or imports from.
type cacheType struct {
	// to and from are the attributes without which an export or an import cannot
	// be; notFrom says why there is no import of the kind, "" where there is.
	to, from []string
	notFrom  string
}

var cacheTypes = map[string]cacheType{
	"inline":   {notFrom: "it lies in the image that was pushed with it: name that"},
	"registry": {to: []string{"ref"}, from: []string{"ref"}},
	"local":    {to: []string{"dest"}, from: []string{"src"}},
	"gha":      {},
	"s3":       {},
	"azblob":   {},
}

// cacheEntries brings what --cache-from and --cache-to are given into the one form
// TYPE and attributes: a reference alone is a registry's, as in docker build, and
// the name of a kind alone is that kind, never a reference.
func cacheEntries(list []string, importing bool) ([]string, error) {
	var out []string
	for _, item := range list {
		fields, err := csvvalue.Fields(item, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", shownEntry(strings.Split(item, ",")), err)
		}
		if hasPairs(fields) {
			if err := checkCacheEntry(fields, importing); err != nil {
				return nil, fmt.Errorf("%s: %w", shownEntry(fields), err)
			}
			out = append(out, item)
			continue
		}
		for _, field := range fields {
			entry := []string{"type=registry", "ref=" + field}
			if _, known := cacheTypes[field]; known {
				entry = []string{"type=" + field}
			}
			if err := checkCacheEntry(entry, importing); err != nil {
				return nil, fmt.Errorf("%s: %w", shownEntry(fields), err)
			}
			out = append(out, strings.Join(entry, ","))
		}
	}
	return out, nil
}

// checkCacheEntry finds out before the build what the engine would say after it.
func checkCacheEntry(fields []string, importing bool) error {
	attrs := map[string]string{}
	for _, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		if !ok {
			return fmt.Errorf("%q is no KEY=VALUE pair", shownField(field, fields))
		}
		attrs[strings.ToLower(key)] = value
	}
	name := attrs["type"]
	t, known := cacheTypes[name]
	needs := t.to
	if importing {
		needs = t.from
	}
	switch {
	case name == "":
		return errors.New("the type is missing: type=" + strings.Join(cacheTypeNames(importing), "|"))
	case !known:
		return fmt.Errorf("unknown type %s: use %s", name, strings.Join(cacheTypeNames(importing), ", "))
	case importing && t.notFrom != "":
		return fmt.Errorf("an %s cache is not imported by its type; %s", name, t.notFrom)
	}
	for _, need := range needs {
		if attrs[need] == "" {
			return fmt.Errorf("type=%s needs %s=", name, need)
		}
	}
	return nil
}

// checkCacheTypes refuses kinds of caches that the engine has not; nil has all. Only
// the embedded engine lacks any.
func checkCacheTypes(entries, types []string, importing bool) error {
	if types == nil {
		return nil
	}
	for _, entry := range entries {
		for _, field := range strings.Split(entry, ",") {
			name, ok := strings.CutPrefix(field, "type=")
			if !ok || slices.Contains(types, name) {
				continue
			}
			has := slices.DeleteFunc(cacheTypeNames(importing), func(n string) bool { return !slices.Contains(types, n) })
			return fmt.Errorf("%s: the embedded engine has no type %s: use %s, or name a buildkitd with --addr", shownEntry(strings.Split(entry, ",")), name, strings.Join(has, ", "))
		}
	}
	return nil
}

// openAttributes of a cache are no credentials.
var openAttributes = []string{
	"type", "ref", "src", "dest", "tag", "digest", "scope", "bucket", "name", "names", "mode", "region", "endpoint_url", "account_url", "url", "url_v2",
	"version", "repository", "prefix", "blobs_prefix", "manifests_prefix", "compression", "compression-level", "force-compression",
	"oci-mediatypes", "image-manifest", "ignore-error", "timeout", "use_path_style", "touch_refresh", "upload_parallelism",
}

// shownEntry is an entry for a message. What an engine logs in with is left out, and
// so is all that this program does not know.
func shownEntry(fields []string) string {
	shown := make([]string, len(fields))
	for i, field := range fields {
		shown[i] = shownField(field, fields)
	}
	return strings.Join(shown, ",")
}

func shownField(field string, entry []string) string {
	key, value, ok := strings.Cut(field, "=")
	switch {
	case ok && slices.Contains(openAttributes, strings.ToLower(strings.Trim(key, `" `))):
		return key + "=" + record.Mask(value)
	case ok && value == "":
		return field
	case ok:
		return key + "=***"
	case !hasPairs(entry):
		return record.Mask(field) // a reference
	case attributeName.MatchString(field) && !slices.ContainsFunc(entry, isClosed):
		return field
	}
	return "***" // it may be the rest of a value with a comma in it
}

var attributeName = regexp.MustCompile(`^[a-z_-]{1,24}$`)

func hasPairs(fields []string) bool {
	return slices.ContainsFunc(fields, func(f string) bool { return strings.Contains(f, "=") })
}

// isClosed says that a field of an entry has a value that is not shown.
func isClosed(field string) bool {
	return strings.Contains(field, "=") && shownField(field, nil) != field
}

func cacheTypeNames(importing bool) []string {
	var names []string
	for name, t := range cacheTypes {
		if !importing || t.notFrom == "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
