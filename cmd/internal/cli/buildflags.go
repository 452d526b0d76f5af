package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/config"
	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/layerwise/layerwise/analyzer/standin"
	buildctl "github.com/moby/buildkit/cmd/buildctl/build"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/spf13/pflag"
	"github.com/tonistiigi/go-csvvalue"
)

// sourceFlags say what is read: the subset of docker build's flags that matters
// without an engine.
type sourceFlags struct {
	file          string
	target        string
	buildArgs     []string
	buildContexts []string
	platforms     []string
}

func (f *sourceFlags) register(fs *pflag.FlagSet) {
	fs.StringVarP(&f.file, "file", "f", "", "`path` of the Dockerfile, - for standard input (default CONTEXT/Dockerfile)")
	fs.StringVar(&f.target, "target", "", "`stage` to build (default the last one)")
	fs.StringArrayVar(&f.buildArgs, "build-arg", nil, "set a build argument: `NAME=VALUE`, or NAME for its value in the environment")
	fs.StringArrayVar(&f.buildContexts, "build-context", nil, "add a named build context: `NAME=PATH`, or docker-image://, oci-layout://, https://, git")
	fs.StringArrayVar(&f.platforms, "platform", nil, "`platform` to build for, like linux/arm64")
}

// options opens the context and turns the flags into build options.
func (f *sourceFlags) options(s *Streams, contextArg string) (solve.Options, error) {
	var o solve.Options
	var err error
	if o.BuildArgs, err = assignments("--build-arg", f.buildArgs, os.LookupEnv); err != nil {
		return o, err
	}
	named, err := assignments("--build-context", f.buildContexts, nil)
	if err != nil {
		return o, err
	}
	o.Source, err = solve.Open(contextArg, f.file, s.In)
	o.Source.Named = named
	o.Target = f.target
	o.Platforms = f.platforms
	return o, err
}

// assignments reads NAME=VALUE. A NAME alone takes its value from lookup, and is
// left out where there is none, as docker does; without lookup it is an error.
func assignments(flag string, list []string, lookup func(string) (string, bool)) (map[string]string, error) {
	out := map[string]string{}
	for _, item := range list {
		name, value, ok := strings.Cut(item, "=")
		if name == "" || !ok && lookup == nil {
			return nil, usagef("%s %s: want NAME=VALUE", flag, item)
		}
		if !ok {
			if value, ok = lookup(name); !ok {
				continue
			}
		}
		out[name] = value
	}
	return out, nil
}

// buildFlags are docker build's, by their names.
type buildFlags struct {
	sourceFlags
	tags          []string
	outputs       []string
	secrets       []string
	ssh           []string
	noCache       bool
	noCacheFilter []string
	pull          bool
	cacheFrom     []string
	cacheTo       []string
	labels        []string
	addHosts      []string
	network       string
	allow         []string
	progress      string
	offline       bool
}

func (f *buildFlags) register(fs *pflag.FlagSet) {
	f.sourceFlags.register(fs)
	fs.StringArrayVarP(&f.tags, "tag", "t", nil, "`name` of the image")
	fs.StringArrayVarP(&f.outputs, "output", "o", nil, "where the result goes: type=oci|docker|image|local|tar,dest=`PATH`")
	fs.StringArrayVar(&f.secrets, "secret", nil, "secret for the build: id=`ID`[,src=FILE|env=NAME]")
	fs.StringArrayVar(&f.ssh, "ssh", nil, "SSH agent or keys for the build: default or `ID[=SOCKET|KEY]`")
	fs.BoolVar(&f.noCache, "no-cache", false, "run every step again")
	fs.StringArrayVar(&f.noCacheFilter, "no-cache-filter", nil, "run the steps of this `stage` again")
	fs.BoolVar(&f.pull, "pull", false, "look for newer base images")
	fs.StringArrayVar(&f.cacheFrom, "cache-from", nil, "import a cache: a reference, or type=registry|local,`…`; with --addr gha, s3, azblob too")
	fs.StringArrayVar(&f.cacheTo, "cache-to", nil, "export the cache: inline, a reference, or type=registry|local|inline,`…`; with --addr gha, s3, azblob too")
	fs.StringArrayVar(&f.labels, "label", nil, "set a label of the image: `NAME=VALUE`")
	fs.StringArrayVar(&f.addHosts, "add-host", nil, "add an entry to the build's hosts file: `host:ip`")
	fs.StringVar(&f.network, "network", "", "network of RUN steps: default, host, none")
	fs.StringArrayVar(&f.allow, "allow", nil, "allow an `entitlement`: network.host, security.insecure")
	fs.StringVar(&f.progress, "progress", "auto", "how progress is shown: auto, plain, tty, quiet, rawjson")
	fs.BoolVar(&f.offline, "offline", false, "answer every base image with the built-in playground image")
}

