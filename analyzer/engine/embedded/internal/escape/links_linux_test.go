package escape

import (
	"maps"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
)

// trick is a build that tries to reach a folder of the machine, HOST, by a link.
type trick struct {
	name string
	// links are symlinks of the context's folder tree, by path.
	links map[string]string
	// dockerfile comes after the header. Where it names no stage, it goes on in one
	// with the links at "/".
	dockerfile string
	// want are the outcomes of the build's step, or parts of the error, by setting as
	// in want, with | between alternatives.
	want string
}

const (
	readStep  = `["/probe", "read", "/m", "/x", "/m/secret", "/x/secret", "/x/m", "/x/m/secret"]`
	writeStep = `["/probe", "write", "/m", "/x", "/m/secret", "/x/m", "."]`
)

var toHost = map[string]string{"m": "HOST"}

var tricks = []trick{
	{"proc", map[string]string{"proc": "HOST"}, `RUN ["/probe", "write", "/proc"]`, ""},
	{"proc-above", map[string]string{"proc": "../../../../../../..HOST"}, `RUN ["/probe", "write", "/proc"]`, ""},
	{"dev", map[string]string{"dev": "HOST"}, `RUN ["/probe", "write", "/dev"]`, ""},
	{"sys", map[string]string{"sys": "HOST"}, `RUN ["/probe", "write", "/sys"]`, ""},
	{"etc", map[string]string{"etc": "HOST"}, `RUN ["/probe", "write", "/etc", "/etc/hosts", "/etc/resolv.conf"]`, ""},
	{"hosts", map[string]string{"etc/hosts": "HOST/secret"}, `RUN ["/probe", "write", "/etc/hosts"]`, ""},
	{"hosts-read", map[string]string{"etc/hosts": "HOST/secret"}, `RUN ["/probe", "read", "/etc/hosts"]`, ""},
	{"resolv-conf", map[string]string{"etc/resolv.conf": "HOST/secret"}, `RUN ["/probe", "write", "/etc/resolv.conf"]`, ""},
	{"cache-target", toHost, `RUN --mount=type=cache,target=/m ` + writeStep, ""},
	{"cache-target-below", toHost, `RUN --mount=type=cache,target=/m/below ` + writeStep, ""},
	{"tmpfs-target", toHost, `RUN --mount=type=tmpfs,target=/m ` + writeStep, ""},
	{"bind-target", toHost, `RUN --mount=type=bind,from=base,target=/m,rw ` + writeStep, ""},
	{"bind-target-file", map[string]string{"m": "HOST/secret"}, `RUN --mount=type=bind,from=base,source=/facts.json,target=/m,rw ` + writeStep, ""},
	{"secret-target", map[string]string{"m": "HOST/secret"}, `RUN --mount=type=secret,id=secret,target=/m ` + writeStep, ""},
	{"secret-target-below", toHost, `RUN --mount=type=secret,id=secret,target=/m/secret ` + writeStep, ""},
	{"bind-source", toHost, "FROM base\n" + `RUN --mount=type=bind,from=links,source=/m,target=/x ` + readStep, ""},
	{"bind-source-file", toHost, "FROM base\n" + `RUN --mount=type=bind,from=links,source=/m/secret,target=/x ` + readStep, ""},
	{"bind-source-write", toHost, "FROM base\n" + `RUN --mount=type=bind,from=links,source=/m,target=/x,rw ` + writeStep, ""},
	{"cache-source", toHost, "FROM base\n" + `RUN --mount=type=cache,from=links,source=/m,target=/x ` + readStep, ""},
	{"bind-context", toHost, "FROM base\n" + `RUN --mount=type=bind,source=tree,target=/x ` + readStep, ""},
	{"bind-context-link", toHost, "FROM base\n" + `RUN --mount=type=bind,source=tree/m,target=/x ` + readStep, ""},
	{"workdir", toHost, "WORKDIR /m\nRUN " + writeStep, ""},
	{"workdir-below", toHost, "WORKDIR /m/below\nRUN " + writeStep, ""},
	{"copy-target", toHost, "COPY facts.json /m/\nRUN " + writeStep, ""},
	{"copy-target-file", map[string]string{"m": "HOST/secret"}, "COPY facts.json /m\nRUN " + writeStep, ""},
	{"copy-target-linked", toHost, "COPY --link facts.json /m/\nRUN " + writeStep, ""},
	{"copy-target-owner", toHost, "COPY --chown=0:0 --chmod=777 facts.json /m/secret\nRUN " + writeStep, ""},
	{"copy-target-heredoc", toHost, "COPY <<END /m/new\ntext\nEND\nRUN " + writeStep, ""},
	{"copy-source", toHost, "FROM base\nCOPY --from=links /m /x\nRUN " + readStep, ""},
	{"copy-source-folder", toHost, "FROM base\nCOPY --from=links /m/ /x/\nRUN " + readStep, ""},
	{"copy-source-file", toHost, "FROM base\nCOPY --from=links /m/secret /x\nRUN " + readStep, ""},
	{"copy-source-all", toHost, "FROM base\nCOPY --from=links / /x/\nRUN " + readStep, ""},
	{"copy-source-wildcard", toHost, "FROM base\nCOPY --from=links /m/s* /x/\nRUN " + readStep, ""},
	{"copy-source-above", map[string]string{"m": "../../../../../../../../../../..HOST"}, "FROM base\nCOPY --from=links /m/ /x/\nRUN " + readStep, ""},
	{"copy-source-root", map[string]string{"m": "/"}, "FROM base\nCOPY --from=links /mHOST/ /x/\nRUN " + readStep, ""},
	{"copy-context-link", toHost, "FROM base\nCOPY tree/m /x\nRUN " + readStep, ""},
	{"copy-context-through", toHost, "FROM base\nCOPY tree/m/secret /x\nRUN " + readStep, ""},
	{"copy-context-above", toHost, "FROM base\nCOPY ../../../../../../..HOST/secret /x\nRUN " + readStep, ""},
	{"add-target", toHost, "ADD facts.json /m/\nRUN " + writeStep, ""},
	{"user", map[string]string{"etc/passwd": "HOST/passwd"}, "USER stranger\nRUN [\"/probe\", \"user\"]", ""},
	{"owner", map[string]string{"etc/passwd": "HOST/passwd"}, "COPY --chown=stranger facts.json /x\nRUN [\"/probe\", \"owner\", \"/x\"]", ""},
	{"program", map[string]string{"self": "/proc/self/exe"}, "RUN [\"/self\", \"--version\"]", ""},
	{"shell", map[string]string{"bin/sh": "/proc/self/exe"}, "RUN true", ""},
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
					t.Logf("output %q, error %v", output, err)
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
