package rules

import (
	"fmt"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
)

var cacheMountIdle = &lint.Rule{
	ID:       "cache-mount-idle",
	Title:    "a cache mount keeps nothing, or breaks when two builds use it",
	Severity: finding.Warning,
	Fix:      finding.Review,
	Doc: lint.Doc{
		Why: `A cache mount spares downloads when a step runs again: if it is mounted where the tool keeps them, and if nothing in
the step throws them away. --no-cache-dir, npm cache clean, an rm -rf of the mounted folder leave it empty. So does the
hook docker-clean of Debian's and Ubuntu's images, which deletes every archive right after its installation. The home of
another user, or a GOPATH that the image does not have, is a folder that the tool never looks at.

apt, at last, cannot share its folders: with the default sharing mode two builds at the same time fail for its lock, or
damage the index. sharing=locked lets the second one wait; it leaves the image as it is.`,
		Bad: `FROM debian:12-slim
RUN rm -f /etc/apt/apt.conf.d/docker-clean
RUN --mount=type=cache,target=/var/cache/apt \
    --mount=type=cache,target=/var/lib/apt \
    apt-get update && apt-get install -y curl
`,
		Good: `FROM debian:12-slim
RUN rm -f /etc/apt/apt.conf.d/docker-clean
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    apt-get update && apt-get install -y curl
`,
	},
	Check: checkCacheMounts,
}

func checkCacheMounts(p *lint.Pass) {
	hook := &dockerClean{}
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if in.Keyword != "RUN" || !strings.Contains(in.Text, "cache") {
				continue
			}
			for _, m := range mountsOf(p, in) {
				if m.kind == "cache" && m.target != "" {
					checkCacheMount(p, in, m, hook)
				}
			}
		}
	}
}

// checkCacheMount makes at most one finding about a mount.
func checkCacheMount(p *lint.Pass, in *dockerfile.Instruction, m mount, hook *dockerClean) {
	uses := usesOf(p, in)
	for _, u := range uses {
		if u.Action == packages.Clean || !m.serves(u.Manager) {
			continue
		}
		if message, fix := emptied(p, in, m, u); message != "" {
			p.Report(in, message, fix)
			return
		}
		if u.Manager.Name == "apt" {
			checkAptMount(p, in, m, u, hook)
			return
		}
		if user := p.Graph().Sees(in).User(); otherHome(p, in, m, user) {
			p.Report(in, fmt.Sprintf("the cache mount at %s is not in the home of user %s, who runs %s", m.target, user, call(u)), nil)
		}
		return
	}
	for _, u := range uses {
		if right := rightTarget(p, in, m, u); right != "" {
			p.Report(in, fmt.Sprintf("the cache mount at %s is not where %s keeps its downloads in this image: mount %s", m.target, call(u), right), nil)
			return
		}
	}
}

// serves reports whether the mount has one of the folders of a manager's
// downloads in it, or is a part of one.
func (m *mount) serves(pm *packages.Manager) bool {
	target := homeless(m.target)
	for _, c := range pm.Caches {
		_, in := within(target, c.Path)
		_, of := within(c.Path, target)
		if in || of {
			return true
		}
		_, in = within(target, c.UserPath)
		_, of = within(c.UserPath, target)
		if c.UserPath != "" && (in || of) {
			return true
		}
	}
	return false
}

// emptyingFlags make a manager keep nothing.
var emptyingFlags = map[string][]string{
	"apk":    {"--no-cache"},
	"pip":    abbreviations("--no-cache-dir", "--no-ca"),
	"poetry": {"--no-cache"},
	"uv":     {"--no-cache", "-n"},
}

// emptyingVariables do the same.
var emptyingVariables = map[string]string{"pip": "PIP_NO_CACHE_DIR", "uv": "UV_NO_CACHE"}

