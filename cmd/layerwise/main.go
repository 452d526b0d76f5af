// Command layerwise tells, for every instruction of a Dockerfile, which layer
// it makes, whether the build reused it, and if not, exactly why.
package main

import (
	"os"

	"github.com/layerwise/layerwise/cmd/internal/cli"
)

func main() { os.Exit(cli.Main()) }
