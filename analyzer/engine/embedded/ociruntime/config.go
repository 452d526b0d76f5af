//go:build linux

package ociruntime

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// maxConfig is the largest config.json that is read, in bytes. Those of build
// steps have some 30 KB, most of it the system call filter.
const maxConfig = 16 << 20

// loadSpec reads and checks bundle/config.json. Root.Path and the sources of
// bind mounts come back absolute.
func loadSpec(bundle string) (*specs.Spec, error) {
	path := filepath.Join(bundle, "config.json")
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("container configuration: %w", err)
	}
	defer f.Close()
	spec := new(specs.Spec)
	if err := json.NewDecoder(io.LimitReader(f, maxConfig)).Decode(spec); err != nil {
		return nil, fmt.Errorf("container configuration %s: %w", path, err)
	}
	if err := checkSpec(spec); err != nil {
		return nil, fmt.Errorf("container configuration %s: %w", path, err)
	}
	// BuildKit leaves set-user-ID programs their privileges, and lets root make
	// devices; this runtime does not.
	if !isUnconfined(spec) {
		spec.Process.NoNewPrivileges = true
		withholdDevices(spec.Process.Capabilities)
	}
	spec.Root.Path = absolute(bundle, spec.Root.Path)
	for i, m := range spec.Mounts {
		if bind, _ := isBind(m); bind {
			spec.Mounts[i].Source = absolute(bundle, m.Source)
		}
	}
	return spec, nil
}

// isUnconfined reports whether a step is to run without a sandbox
// (security=insecure): only then it may have the right to administer the system.
func isUnconfined(spec *specs.Spec) bool {
	c := spec.Process.Capabilities
	return spec.Linux.Seccomp == nil && c != nil && slices.Contains(c.Bounding, "CAP_SYS_ADMIN")
}

func withholdDevices(c *specs.LinuxCapabilities) {
	if c == nil {
		return
	}
	for _, set := range []*[]string{&c.Bounding, &c.Effective, &c.Inheritable, &c.Permitted, &c.Ambient} {
		*set = slices.DeleteFunc(*set, func(name string) bool { return name == "CAP_MKNOD" })
	}
}

func absolute(folder, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(folder, path)
}

// checkSpec refuses what is incomplete, and what this runtime cannot enforce.
func checkSpec(spec *specs.Spec) error {
	switch p := spec.Process; {
	case spec.Root == nil || spec.Root.Path == "":
		return errors.New("root.path is missing")
	case p == nil:
		return errors.New("process is missing")
	case len(p.Args) == 0 || p.Args[0] == "":
		return errors.New("process.args is empty")
	case !strings.HasPrefix(p.Cwd, "/"):
		return fmt.Errorf("process.cwd %q is not absolute", p.Cwd)
	case spec.Linux == nil:
		return errors.New("linux is missing")
	}
	for _, s := range append(append([]string{spec.Root.Path, spec.Process.Cwd}, spec.Process.Args...), spec.Process.Env...) {
		if strings.ContainsRune(s, 0) {
			return fmt.Errorf("%q has a NUL byte", s)
		}
	}
	if what := unsupported(spec); what != "" {
		return fmt.Errorf("%s is not supported by the built-in runtime; install runc for it", what)
	}
	_, err := parseNamespaces(spec.Linux.Namespaces)
	return err
}

// unsupported names the first setting that the runtime would have to ignore.
func unsupported(spec *specs.Spec) string {
	p, l, h := spec.Process, spec.Linux, spec.Hooks
	for _, c := range []struct {
		name string
		used bool
	}{
		{"hooks", h != nil && len(h.Prestart)+len(h.CreateRuntime)+len(h.CreateContainer)+len(h.StartContainer)+len(h.Poststart)+len(h.Poststop) > 0}, //nolint:staticcheck // Prestart may be in use still
		{"process.apparmorProfile", p.ApparmorProfile != ""},
		{"process.selinuxLabel", p.SelinuxLabel != ""},
		{"process.scheduler", p.Scheduler != nil},
		{"process.ioPriority", p.IOPriority != nil},
		{"linux.mountLabel", l.MountLabel != ""},
		{"linux.uidMappings", len(l.UIDMappings)+len(l.GIDMappings) > 0},
		{"linux.intelRdt", l.IntelRdt != nil},
		{"linux.memoryPolicy", l.MemoryPolicy != nil},
		{"linux.personality", l.Personality != nil},
		{"linux.netDevices", len(l.NetDevices) > 0},
		{"linux.timeOffsets", len(l.TimeOffsets) > 0},
	} {
		if c.used {
			return c.name
		}
	}
	for _, m := range spec.Mounts {
		if len(m.UIDMappings)+len(m.GIDMappings) > 0 {
			return "an id-mapped mount (" + m.Destination + ")"
		}
	}
	return ""
}
