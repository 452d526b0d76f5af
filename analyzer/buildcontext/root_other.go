//go:build !linux

package buildcontext

import (
	"path/filepath"

	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// stat asks for what BuildKit's client tells of a file in the folder, itself
// where it is a link.
func (h *handle) stat(name string) (*fstypes.Stat, error) {
	return fsutil.Stat(filepath.Join(h.path, name))
}
