package rules

import (
	"fmt"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var basePlatformFixed = &lint.Rule{
	ID:       "base-platform-fixed",
	Title:    "a base image that exists for one processor only",
	Severity: finding.Info,
	Doc: lint.Doc{
		Why: "An image whose name says its architecture is the same one for every target platform: a build for another platform " +
			"runs under emulation, or makes an image that does not start there, and shares no cache with a native one. The name without the " +
			"architecture picks the right image. (A constant --platform is FromPlatformFlagConstDisallowed's to find.)",
		Bad:  "FROM amd64/debian:12\nRUN apt-get update\n",
		Good: "FROM debian:12\nRUN apt-get update\n",
	},
	Check: checkBasePlatform,
}

// architectures are the names of Docker Hub's folders of images for one
// architecture, with the words that a stage for it has in its name.
var architectures = map[string][]string{
	"amd64":    {"amd64", "x86_64", "x64"},
	"arm32v5":  {"arm"},
	"arm32v6":  {"arm"},
	"arm32v7":  {"arm"},
	"arm64v8":  {"arm", "aarch64"},
	"i386":     {"386", "x86"},
	"loong64":  {"loong64"},
	"mips64le": {"mips"},
	"ppc64le":  {"ppc64"},
	"riscv64":  {"riscv"},
	"s390x":    {"s390"},
}

func checkBasePlatform(p *lint.Pass) {
	for _, s := range p.File.Stages {
		folder, image, found := strings.Cut(s.Base, "/")
		words, known := architectures[folder]
		if !found || !known || strings.Contains(image, "/") || namesArchitecture(p, s, words) {
			continue
		}
		p.Report(s.Instructions[0], fmt.Sprintf("%s exists for %s alone; %s picks the image of the platform that is built for",
			cut(s.Base, 60), folder, cut(image, 60)), nil)
	}
}

// namesArchitecture reports whether a stage is one of several for different
// architectures, by its name or the file's, or by --platform.
func namesArchitecture(p *lint.Pass, s *dockerfile.Stage, words []string) bool {
	if s.Platform != "" {
		return true
	}
	file := strings.ToLower(path.Base(p.Path))
	for _, w := range words {
		if strings.Contains(strings.ToLower(s.Name), w) || strings.Contains(file, w) {
			return true
		}
	}
	return false
}
