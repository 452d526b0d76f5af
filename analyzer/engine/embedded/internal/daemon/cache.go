//go:build linux

package daemon

import (
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/moby/buildkit/cache/remotecache"
	"github.com/moby/buildkit/cache/remotecache/inline"
	"github.com/moby/buildkit/cache/remotecache/local"
	"github.com/moby/buildkit/cache/remotecache/registry"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
)

// cacheExporters are the targets of --cache-to. Of those that buildkitd has, gha,
// s3 and azblob are left out: their client libraries would add a third to the
// program's size, and 5 ms to each of its starts, of which every step takes two.
func cacheExporters(sessions *session.Manager, hosts docker.RegistryHosts) map[string]remotecache.ResolveCacheExporterFunc {
	return map[string]remotecache.ResolveCacheExporterFunc{
		"registry": registry.ResolveCacheExporterFunc(sessions, hosts),
		"local":    local.ResolveCacheExporterFunc(sessions),
		"inline":   inline.ResolveCacheExporterFunc(),
	}
}

// cacheImporters are the sources of --cache-from. The cache inside an image is
// read by the registry's.
func cacheImporters(sessions *session.Manager, store content.Store, hosts docker.RegistryHosts) map[string]remotecache.ResolveCacheImporterFunc {
	return map[string]remotecache.ResolveCacheImporterFunc{
		"registry": registry.ResolveCacheImporterFunc(sessions, store, hosts),
		"local":    local.ResolveCacheImporterFunc(sessions),
	}
}

const day = 24 * time.Hour

// gcPolicy is buildkitd's default policy with keep as its bound: what is easily
// made again goes first, then what was not used for long, then the oldest, and
// at last what BuildKit keeps for itself.
func gcPolicy(keep int64) []client.PruneInfo {
	return []client.PruneInfo{
		{
			Filter:       []string{"type==source.local", "type==exec.cachemount", "type==source.git.checkout"},
			KeepDuration: 2 * day,
			MaxUsedSpace: min(keep, 512e6),
		},
		{KeepDuration: 60 * day, MaxUsedSpace: keep},
		{MaxUsedSpace: keep},
		{All: true, MaxUsedSpace: keep},
	}
}
