package solve

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
)

// CacheEntry is one result in an engine's cache. Its id changes when BuildKit puts
// another one on top of it, and is good for one listing only.
type CacheEntry struct {
	ID      string
	Name    string   // see CacheName
	Parents []string // ids of what it lies on; the engine keeps these as long as it
	Created time.Time
	Used    time.Time // when it was last loaded; zero for never
}

// CacheEntries lists what lies in an engine's cache. Names are hashed with the salt.
func CacheEntries(ctx context.Context, eng engine.Engine, salt []byte) ([]CacheEntry, error) {
	usage, err := eng.Client().DiskUsage(ctx, client.WithFilter([]string{"type==" + string(client.UsageRecordTypeRegular)}))
	if err != nil {
		return nil, err
	}
	entries := make([]CacheEntry, 0, len(usage))
	for _, u := range usage {
		e := CacheEntry{ID: u.ID, Name: cacheName(u.Description, salt), Parents: u.Parents, Created: u.CreatedAt}
		if u.LastUsedAt != nil {
			e.Used = *u.LastUsedAt
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// CacheCount counts entries by name, for record.EngineCache; never nil.
func CacheCount(entries []CacheEntry) map[string]int {
	count := make(map[string]int, len(entries))
	for _, e := range entries {
		count[e.Name]++
	}
	return count
}

// countCache writes down what lies in the cache of an engine that cannot be asked
// what it would reuse, and what of it this build made or found.
func (r *run) countCache(ctx context.Context, rec *record.Record) {
	if r.engine.Capabilities().DryRun {
		return
	}
	entries, err := CacheEntries(ctx, r.engine, r.Salt)
	if err != nil { // a prediction does without, and says less
		return
	}
	rec.EngineCache = CacheCount(entries)
	r.findResults(rec, entries)
}

// CacheName returns the name of a CacheEntry under which an operation's result
// lies; "" for an operation whose results have none. One that had credentials
// taken out of it has a name that no entry has.
func CacheName(v *record.Vertex, salt []byte) string {
	switch v.Op.Kind {
	case "exec":
		var args []string
		if json.Unmarshal([]byte(v.Op.Fields["args"]), &args) != nil {
			return ""
		}
		return cacheName("mount / from exec "+strings.Join(args, " "), salt)
	case "file", "merge":
		return cacheName(v.Name, salt)
	case "source":
		for _, scheme := range []string{"docker-image://", "oci-layout://"} {
			if ref, ok := strings.CutPrefix(v.Op.Fields["identifier"], scheme); ok {
				return cacheName(pulledFrom+ref, salt)
			}
		}
	}
	return ""
}

// pulledFrom is what the engine writes before the reference of an image.
const pulledFrom = "pulled from "

// place is where a step stands in its Dockerfile, as BuildKit writes it before the
// instruction: "[linux/amd64 build 2/7] ". A line more changes it, and no key.
var place = regexp.MustCompile(`^\[[^\]]*\] `)

func cacheName(description string, salt []byte) string {
	description = place.ReplaceAllString(description, "")
	if ref, ok := strings.CutPrefix(description, pulledFrom); ok {
		// An image has many names and one digest.
		if _, digest, ok := strings.Cut(ref, "@"); ok {
			description = pulledFrom + digest
		}
	}
	h := hmac.New(sha256.New, salt)
	h.Write([]byte(description))
	return hex.EncodeToString(h.Sum(nil)[:5])
}
