package embedded

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/layerwise/layerwise/analyzer/engine/embedded/internal/sandbox"
	"github.com/layerwise/layerwise/analyzer/engine/embedded/ociruntime"
)

// engineName is argv[0] of the engine's process.
const engineName = "layerwise-engine"

// Main must be called first in main. In a process of the engine, which is this
// program under another name, it does not return; elsewhere it does nothing.
func Main() {
	ociruntime.Main()
	sandbox.Main()
	if len(os.Args) == 0 || filepath.Base(os.Args[0]) != engineName {
		return
	}
	if err := serve(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", engineName, err)
		os.Exit(1)
	}
	os.Exit(0)
}
