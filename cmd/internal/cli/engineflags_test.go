package cli

import (
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/engine/remote"
)

// The flag comes before the variable, and without both there is the embedded engine.
func TestEngineOrder(t *testing.T) {
	for _, tt := range []struct{ name, addr, host, kind, address, by string }{
		{"nothing", "", "", engine.KindEmbedded, "", ""},
		{"variable", "", "unix:///host", engine.KindRemote, "unix:///host", "BUILDKIT_HOST"},
		{"flag", "unix:///flag", "unix:///host", engine.KindRemote, "unix:///flag", "--addr"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &Streams{Getenv: func(name string) string {
				return map[string]string{"BUILDKIT_HOST": tt.host}[name]
			}}
			f := &engineFlags{addr: tt.addr}
			found, look, err := engine.Find(t.Context(), f.connectors(s)...)
			if err != nil {
				t.Fatal(err)
			}
			address := ""
			if r, ok := found.(*remote.Connector); ok {
				address = r.Address
			}
			if found.Kind() != tt.kind || address != tt.address || look.By != tt.by {
				t.Errorf("found %s at %q by %q, want %s at %q by %q", found.Kind(), address, look.By, tt.kind, tt.address, tt.by)
			}
		})
	}
}
