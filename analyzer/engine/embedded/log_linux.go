package embedded

import (
	"io"
	"os"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/layerwise/layerwise/analyzer/record"
)

// maskedLog leaves credentials out of the log: BuildKit writes addresses as they
// are.
type maskedLog struct{ logrus.Formatter }

func (f *maskedLog) Format(entry *logrus.Entry) ([]byte, error) {
	text, err := f.Formatter.Format(entry)
	return []byte(record.Mask(string(text))), err
}

// Bounds of logEnd. The trace of a crash has all goroutines of BuildKit in it,
// and the reason stands before them.
const (
	logBytes  = 1 << 20 // looked at
	tailLines = 20
	tailBytes = 16 << 10
)

// isDamage says of the reason of a crash that a database cannot be read: bbolt
// trusts its pages, and crashes in whoever reads one.
func isDamage(crash string) bool {
	for _, sign := range []string{"Page expected to be:", "freelist page", "page type is unknown", "invalid page", "unknown page type", "page already freed"} {
		if strings.Contains(crash, sign) {
			return true
		}
	}
	return false
}

// logEnd returns what the log of an engine that is gone says about it: the
// reason of a crash, as the Go runtime names it, or else the last lines.
// Both are "" where there is no log.
func logEnd(path string) (crash, tail string) {
	f, err := os.Open(path)
	if err != nil {
		return "", ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", ""
	}
	size := min(info.Size(), logBytes)
	text, err := io.ReadAll(io.NewSectionReader(f, info.Size()-size, size))
	if err != nil {
		return "", ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		for _, prefix := range []string{"panic: ", "fatal error: "} {
			if reason, ok := strings.CutPrefix(line, prefix); ok {
				return strings.TrimSpace(reason), ""
			}
		}
	}
	lines = lines[max(0, len(lines)-tailLines):]
	tail = strings.Join(lines, "\n")
	return "", tail[max(0, len(tail)-tailBytes):]
}
