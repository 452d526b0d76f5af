package solve

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/layerwise/layerwise/analyzer/solve/transfer"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/ociindex"
	buildctl "github.com/moby/buildkit/cmd/buildctl/build"
)

// solveOpt translates the options to what BuildKit's client takes.
func (r *run) solveOpt() (client.SolveOpt, error) {
	opt := client.SolveOpt{
		Ref:                 r.ref,
		FrontendAttrs:       map[string]string{},
		Exports:             slices.Clone(r.Outputs),
		CacheExports:        r.CacheTo,
		CacheImports:        r.usableImports(),
		AllowedEntitlements: r.Allow,
		SharedKey:           r.Source.sharedKey(),
	}
	mounts, err := r.Source.Mounts()
	if err != nil {
		return opt, err
	}
	if r.transfer, err = transfer.New(mounts); err != nil {
		return opt, err
	}
	opt.Session = append(slices.Clone(r.Session), r.transfer)
	attrs, err := FrontendAttrs(r.Options)
	if err != nil {
		return opt, err
	}
	maps.Copy(opt.FrontendAttrs, attrs)
	layouts, err := r.layouts(opt.FrontendAttrs)
	if err != nil {
		return opt, err
	}
	opt.OCIStores, err = buildctl.ParseOCILayout(layouts)
	return opt, err
}

// sharedKey lets the engine find the last transfer of the same folder.
func (s Source) sharedKey() string {
	host, _ := os.Hostname()
	return "layerwise:" + host + ":" + s.Context
}

// FrontendAttrs are the options in the words of BuildKit's Dockerfile frontend.
// Contexts in an OCI layout are left out: they need a store in the session.
func FrontendAttrs(o Options) (map[string]string, error) {
	attrs := map[string]string{}
	set := func(key, value string) {
		if value != "" {
			attrs[key] = value
		}
	}
	if o.Source.Remote {
		attrs["context"] = o.Source.Context
		attrs["filename"] = o.Source.Dockerfile
		if o.Source.dir != "" {
			attrs["dockerfilekey"] = "dockerfile"
		}
	}
	set("filename", o.Source.base)
	set("target", o.Target)
	for k, v := range o.BuildArgs {
		attrs["build-arg:"+k] = v
	}
	for k, v := range o.Labels {
		attrs["label:"+k] = v
	}
	if err := setPlatforms(attrs, o.Platforms); err != nil {
		return nil, err
	}
	set("no-cache", strings.Join(o.NoCacheFilter, ","))
	if o.NoCache {
		attrs["no-cache"] = ""
	}
	if o.Pull {
		attrs["image-resolve-mode"] = "pull"
	}
	if o.Network != "" && o.Network != "default" {
		attrs["force-network-mode"] = o.Network
	}
	hosts, err := addHosts(o.AddHosts)
	if err != nil {
		return nil, err
	}
	set("add-hosts", hosts)
	for name, at := range o.Source.Named {
		if o.Source.Folder(name) != "" {
			at = "local:" + name
		} else if !strings.Contains(at, ":") {
			return nil, fmt.Errorf("build context %s: %s is neither a folder nor a reference like docker-image://, oci-layout://, https:// or a git URL", name, at)
		}
		if !strings.HasPrefix(at, layoutScheme) {
			attrs["context:"+contextKey(name)] = at
		}
	}
	return attrs, nil
}

func setPlatforms(attrs map[string]string, names []string) error {
	var all []string
	for _, list := range names {
		for name := range strings.SplitSeq(list, ",") {
			p, err := platforms.Parse(strings.TrimSpace(name))
			if err != nil {
				return fmt.Errorf("platform %q: %w", name, err)
			}
			if id := platforms.FormatAll(platforms.Normalize(p)); !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	if len(all) > 0 {
		attrs["platform"] = strings.Join(all, ",")
	}
	return nil
}

// addHosts turns "host:ip" and "host=ip" into the frontend's list.
func addHosts(hosts []string) (string, error) {
	var out []string
	for _, h := range hosts {
		host, ip, ok := strings.Cut(h, "=")
		if !ok {
			host, ip, ok = strings.Cut(h, ":")
		}
		if !ok || host == "" || ip == "" {
			return "", fmt.Errorf("add-host %q: want host:ip", h)
		}
		out = append(out, host+"="+strings.Trim(ip, "[]"))
	}
	return strings.Join(out, ","), nil
}

// contextKey is how the frontend looks a named context up.
func contextKey(name string) string { return strings.TrimSuffix(name, ":latest") }

const layoutScheme = "oci-layout://"

// layouts adds the named contexts that lie in an OCI layout to the attributes,
// and returns all layouts that the session must serve, as "id=path".
func (r *run) layouts(attrs map[string]string) ([]string, error) {
	var layouts []string
	if r.StandIns != nil {
		layouts = append(layouts, r.StandIns.Store()+"="+r.StandIns.Folder())
	}
	for i, name := range slices.Sorted(maps.Keys(r.Source.Named)) {
		at, ok := strings.CutPrefix(r.Source.Named[name], layoutScheme)
		if !ok {
			continue
		}
		path, digest, err := resolveLayout(at)
		if err != nil {
			return nil, fmt.Errorf("build context %s: %w", name, err)
		}
		id := fmt.Sprintf("layout%d", i)
		layouts = append(layouts, id+"="+path)
		attrs["context:"+contextKey(name)] = fmt.Sprintf("%s%s@%s", layoutScheme, id, digest)
	}
	return layouts, nil
}

// resolveLayout splits "path[:tag][@digest]" and finds the image that it names.
func resolveLayout(at string) (path, digest string, err error) {
	path, digest, _ = strings.Cut(at, "@")
	tag := ""
	if i := strings.LastIndex(path, ":"); i > strings.LastIndexAny(path, `/\`) {
		path, tag = path[:i], path[i+1:]
	}
	if path, err = filepath.Abs(path); err != nil || digest != "" {
		return path, digest, err
	}
	index := ociindex.NewStoreIndex(path)
	if tag != "" {
		desc, err := index.Get(tag)
		if err != nil {
			return "", "", err
		}
		if desc == nil {
			return "", "", fmt.Errorf("%s has no image with the tag %s", path, tag)
		}
		return path, string(desc.Digest), nil
	}
	desc, err := index.GetSingle()
	if err != nil {
		return "", "", err
	}
	if desc == nil {
		if desc, err = index.Get("latest"); err != nil || desc == nil {
			return "", "", fmt.Errorf("%s holds several images; name one with :tag or @digest", path)
		}
	}
	return path, string(desc.Digest), nil
}

// FrontendVersion is the version of BuildKit that this program is built with,
// and so that of its built-in Dockerfile frontend; "" where it is not recorded.
func FrontendVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/moby/buildkit" {
			return m.Version
		}
	}
	return ""
}
