package main_test

import (
	"os"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
	"github.com/layerwise/layerwise/analyzer/standin"
	"github.com/layerwise/layerwise/cmd/internal/cli"
	"github.com/rogpeppe/go-internal/testscript"
)

// The test binary is the program too, under its name, and so are the processes
// that the program makes of itself.
func TestMain(m *testing.M) {
	standin.Main()
	embedded.Main()
	testscript.Main(m, map[string]func(){
		"layerwise": func() { os.Exit(cli.Main()) },
	})
}
