package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Finder finds the configuration of each file: the nearest one from its folder
// upwards. The search ends at the top of a repository and at the home folder;
// configurations are not merged. It remembers what it read.
type Finder struct {
	// Known says which rules there are.
	Known func(rule string) bool
	// Home is the folder above which nobody looks, "" for none.
	Home string

	folders map[string]*Config
}

// For returns the configuration of a file, an empty one where there is none.
func (f *Finder) For(file string) (*Config, error) {
	place, err := realFile(file)
	if err != nil {
		return nil, err
	}
	if f.folders == nil {
		f.folders = map[string]*Config{}
		if f.Home != "" {
			if home, err := filepath.EvalSymlinks(f.Home); err == nil {
				f.Home = home
			}
		}
	}
	return f.in(filepath.Dir(place))
}

func (f *Finder) in(folder string) (*Config, error) {
	if c, ok := f.folders[folder]; ok {
		return c, nil
	}
	c, err := f.look(folder)
	if err != nil {
		return nil, err
	}
	f.folders[folder] = c
	return c, nil
}

func (f *Finder) look(folder string) (*Config, error) {
	name := filepath.Join(folder, Name)
	if _, err := os.Stat(name); err == nil {
		return Load(Shown(name), f.Known)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	parent := filepath.Dir(folder)
	if parent == folder || folder == f.Home || isTop(folder) {
		return &Config{}, nil
	}
	return f.in(parent)
}

// Shown is a path as people want to read it: from the current folder, where it is
// below that. The path has to be absolute and without links.
func Shown(name string) string {
	here, err := os.Getwd()
	if err != nil {
		return name
	}
	if here, err = filepath.EvalSymlinks(here); err != nil {
		return name
	}
	if rel, err := filepath.Rel(here, name); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return name
}
