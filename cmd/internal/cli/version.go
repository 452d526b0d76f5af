package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/spf13/cobra"
)

// version is the module's version, as the Go command recorded it: a tag for an
// installed binary, the commit for one that was built in a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}

func newVersion(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  layerwise version",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(g.streams.Out, "layerwise %s\nBuildKit %s\n%s %s/%s\n",
				version(), solve.FrontendVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
