package escape

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// trick is a build that tries to reach a folder of the machine, HOST, by a link.
type trick struct {
	name  string
	links map[string]string // symlinks of the context's folder tree, by path
	// dockerfile comes after the header. Where it names no stage, it goes on in one
	// with the links at "/".
	dockerfile string
	want       string // part of what the step prints, or of the error; alternatives have | between them
}

const (
	readStep  = `["/probe", "read", "/m", "/x", "/m/secret", "/x/secret", "/x/m", "/x/m/secret"]`
	writeStep = `["/probe", "write", "/m", "/x", "/m/secret", "/x/m", "."]`
)

var toHost = map[string]string{"m": "HOST"}

var tricks = []trick{
	{"proc", map[string]string{"proc": "HOST"}, `RUN ["/probe", "write", "/proc"]`, "must be mounted on ordinary directory|is or has a symlink"},
	{"proc-above", map[string]string{"proc": "../../../../../../..HOST"}, `RUN ["/probe", "write", "/proc"]`, "must be mounted on ordinary directory|is or has a symlink"},
	{"dev", map[string]string{"dev": "HOST"}, `RUN ["/probe", "write", "/dev"]`, "/dev of the image is a symlink"},
	{"sys", map[string]string{"sys": "HOST"}, `RUN ["/probe", "write", "/sys"]`, "must be mounted on ordinary directory|write: ok"},
	{"etc", map[string]string{"etc": "HOST"}, `RUN ["/probe", "write", "/etc", "/etc/hosts", "/etc/resolv.conf"]`, "write: ok"},
	{"hosts", map[string]string{"etc/hosts": "HOST/secret"}, `RUN ["/probe", "write", "/etc/hosts"]`, "write: ok"},
	{"hosts-read", map[string]string{"etc/hosts": "HOST/secret"}, `RUN ["/probe", "read", "/etc/hosts"]`, "read: no secret"},
	{"resolv-conf", map[string]string{"etc/resolv.conf": "HOST/secret"}, `RUN ["/probe", "write", "/etc/resolv.conf"]`, "write: ok"},
	{"cache-target", toHost, `RUN --mount=type=cache,target=/m ` + writeStep, "write: ok"},
	{"cache-target-below", toHost, `RUN --mount=type=cache,target=/m/below ` + writeStep, "write: ok"},
	{"tmpfs-target", toHost, `RUN --mount=type=tmpfs,target=/m ` + writeStep, "write: ok"},
	{"bind-target", toHost, `RUN --mount=type=bind,from=base,target=/m,rw ` + writeStep, "write: ok"},
	{"bind-target-file", map[string]string{"m": "HOST/secret"}, `RUN --mount=type=bind,from=base,source=/facts.json,target=/m,rw ` + writeStep, "write: ok"},
	{"secret-target", map[string]string{"m": "HOST/secret"}, `RUN --mount=type=secret,id=secret,target=/m ` + writeStep, "write: ok"},
	{"secret-target-below", toHost, `RUN --mount=type=secret,id=secret,target=/m/secret ` + writeStep, "write: ok"},
	{"bind-source", toHost, "FROM base\n" + `RUN --mount=type=bind,from=links,source=/m,target=/x ` + readStep, "not found"},
	{"bind-source-file", toHost, "FROM base\n" + `RUN --mount=type=bind,from=links,source=/m/secret,target=/x ` + readStep, "not found"},
	{"bind-source-write", toHost, "FROM base\n" + `RUN --mount=type=bind,from=links,source=/m,target=/x,rw ` + writeStep, "not found"},
	{"cache-source", toHost, "FROM base\n" + `RUN --mount=type=cache,from=links,source=/m,target=/x ` + readStep, "not found"},
	{"bind-context", toHost, "FROM base\n" + `RUN --mount=type=bind,source=tree,target=/x ` + readStep, "read: no secret"},
	{"bind-context-link", toHost, "FROM base\n" + `RUN --mount=type=bind,source=tree/m,target=/x ` + readStep, "not found"},
	{"workdir", toHost, "WORKDIR /m\nRUN " + writeStep, "write: ok"},
	{"workdir-below", toHost, "WORKDIR /m/below\nRUN " + writeStep, "write: ok"},
	{"copy-target", toHost, "COPY facts.json /m/\nRUN " + writeStep, "write: ok"},
	{"copy-target-file", map[string]string{"m": "HOST/secret"}, "COPY facts.json /m\nRUN " + writeStep, "write: ok"},
	{"copy-target-linked", toHost, "COPY --link facts.json /m/\nRUN " + writeStep, "write: ok"},
	{"copy-target-owner", toHost, "COPY --chown=0:0 --chmod=777 facts.json /m/secret\nRUN " + writeStep, "write: ok"},
	{"copy-target-heredoc", toHost, "COPY <<END /m/new\ntext\nEND\nRUN " + writeStep, "write: ok"},
	{"copy-source", toHost, "FROM base\nCOPY --from=links /m /x\nRUN " + readStep, "not found"},
	{"copy-source-folder", toHost, "FROM base\nCOPY --from=links /m/ /x/\nRUN " + readStep, "not found"},
	{"copy-source-file", toHost, "FROM base\nCOPY --from=links /m/secret /x\nRUN " + readStep, "not found"},
	{"copy-source-all", toHost, "FROM base\nCOPY --from=links / /x/\nRUN " + readStep, "read: no secret"},
	{"copy-source-wildcard", toHost, "FROM base\nCOPY --from=links /m/s* /x/\nRUN " + readStep, "no such file or directory"},
	{"copy-source-above", map[string]string{"m": "../../../../../../../../../../..HOST"}, "FROM base\nCOPY --from=links /m/ /x/\nRUN " + readStep, "not found"},
	{"copy-source-root", map[string]string{"m": "/"}, "FROM base\nCOPY --from=links /mHOST/ /x/\nRUN " + readStep, "not found"},
	{"copy-context-link", toHost, "FROM base\nCOPY tree/m /x\nRUN " + readStep, "not found"},
	{"copy-context-through", toHost, "FROM base\nCOPY tree/m/secret /x\nRUN " + readStep, "not found"},
	{"copy-context-above", toHost, "FROM base\nCOPY ../../../../../../..HOST/secret /x\nRUN " + readStep, "not found"},
	{"add-target", toHost, "ADD facts.json /m/\nRUN " + writeStep, "write: ok"},
	{"user", map[string]string{"etc/passwd": "HOST/passwd"}, "USER stranger\nRUN [\"/probe\", \"user\"]", "unable to find user stranger"},
	{"owner", map[string]string{"etc/passwd": "HOST/passwd"}, "COPY --chown=stranger facts.json /x\nRUN [\"/probe\", \"owner\", \"/x\"]", "owner: 0"},
}

