package plan

import (
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Redactor hides values that look like credentials.
type Redactor interface {
	// Value returns a named value, or what stands for it.
	Value(name, value string) string
	// Text replaces secret values inside a longer text.
	Text(s string) string
}

// comparable returns what an operation's cache key is made from, without what
// BuildKit leaves out of it: proxies, host addresses, the id and sharing of
// cache mounts that are not the default, the folders of what is copied.
func comparable(op *pb.Op, r Redactor) record.Op {
	switch {
	case op.GetExec() != nil:
		return execOp(op, r)
	case op.GetFile() != nil:
		return fileOp(op.GetFile(), r)
	case op.GetSource() != nil:
		return sourceOp(op, r)
	case op.GetMerge() != nil:
		return record.Op{Kind: "merge"}
	case op.GetDiff() != nil:
		return record.Op{Kind: "diff"}
	}
	return record.Op{Kind: "build"}
}

func execOp(op *pb.Op, r Redactor) record.Op {
	e := op.GetExec()
	meta := e.GetMeta()
	out := record.Op{Kind: "exec", Env: map[string]string{}, Fields: map[string]string{
		"args":     r.Text(jsonOf(meta.GetArgs())),
		"cwd":      meta.GetCwd(),
		"user":     meta.GetUser(),
		"network":  e.Network.String(),
		"security": e.Security.String(),
		"platform": platformOf(op),
	}}
	for _, kv := range meta.GetEnv() {
		k, v, _ := strings.Cut(kv, "=")
		out.Env[k] = r.Value(k, v)
		out.EnvOrder = append(out.EnvOrder, k)
	}
	set := func(name, value string) {
		if value != "" && value != "null" && value != "[]" {
			out.Fields[name] = value
		}
	}
	set("hostname", meta.GetHostname())
	set("cgroup-parent", meta.GetCgroupParent())
	set("ulimits", jsonOf(meta.GetUlimit()))
	set("devices", jsonOf(e.CdiDevices))
	set("secret environment", secretNames(e.Secretenv))
	var hosts []string
	for _, h := range meta.GetExtraHosts() {
		hosts = append(hosts, h.Host) // BuildKit leaves the address out
	}
	set("extra hosts", strings.Join(hosts, " "))
	set("mounts", mountsOf(e.Mounts))
	set("exit codes", jsonOf(meta.GetValidExitCodes()))
	if !meta.GetRemoveMountStubsRecursive() { // as Dockerfiles have it for every RUN
		set("mount stubs", "kept")
	}
	return out
}

func secretNames(env []*pb.SecretEnv) string {
	var names []string
	for _, e := range env {
		names = append(names, fmt.Sprintf("%s=%s optional=%v", e.Name, e.ID, e.Optional))
	}
	return strings.Join(names, " ")
}

// mountsOf describes all mounts but the root one.
func mountsOf(mounts []*pb.Mount) string {
	var out []string
	for _, m := range mounts {
		if m.Dest == pb.RootMount && m.MountType == pb.MountType_BIND && !m.Readonly && m.ResultID == "" {
			continue
		}
		d := fmt.Sprintf("type=%s,target=%s", strings.ToLower(m.MountType.String()), m.Dest)
		if m.Readonly {
			d += ",readonly"
		}
		if c := m.CacheOpt; c != nil && defaultCacheID(c, m.Dest) {
			d += ",id=" + c.ID
		}
		if s := m.SecretOpt; s != nil {
			d += fmt.Sprintf(",id=%s,mode=%o,uid=%d,gid=%d,required=%v", s.ID, s.Mode, s.Uid, s.Gid, !s.Optional)
		}
		if s := m.SSHOpt; s != nil {
			d += fmt.Sprintf(",id=%s,mode=%o,uid=%d,gid=%d,required=%v", s.ID, s.Mode, s.Uid, s.Gid, !s.Optional)
		}
		if t := m.TmpfsOpt; t != nil {
			d += ",size=" + strconv.FormatInt(t.Size, 10)
		}
		if m.ResultID != "" {
			d += ",result=" + m.ResultID
		}
		out = append(out, d)
	}
	return strings.Join(out, " ")
}

// defaultCacheID tells the one kind of cache mount whose id enters the key: the
// default, which is its target, with or without a namespace.
func defaultCacheID(c *pb.CacheOpt, dest string) bool {
	if c.Sharing != pb.CacheSharingOpt_SHARED {
		return false
	}
	_, afterNamespace, _ := strings.Cut(c.ID, "/")
	return c.ID == dest || afterNamespace == dest
}

func fileOp(f *pb.FileOp, r Redactor) record.Op {
	var actions []string
	for _, a := range f.Actions {
		var text string
		switch {
		case a.GetCopy() != nil:
			c := a.GetCopy().CloneVT()
			c.Src = path.Base(c.Src)
			text = "copy " + jsonOf(c)
		case a.GetMkdir() != nil:
			text = "mkdir " + jsonOf(a.GetMkdir())
		case a.GetMkfile() != nil:
			text = "mkfile " + jsonOf(a.GetMkfile())
		case a.GetSymlink() != nil:
			text = "symlink " + jsonOf(a.GetSymlink())
		case a.GetRm() != nil:
			text = "rm " + jsonOf(a.GetRm())
		}
		actions = append(actions, text)
	}
	return record.Op{Kind: "file", Fields: map[string]string{"actions": r.Text(strings.Join(actions, "\n"))}}
}

func sourceOp(op *pb.Op, r Redactor) record.Op {
	src := op.GetSource()
	out := record.Op{Kind: "source", Fields: map[string]string{"identifier": r.Text(src.Identifier)}}
	if p := platformOf(op); p != "" {
		out.Fields["platform"] = p
	}
	for k, v := range src.Attrs {
		switch k {
		case pb.AttrLocalSessionID, pb.AttrLocalUniqueID, pb.AttrOCILayoutSessionID, pb.AttrSharedKeyHint:
			continue // of this build alone
		}
		out.Fields[k] = r.Text(v)
	}
	return out
}

func platformOf(op *pb.Op) string {
	p := op.Platform
	if p == nil {
		return ""
	}
	return platforms.FormatAll(ocispecs.Platform{OS: p.OS, OSVersion: p.OSVersion, OSFeatures: p.OSFeatures, Architecture: p.Architecture, Variant: p.Variant})
}

func jsonOf(v any) string {
	dt, err := json.Marshal(v)
	if err != nil { // these are plain structs of strings and numbers
		return fmt.Sprint(v)
	}
	return string(dt)
}
