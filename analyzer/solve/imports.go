package solve

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gohugoio/hashstructure"
	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/ociindex"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"
)

// cacheImport is one cache that a build is told to import.
type cacheImport struct {
	ref   string // as the flag has it
	entry client.CacheOptionsEntry
	err   string // why it cannot be read, where that shows before the build
	// damage is what failed the build in it, "" for nothing that is known.
	damage string
}

// newImports looks at what is to be imported. BuildKit's client leaves out a folder
// that holds no cache, says so in a log, and makes the folder.
func newImports(entries []client.CacheOptionsEntry) []cacheImport {
	var all []cacheImport
	for _, e := range entries {
		i := cacheImport{ref: importRef(e), entry: client.CacheOptionsEntry{Type: e.Type, Attrs: maps.Clone(e.Attrs)}}
		if e.Type == "local" {
			if err := checkLocalCache(e.Attrs); err != nil {
				i.err = err.Error()
			}
		}
		all = append(all, i)
	}
	return all
}

// importRef writes an import as the flag that asks for it, without what might be a
// credential.
func importRef(e client.CacheOptionsEntry) string {
	parts := []string{"type=" + e.Type}
	for _, key := range []string{"ref", "src", "tag", "digest", "scope", "bucket", "name"} {
		if value := e.Attrs[key]; value != "" {
			parts = append(parts, key+"="+value)
		}
	}
	return strings.Join(parts, ",")
}

// checkLocalCache does what parseCacheOptions in BuildKit's client/solve.go checks.
func checkLocalCache(attrs map[string]string) error {
	dir := attrs["src"]
	if dir == "" {
		return nil // BuildKit refuses it
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("no such folder")
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New("not a folder")
	}
	blob := digest.Digest(attrs["digest"])
	if blob == "" {
		tag := "latest"
		if t, ok := attrs["tag"]; ok {
			tag = t
		}
		desc, err := ociindex.NewStoreIndex(dir).Get(tag)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return errors.New("it has no index.json, so nothing was exported to it")
		case err != nil:
			return fmt.Errorf("read index.json: %w", err)
		case desc == nil:
			return fmt.Errorf("it has nothing with the tag %s", tag)
		}
		blob = desc.Digest
	}
	if err := blob.Validate(); err != nil {
		return fmt.Errorf("digest %q: %w", blob, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "blobs", blob.Algorithm().String(), blob.Encoded())); err != nil {
		return fmt.Errorf("the blob %s is missing", blob)
	}
	return nil
}

// usableImports are those that the engine is asked to read.
func (r *run) usableImports() []client.CacheOptionsEntry {
	var usable []client.CacheOptionsEntry
	for _, i := range r.imports {
		if i.err == "" {
			usable = append(usable, i.entry)
		}
	}
	return usable
}

// vertex is under what digest BuildKit's status has an import: cmKey and loadResult
// in solver/llbsolver/bridge.go. The entry must be as it was sent.
func (i cacheImport) vertex() digest.Digest {
	key := i.entry.Attrs["ref"]
	if i.entry.Type != "registry" || key == "" {
		hash, err := hashstructure.Hash(gateway.CacheOptionsEntry{Type: i.entry.Type, Attrs: i.entry.Attrs}, nil)
		if err != nil { // strings are always hashed
			return ""
		}
		key = fmt.Sprintf("%s:%d", i.entry.Type, hash)
	}
	return engine.ImportVertex(key)
}

// addImports writes down what became of every import, after the steps' outcomes.
// facts are nil where the engine has none.
func (r *run) addImports(rec *record.Record, facts map[digest.Digest]engine.Fact) {
	hits := slices.ContainsFunc(rec.Steps, func(s record.Step) bool { return s.Outcome == record.Hit })
	for _, i := range r.imports {
		out := record.Import{Ref: r.redactor.Text(i.ref), Error: r.redactor.Text(i.err)}
		status := r.statuses.get(i.vertex())
		switch {
		case i.err != "":
		case status == nil || status.Started == nil || status.Completed == nil:
			if rec.Result == record.Succeeded {
				out.Result = record.ImportUnused
			}
		default:
			took := seconds(status)
			out.Seconds, out.Error = &took, r.redactor.Text(importError(status.Error))
			switch {
			case facts != nil:
				n := facts[i.vertex()].Loads
				out.Hits = &n
				out.Result = record.ImportUnused
				if n > 0 {
					out.Result = record.ImportUsed
				}
			case !hits:
				out.Result = record.ImportUnused
			}
			if i.damage != "" {
				out.Error = i.damage
			}
		}
		r.addImport(rec, out)
	}
}

// addDryImports is addImports after a dry run; failed has the errors of the imports
// that the engine was asked to read, "" for none.
func (r *run) addDryImports(rec *record.Record, failed []string) {
	for _, i := range r.imports {
		out := record.Import{Ref: r.redactor.Text(i.ref), Error: r.redactor.Text(i.err)}
		if i.err == "" && len(failed) > 0 {
			out.Error, failed = r.redactor.Text(importError(failed[0])), failed[1:]
		}
		r.addImport(rec, out)
	}
}

func (r *run) addImport(rec *record.Record, i record.Import) {
	if i.Error != "" {
		i.Result, i.Hits = record.ImportFailed, nil
		rec.Warnings = append(rec.Warnings, fmt.Sprintf("the import of %s failed: %s", i.Ref, i.Error))
	}
	rec.Imports = append(rec.Imports, i)
}

// importError leaves out what every such error begins with.
func importError(message string) string {
	if rest, ok := strings.CutPrefix(message, "failed to configure "); ok {
		if _, after, ok := strings.Cut(rest, " cache importer: "); ok {
			return after
		}
	}
	return message
}
