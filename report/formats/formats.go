// Package formats is the list of every output format. A new one is a package
// below report and one entry here.
package formats

import (
	"github.com/layerwise/layerwise/report"
	"github.com/layerwise/layerwise/report/checkstyle"
	"github.com/layerwise/layerwise/report/github"
	"github.com/layerwise/layerwise/report/gitlab"
	"github.com/layerwise/layerwise/report/json"
	"github.com/layerwise/layerwise/report/junit"
	"github.com/layerwise/layerwise/report/sarif"
	"github.com/layerwise/layerwise/report/text"
)

// all has the default first.
var all = []report.Renderer{
	text.Renderer{},
	json.Renderer{},
	sarif.Renderer{},
	github.Renderer{},
	gitlab.Renderer{},
	checkstyle.Renderer{},
	junit.Renderer{},
}

// Default is the format that is used when none is asked for.
const Default = "text"

// Lookup returns the renderer with this name, and whether there is one.
func Lookup(name string) (report.Renderer, bool) {
	for _, r := range all {
		if r.Name() == name {
			return r, true
		}
	}
	return nil, false
}

// Names returns the names of all formats, the default first.
func Names() []string {
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.Name()
	}
	return names
}
