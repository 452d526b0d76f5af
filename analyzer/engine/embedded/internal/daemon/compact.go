//go:build linux

package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/sirupsen/logrus"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/grpc"
)

// A database keeps what was deleted from it until the room is used again: a
// history that was emptied still holds the build arguments of its builds. Whoever
// deletes wants them gone, so that the databases are then written anew when the
// engine closes.

// noteDelete remembers that something was deleted from the history.
func (d *Daemon) noteDelete(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	reply, err := handler(ctx, request)
	if update, ok := request.(*controlapi.UpdateBuildHistoryRequest); ok && update.Delete {
		d.deleted.Store(true)
	}
	return reply, err
}

// notePrune remembers that the cache was pruned.
func (d *Daemon) notePrune(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	err := handler(server, stream)
	if info.FullMethod == controlapi.Control_Prune_FullMethodName {
		d.deleted.Store(true)
		d.pruned.Store(true)
	}
	return err
}

// compact writes the databases anew from which something was deleted. They must be
// closed. What fails leaves one as it was.
func (d *Daemon) compact() {
	if !d.deleted.Load() {
		return
	}
	paths := []string{filepath.Join(d.config.Root, "history.db")}
	if d.pruned.Load() {
		paths = databases(d.config)
	}
	for _, path := range paths {
		if err := compactFile(path); err != nil {
			logrus.Warnf("compact %s: %v", path, err)
		}
	}
}

const (
	openTimeout    = 200 * time.Millisecond // for what somebody has not closed
	compactTxBytes = 1 << 20
)

func compactFile(path string) error {
	old, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: openTimeout})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer old.Close()
	temp := path + ".new"
	compacted, err := bolt.Open(temp, 0o600, &bolt.Options{Timeout: openTimeout, NoSync: true, NoFreelistSync: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = bolt.Compact(compacted, old, compactTxBytes)
	if err == nil {
		err = compacted.Sync()
	}
	if err = errors.Join(err, compacted.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write it anew: %w", err), os.Remove(temp))
	}
	return nil
}
