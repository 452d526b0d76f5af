//go:build linux

package daemon

import (
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
)

func TestDropIngests(t *testing.T) {
	store, err := local.NewStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w, err := store.Writer(t.Context(), content.WithRef("layer"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if left, err := store.ListStatuses(t.Context()); err != nil || len(left) != 1 {
		t.Fatalf("the half-written blob is not there: %v %v", left, err)
	}
	dropIngests(t.Context(), store)
	if left, err := store.ListStatuses(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}