func TestLinks(t *testing.T) {
	for _, s := range settings(t) {
		t.Run(s.String(), func(t *testing.T) {
			e := start(t, s)
			for _, trick := range tricks {
				t.Run(trick.name, func(t *testing.T) {
					h := newHost(t)
					output, err := trick.build(t, h, e)
					h.check(t)
					checkOutcome(t, trick.want, output, err)
				})
			}
		})
	}
}

func (trick trick) build(t *testing.T, h *host, e *embedded.Engine) (string, error) {
	t.Helper()
	toFolder := strings.NewReplacer("HOST", h.folder).Replace
	files := maps.Clone(h.files(t))
	for path, target := range trick.links {
		files["tree/"+path] = linkMark + toFolder(target)
	}
	return build(t, e, files, header+"FROM base AS links\nCOPY tree/ /\n"+toFolder(trick.dockerfile)+"\n")
}

// checkOutcome fails where neither a build's output nor its error has one of the
// parts, and where the step saw the machine's secret.
func checkOutcome(t *testing.T, want, output string, err error) {
	t.Helper()
	got := output
	if err != nil {
		got += err.Error()
	}
	has := func(part string) bool { return strings.Contains(got, part) }
	if !slices.ContainsFunc(strings.Split(want, "|"), has) || has("secret in") {
		t.Errorf("got %s, want %q", got, want)
	}
}