// emptied says why a use leaves nothing in a mount, "" where it does.
func emptied(p *lint.Pass, in *dockerfile.Instruction, m mount, u packages.Use) (string, *finding.Fix) {
	for _, flag := range emptyingFlags[u.Manager.Name] {
		for _, w := range u.Command.Args {
			if w.Text != flag {
				continue
			}
			message := fmt.Sprintf("%s keeps nothing in the cache mount at %s: leave %s out", call(u), m.target, flag)
			if !u.Command.Exact || u.Manager.Name == "apk" {
				return message, nil
			}
			end := w.End
			for end < len(in.Text) && in.Text[end] == ' ' {
				end++
			}
			return message, &finding.Fix{Message: "leave " + flag + " out", Safety: finding.Safe,
				Edits: []finding.Edit{{File: p.Path, Span: p.Span(in, w.Start, end-w.Start)}}}
		}
	}
	if name := emptyingVariables[u.Manager.Name]; name != "" {
		if v, ok := p.Graph().Sees(in).Get(name); ok && v != "" && v != "0" && v != "false" && v != "off" {
			return fmt.Sprintf("%s keeps nothing in the cache mount at %s, as %s=%s tells it to", call(u), m.target, name, cut(v, 10)), nil
		}
	}
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		if c.Start < u.Command.Start || c.Conditional {
			continue
		}
		other, ok := packages.Classify(c)
		cleans := ok && other.Action == packages.Clean && other.Manager == u.Manager && cleansMount(m, other)
		if cleans || c.Name == "rm" && removesFolder(c, homeless(path.Clean(m.target))) {
			return fmt.Sprintf("%s empties the cache mount at %s, which is in no layer anyway: leave it out", cut(in.Text[c.Start:c.End], 50), m.target), nil
		}
	}
	return "", nil
}

// cleansMount reports whether a clean-up concerns a mount: that of apt removes
// archives, not the index.
func cleansMount(m mount, u packages.Use) bool {
	if u.Manager.Name != "apt" {
		return u.Verb != "cache prune" && u.Verb != "store prune"
	}
	_, ok := within(m.target, "/var/cache/apt/archives")
	return ok && u.Verb == "clean"
}

// checkAptMount looks at what apt needs of its mounts.
func checkAptMount(p *lint.Pass, in *dockerfile.Instruction, m mount, u packages.Use, hook *dockerClean) {
	if m.sharing == "" || m.sharing == "shared" {
		p.Report(in, fmt.Sprintf("two builds at once break %s in the cache mount at %s: add sharing=locked", call(u), m.target), lockFix(p, in, m))
		return
	}
	if _, ok := within(m.target, "/var/cache/apt/archives"); ok {
		hook.check(p, in, m)
	}
}

// lockFix adds or replaces the sharing mode.
func lockFix(p *lint.Pass, in *dockerfile.Instruction, m mount) *finding.Fix {
	at := strings.Index(in.Text, m.flag)
	if at < 0 || strings.Count(in.Text, m.flag) > 1 || strings.ContainsAny(m.flag, "\"'") {
		return nil
	}
	fix := &finding.Fix{Message: "add sharing=locked", Safety: finding.Safe}
	if old := strings.Index(m.flag, "sharing=shared"); old >= 0 {
		fix.Edits = []finding.Edit{{File: p.Path, Span: p.Span(in, at+old, len("sharing=shared")), Text: "sharing=locked"}}
	} else if m.sharing == "" {
		fix.Edits = []finding.Edit{insert(p, in, at+len(m.flag), ",sharing=locked")}
	} else {
		return nil
	}
	return fix
}

// otherHome reports whether a mount lies in the home of another user than the one
// that the Dockerfile sets.
func otherHome(p *lint.Pass, in *dockerfile.Instruction, m mount, user string) bool {
	user, _, _ = strings.Cut(user, ":")
	if _, set := p.Graph().Sees(in).Get("HOME"); set || user == "" || strings.ContainsAny(user, "$0123456789") || strings.Contains(in.Text, "sudo") {
		return false
	}
	if user == "root" {
		return strings.HasPrefix(m.target, "/home/")
	}
	return strings.HasPrefix(m.target, "/root/")
}

// rightTarget is the folder that a mount should have, "" where it may be right: the
// images of Go and Rust set it, and people mount the one of an ordinary install.
func rightTarget(p *lint.Pass, in *dockerfile.Instruction, m mount, u packages.Use) string {
	name := imageBelow(p, in.Stage).name
	for _, known := range []struct{ manager, image, variable, wrong, right string }{
		{"go", "golang", "GOPATH", "/root/go", "/go"},
		{"go", "golang", "GOMODCACHE", "/root/go", "/go"},
		{"cargo", "rust", "CARGO_HOME", "/root/.cargo", "/usr/local/cargo"},
	} {
		if u.Manager.Name != known.manager || name != known.image {
			continue
		}
		rest, ok := within(known.wrong, m.target)
		if _, set := p.Graph().Sees(in).Get(known.variable); set || strings.Contains(in.Text, known.variable) {
			return ""
		}
		if ok {
			return path.Join(known.right, rest)
		}
	}
	return ""
}

// imageBelow is the image that a stage is made of, also when other stages stand
// between. It is empty where nobody can tell.
func imageBelow(p *lint.Pass, s *dockerfile.Stage) base {
	for p.Graph().Base(s) != nil {
		s = p.Graph().Base(s)
	}
	b, _ := baseOf(p, s)
	return b
}
