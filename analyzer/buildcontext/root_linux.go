package buildcontext

import (
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
	"golang.org/x/sys/unix"
)

// noOpenat2 remembers a kernel before 5.6.
var noOpenat2 atomic.Bool

// raced bounds how often openat2 is asked again when it says that something on
// the way was renamed meanwhile.
const raced = 100

func (r *root) openBeneath(rel string, flags int) (int, error) {
	if rel == "" {
		rel = "."
	}
	how := unix.OpenHow{
		Flags:   uint64(flags),
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	for try := 0; !noOpenat2.Load(); try++ {
		fd, err := retry(func() (int, error) { return unix.Openat2(r.fd, rel, &how) })
		switch {
		case err == unix.EAGAIN && try < raced:
			continue
		case err == unix.ENOSYS:
			noOpenat2.Store(true)
		case err != unix.EPERM: // which is how some sandboxes refuse the call
			return fd, err
		}
		break
	}
	return r.openEach(rel, flags)
}

// hasProc says whether the open files of this process have paths.
var hasProc = sync.OnceValue(func() bool {
	var st unix.Stat_t
	return unix.Stat("/proc/self/fd/.", &st) == nil
})

// stat asks for what BuildKit's client tells of a file in the folder, itself
// where it is a link. fsutil takes a path; this one leads through the open
// folder.
func (h *handle) stat(name string) (*fstypes.Stat, error) {
	if !hasProc() {
		return fsutil.Stat(filepath.Join(h.path, name))
	}
	stat, err := fsutil.Stat("/proc/self/fd/" + strconv.Itoa(h.fd) + "/" + name)
	return stat, renamePath(err, filepath.Join(h.path, name))
}