// caches reads --cache-from and --cache-to.
func (f *buildFlags) caches(o *solve.Options, can engine.Capabilities) error {
	from, err := cacheEntries(f.cacheFrom, true)
	if err == nil {
		err = checkCacheTypes(from, can.CacheTypes, true)
	}
	if err == nil {
		o.CacheFrom, err = buildctl.ParseImportCache(from)
	}
	if err != nil {
		return usagef("--cache-from: %w", err)
	}
	to, err := cacheEntries(f.cacheTo, false)
	if err == nil {
		err = checkCacheTypes(to, can.CacheTypes, false)
	}
	if err == nil {
		o.CacheTo, err = buildctl.ParseExportCache(to)
	}
	if err != nil {
		return usagef("--cache-to: %w", err)
	}
	return nil
}

// options is everything that a build needs but the engine and the history. The
// outputs are committed or dropped after the build.
func (f *buildFlags) options(ctx context.Context, s *Streams, contextArg string, can engine.Capabilities) (solve.Options, *outputs, error) {
	o, err := f.sourceFlags.options(s, contextArg)
	if err != nil {
		return o, nil, err
	}
	if o.Labels, err = assignments("--label", f.labels, nil); err != nil {
		return o, nil, err
	}
	if err := f.caches(&o, can); err != nil {
		return o, nil, err
	}
	if err := buildctl.ValidateAllow(f.allow); err != nil {
		return o, nil, usagef("--allow: %w", err)
	}
	if o.Session, err = f.session(s); err != nil {
		return o, nil, err
	}
	o.Allow, o.Secrets = f.allow, secretIDs(f.secrets)
	o.NoCache, o.NoCacheFilter, o.Pull = f.noCache, f.noCacheFilter, f.pull
	o.AddHosts, o.Network = f.addHosts, f.network
	if f.network == "host" {
		o.Allow = append(o.Allow, "network.host") // what docker build asks for with it
	}
	out, err := parseOutputs(s, f.outputs, f.tags, can.Private)
	if err != nil {
		return o, nil, err
	}
	o.Outputs = out.exports
	o.MeasureLayers = len(o.Outputs) > 0
	if f.offline {
		dir, err := cacheFolder("playground")
		if err != nil {
			return o, nil, err
		}
		o.StandIns = standin.NewPlayground(dir)
	}
	if o.LayerCache, err = cacheFolder("layers"); err != nil {
		return o, nil, err
	}
	o.StatCache, err = cacheFolder("stat")
	o.Tool = version()
	return o, out, err
}

// secretIDs are the names that --secret gives.
func secretIDs(flags []string) []string {
	var ids []string
	for _, flag := range flags {
		fields, err := csvvalue.Fields(flag, nil)
		if err != nil { // it was refused before
			continue
		}
		for _, field := range fields {
			if key, id, _ := strings.Cut(field, "="); strings.EqualFold(key, "id") {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// session is what the engine may ask of this side: registry logins, secrets,
// SSH agents.
func (f *buildFlags) session(s *Streams) ([]session.Attachable, error) {
	login := config.LoadDefaultConfigFile(s.Err)
	list := []session.Attachable{authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: authprovider.LoadAuthConfig(login),
	})}
	if len(f.secrets) > 0 {
		secrets, err := buildctl.ParseSecret(f.secrets)
		if err != nil {
			return nil, usagef("--secret: %w", err)
		}
		list = append(list, secrets)
	}
	if len(f.ssh) > 0 {
		agents, err := buildctl.ParseSSH(f.ssh)
		if err != nil {
			return nil, usagef("--ssh: %w", err)
		}
		ssh, err := sshprovider.NewSSHAgentProvider(agents)
		if err != nil {
			return nil, usagef("--ssh: %w", err)
		}
		list = append(list, ssh)
	}
	return list, nil
}

// cacheFolder is a folder below $XDG_CACHE_HOME/layerwise.
func cacheFolder(name string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for caches: %w; set XDG_CACHE_HOME", err)
	}
	return filepath.Join(dir, "layerwise", name), nil
}
