package history

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/layerwise/layerwise/analyzer/internal/atomicfile"
)

// saltSize is the length of a store's salt in bytes.
const saltSize = 32

// Salt returns the store's secret salt for record.NewRedactor: random, made at
// the first call, and the same ever after in all processes.
func (s *Store) Salt() ([]byte, error) {
	path := filepath.Join(s.dir, "salt")
	salt, err := readSalt(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return salt, err
	}
	if err := s.makeSalt(path); err != nil {
		return nil, fmt.Errorf("cannot make the history's salt: %w", err)
	}
	// Another process may have been first; its salt holds.
	return readSalt(path)
}

// readSalt returns the salt of a file, and fs.ErrNotExist where the file has
// none. What is no salt of this program is removed.
func readSalt(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() != saltSize {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
		return nil, fs.ErrNotExist
	}
	return os.ReadFile(path)
}

// makeSalt makes a salt in one step, unless there is one.
func (s *Store) makeSalt(path string) error {
	temp, err := atomicfile.Create(path, tempPattern, 0o600)
	if err != nil {
		return err
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails (crypto/rand)
	_, err = temp.Write(salt)
	if err == nil {
		err = temp.Sync()
	}
	if err != nil {
		return errors.Join(err, temp.Discard())
	}
	if err := temp.CommitNew(); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
