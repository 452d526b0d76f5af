package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tonistiigi/go-csvvalue"
)

// cacheType is a kind of cache that BuildKit exports to or imports from.
type cacheType struct {
	// to and from are the attributes without which an export or an import cannot
	// be; notFrom says why there is no import of the kind, "" where there is.
	to, from []string
	notFrom  string
	// daemon says that only a buildkitd has it: the embedded engine does without the
	// client libraries.
	daemon bool
}

var cacheTypes = map[string]cacheType{
	"inline":   {notFrom: "it lies in the image that was pushed with it: name that"},
	"registry": {to: []string{"ref"}, from: []string{"ref"}},
	"local":    {to: []string{"dest"}, from: []string{"src"}},
	"gha":      {daemon: true},
	"s3":       {daemon: true},
	"azblob":   {daemon: true},
}

// cacheEntries brings what --cache-from and --cache-to are given into the one form
// TYPE and attributes: a reference alone is a registry's, as in docker build, and
// the name of a kind alone is that kind, never a reference.
func cacheEntries(list []string, importing bool) ([]string, error) {
	var out []string
	for _, item := range list {
		fields, err := csvvalue.Fields(item, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", item, err)
		}
		if slices.ContainsFunc(fields, func(f string) bool { return strings.Contains(f, "=") }) {
			if err := checkCacheEntry(fields, importing); err != nil {
				return nil, fmt.Errorf("%s: %w", item, err)
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
				return nil, fmt.Errorf("%s: %w", item, err)
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
			return fmt.Errorf("%q is no KEY=VALUE pair", field)
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

// checkEmbeddedCache refuses kinds of caches that the embedded engine has not.
func checkEmbeddedCache(entries []string, importing bool) error {
	for _, entry := range entries {
		for _, field := range strings.Split(entry, ",") {
			name, ok := strings.CutPrefix(field, "type=")
			if !ok || !cacheTypes[name].daemon {
				continue
			}
			has := slices.DeleteFunc(cacheTypeNames(importing), func(n string) bool { return cacheTypes[n].daemon })
			return fmt.Errorf("%s: the embedded engine has no type %s: use %s, or name a buildkitd with --addr", entry, name, strings.Join(has, ", "))
		}
	}
	return nil
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
