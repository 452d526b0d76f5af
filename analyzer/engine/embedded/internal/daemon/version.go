//go:build linux

package daemon

import (
	"runtime/debug"

	"github.com/moby/buildkit/version"
)

// Version is BuildKit's version. BuildKit's own releases have it linked in;
// here it is the version of the module.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version.Version
	}
	for _, dep := range info.Deps {
		if dep.Path != version.Package {
			continue
		}
		if dep.Replace != nil {
			return dep.Replace.Version
		}
		return dep.Version
	}
	return version.Version
}
