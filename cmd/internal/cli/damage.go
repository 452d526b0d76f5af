package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/layerwise/layerwise/analyzer/inputfile"
)

var blobDigest = regexp.MustCompile(`sha256:([0-9a-f]{64})`)

// damageHint says that the state of the embedded engine is damaged, where an error
// shows that: a file of it that is missing, or a blob that the error names and that
// is not what its name says. It is "" where nothing does.
func damageHint(s *Streams, text string) string {
	if s.engineDir == "" {
		return ""
	}
	const advice = "; remove the engine's state with: layerwise engine prune --all"
	missing := strings.Contains(text, "no such file or directory") || strings.Contains(text, "not found")
	if missing && (strings.Contains(text, s.engineDir+"/runc-") || strings.Contains(text, "/snapshots/snapshots/") && strings.Contains(text, "/runc-")) {
		return "a file of the engine's state in " + clean(s.engineDir) + " is missing" + advice
	}
	for _, match := range blobDigest.FindAllStringSubmatch(text, -1) {
		paths, _ := filepath.Glob(filepath.Join(s.engineDir, "runc-*", "content", "blobs", "sha256", match[1]))
		for _, path := range paths {
			if reason := wrongBlob(path, match[1]); reason != "" {
				return fmt.Sprintf("a blob of the engine's state in %s is damaged: %s %s%s", clean(s.engineDir), match[1][:12], reason, advice)
			}
		}
	}
	return ""
}

// wrongBlob says what is wrong with a blob, "" for nothing, or where it cannot be
// read.
func wrongBlob(path, digest string) string {
	f, err := inputfile.Open(path)
	if err != nil {
		var special *inputfile.NotRegularError
		if errors.As(err, &special) || errors.Is(err, fs.ErrNotExist) {
			return "is no file"
		}
		return ""
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "cannot be read"
	}
	if hex.EncodeToString(sum.Sum(nil)) != digest {
		return "does not hold what it is named for"
	}
	return ""
}
