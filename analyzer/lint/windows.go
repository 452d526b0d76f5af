package lint

import (
	"regexp"
	"strings"
	"sync"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
)

// windowsImage matches references of images for Windows.
var windowsImage = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[/:._-])(?:windows|nanoserver|(?:windows)?servercore|windows-?server|ltsc20\d\d|iis)`)
})

// windowsText matches what stands in files for Windows alone: its shells and
// programs, and paths with a drive.
var windowsText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?i)\\b(?:powershell|pwsh|cmd(?:\\.exe)?\"? */[sc]\\b|choco|msiexec|setx|[a-z0-9_-]+\\.(?:exe|ps1|psm1|msi|bat|cmd)\\b)|(?:^|[\\s\"'=(\\[])[a-z]:[\\\\/]")
})

// forWindows reports whether a stage is for Windows, whose default shell is cmd: its
// image or platform says so. Where variables make the image, or a name tells nothing,
// the rest of the file does if it escapes with a backquote, as such files do for
// the sake of their paths.
func (s *Subject) forWindows(stage *dockerfile.Stage) bool {
	if s.windows == nil {
		s.windows = map[*dockerfile.Stage]bool{}
		all := s.File.Escape != '\\' && windowsText().Match(s.File.Source)
		for _, st := range s.File.Stages { // a base stands above
			if base := s.Graph().Base(st); base != nil {
				s.windows[st] = s.windows[base]
				continue
			}
			s.windows[st] = all || strings.HasPrefix(strings.ToLower(st.Platform), "windows") || windowsImage().MatchString(s.Graph().Image(st))
		}
	}
	return s.windows[stage]
}
