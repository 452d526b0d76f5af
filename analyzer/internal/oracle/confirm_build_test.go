package oracle_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
	"github.com/moby/buildkit/client"
	buildctl "github.com/moby/buildkit/cmd/buildctl/build"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/pflag"
)

// buildFlags are those of layerwise build, as far as scripts need them.
type buildFlags struct {
	*pflag.FlagSet
	opt       solve.Options
	file      string
	contexts  map[string]string
	secrets   []string
	cacheFrom []string
	cacheTo   []string
	cancelAt  string
	online    bool
	noRecord  bool
}

func newBuildFlags() *buildFlags {
	f := &buildFlags{FlagSet: pflag.NewFlagSet("build", pflag.ContinueOnError)}
	f.StringVarP(&f.file, "file", "f", "", "")
	f.StringVar(&f.opt.Target, "target", "", "")
	f.StringToStringVar(&f.opt.BuildArgs, "build-arg", nil, "")
	f.StringToStringVar(&f.opt.Labels, "label", nil, "")
	f.StringToStringVar(&f.contexts, "build-context", nil, "")
	f.StringArrayVar(&f.opt.Platforms, "platform", nil, "")
	f.StringArrayVar(&f.opt.AddHosts, "add-host", nil, "")
	f.StringVar(&f.opt.Network, "network", "", "")
	f.StringArrayVar(&f.opt.Allow, "allow", nil, "")
	f.BoolVar(&f.opt.NoCache, "no-cache", false, "")
	f.StringArrayVar(&f.opt.NoCacheFilter, "no-cache-filter", nil, "")
	f.StringArrayVar(&f.secrets, "secret", nil, "")
	f.StringArrayVar(&f.cacheFrom, "cache-from", nil, "")
	f.StringArrayVar(&f.cacheTo, "cache-to", nil, "")
	f.StringVar(&f.cancelAt, "cancel-at", "", "cancel when a step with this in its name starts")
	f.BoolVar(&f.online, "online", false, "resolve base images as written")
	f.BoolVar(&f.noRecord, "unrecorded", false, "as if another client had built: there is no record of it")
	return f
}

// parse reads the arguments of a build; server.test stands for the server, and
// paths are relative to the script's folder: those of secrets and caches begin
// with "./".
func (f *buildFlags) parse(w *world, args []string) error {
	for i := range args {
		args[i] = strings.ReplaceAll(strings.ReplaceAll(args[i], serverName, w.server.addr()), "=./", "="+w.dir+"/")
	}
	if err := f.FlagSet.Parse(args); err != nil {
		return err
	}
	from, err := "app", error(nil)
	if f.NArg() > 0 {
		from = f.Arg(0)
	}
	if f.opt.Source, err = solve.Open(w.place(from), f.file, nil); err != nil {
		return err
	}
	for name, at := range f.contexts {
		f.contexts[name] = w.place(at)
	}
	f.opt.Source.Named = f.contexts
	if f.opt.CacheFrom, err = buildctl.ParseImportCache(f.cacheFrom); err != nil {
		return err
	}
	if f.opt.CacheTo, err = buildctl.ParseExportCache(f.cacheTo); err != nil {
		return err
	}
	if len(f.secrets) > 0 {
		secrets, err := buildctl.ParseSecret(f.secrets)
		if err != nil {
			return err
		}
		f.opt.Session = append(f.opt.Session, secrets)
	}
	if !f.online {
		f.opt.StandIns = w.images
	}
	f.opt.Salt = []byte("confirm")
	return nil
}

// place is a folder, an OCI layout or a URL, as a script names it.
func (w *world) place(at string) string {
	if path, ok := strings.CutPrefix(at, "oci-layout://"); ok {
		return "oci-layout://" + filepath.Join(w.dir, path)
	}
	if strings.Contains(at, "://") {
		return at
	}
	return filepath.Join(w.dir, at)
}

// build builds once, compares with the record before, and prints what is said.
func (w *world) build(ts *testscript.TestScript, neg bool, args []string) {
	f := newBuildFlags()
	ts.Check(f.parse(w, args))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if f.cancelAt != "" {
		f.opt.Status = cancelAt(f.cancelAt, cancel)
	}
	rec, err := solve.Run(ctx, w.engines[w.at], f.opt)
	if rec == nil || (err != nil) != neg {
		ts.Fatalf("build: %v", err)
	}
	if f.noRecord {
		return
	}
	if own, ok := w.engines[w.at].(*counting); ok {
		if err := own.compare(rec); err != nil {
			ts.Fatalf("%v", err)
		}
	}
	for name, at := range rec.Contexts { // as if they were given from the script's folder
		rec.Contexts[name] = strings.ReplaceAll(at, w.dir+"/", "")
	}
	if rec, err = stored(rec); err != nil {
		ts.Fatalf("record: %v", err)
	}
	explain.CarryForwardAll(w.last, rec, earlier(w.earlier))
	c := explain.CompareAll(w.last, rec, earlier(w.earlier))
	if err := checkCosts(rec, c); err != nil {
		ts.Fatalf("%v", err)
	}
	fmt.Fprint(ts.Stdout(), w.scrub(describeBuild(rec, c)))
	if w.last != nil {
		w.earlier = append(w.earlier, w.last)
	}
	w.last = rec
}

// stored is the record as a later build reads it.
func stored(rec *record.Record) (*record.Record, error) {
	var file bytes.Buffer
	if err := record.Write(&file, rec); err != nil {
		return nil, err
	}
	return record.Read(&file, record.Limits{})
}

// cancelAt returns a function that is to see the status, and cancels once.
func cancelAt(name string, cancel func()) func(*client.SolveStatus) {
	var once sync.Once
	return func(s *client.SolveStatus) {
		for _, v := range s.Vertexes {
			if v.Started != nil && strings.Contains(v.Name, name) {
				once.Do(cancel)
			}
		}
	}
}
