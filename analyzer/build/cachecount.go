package build

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
)

// CacheCount asks what lies in an engine's cache, for record.EngineCache. It
// counts by what the engine calls the results of operations, since their ids
// change when BuildKit puts one on top of another; names are hashed with the salt.
func CacheCount(ctx context.Context, eng engine.Engine, salt []byte) (map[string]int, error) {
	usage, err := eng.Client().DiskUsage(ctx, client.WithFilter([]string{"type==" + string(client.UsageRecordTypeRegular)}))
	if err != nil {
		return nil, err
	}
	count := make(map[string]int, len(usage))
	for _, u := range usage {
		count[cacheName(u.Description, salt)]++
	}
	return count, nil
}

// countCache writes down what lies in the cache of an engine that cannot be asked
// what it would reuse. A build that ran nothing changed nothing of it; one that
// failed may claim more of it than is true.
func (r *run) countCache(ctx context.Context, rec *record.Record) {
	if r.engine.Info().Kind != engine.KindRemote {
		return
	}
	needed := slices.ContainsFunc(rec.Steps, func(s record.Step) bool {
		return slices.ContainsFunc(s.Vertices, func(v record.Vertex) bool { return v.Ran || v.Cached == record.Claimed })
	})
	if !needed {
		return
	}
	count, err := CacheCount(ctx, r.engine, r.Salt)
	if err != nil { // a prediction does without, and says less
		return
	}
	rec.EngineCache = count
}

// CacheName returns the name in CacheCount under which an operation's result
// lies; "" for an operation whose results have none. One that had credentials
// taken out of it has a name that no count has.
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

func cacheName(description string, salt []byte) string {
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
