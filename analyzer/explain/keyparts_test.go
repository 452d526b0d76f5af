package explain_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

const keyed = `ARG IMAGE=busybox
ARG V=1
FROM scratch AS a
ARG V
COPY x $UNDEF/x
FROM $IMAGE AS b
ARG V
ARG D=/w$V
ENV R=$D L=2
WORKDIR $R
RUN --mount=type=bind,from=a,target=/a cat
COPY --from=a /x .
USER u$V
RUN echo $SHELLS
COPY <<one <<"two" /
$V $NOTHING
one
$L
two
COPY --link --from=a --chown=$L /x /z
SHELL ["/bin/sh", "-ec"]
RUN --network=none last
FROM b
COPY x ${E:-y}
ENV PATH=/x:$PATH
RUN ["end"]
`

// TestKeyParts reads a file without an engine, as explain does.
func TestKeyParts(t *testing.T) {
	rec := planned(t, keyed)
	keys, down := explain.KeyParts(rec), explain.TakesDown(rec)
	var b strings.Builder
	for _, s := range rec.Steps {
		if len(keys[s.ID]) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%d %s\n", s.Line, s.Instruction)
		for _, p := range keys[s.ID] {
			if !p.Usual {
				fmt.Fprintf(&b, "    %s: %s\n", p.Kind, p.Message)
			}
		}
		if d := down[s.ID]; len(d.Certain)+len(d.Possible) > 0 {
			fmt.Fprintf(&b, "    takes down %v, perhaps %v\n", lines(rec, d.Certain), lines(rec, d.Possible))
		}
	}
	const want = `5 COPY
    files: x of the context
    environment: $UNDEF, which nothing sets: it is empty
    takes down [], perhaps [11 12 14 15 20 22 24 26]
6 FROM
    base: the digest of the image
    arguments: build argument IMAGE
    takes down [10 11 12 14 15 22 24 26], perhaps []
10 WORKDIR
    base: what line 6 made
    arguments: build arguments D, IMAGE, V
    environment: environment R
    takes down [11 12 14 15 22 24 26], perhaps []
11 RUN
    stage: all of line 5
    base: what line 10 made
    arguments: build arguments D, V
    environment: environment L, R
    mounts: mounts type=bind,target=/a,readonly
    state: working directory /w1
    takes down [12 14 15 22 24 26], perhaps []
12 COPY
    stage: x of line 5
    base: what line 11 made
    arguments: build arguments D, V
    environment: environment R
    state: working directory /w1
    takes down [14 15 22 24 26], perhaps []
14 RUN
    base: what line 12 made
    arguments: build arguments D, V
    environment: environment L, R
    state: working directory /w1
    state: user u1
    takes down [15 22 24 26], perhaps []
15 COPY
    files: its inline document
    base: what line 14 made
    arguments: build argument V
    environment: $NOTHING, which nothing in the file sets: it is empty, unless the base image sets it
    takes down [22 24 26], perhaps []
20 COPY
    stage: x of line 5
    base: what line 15 made
    environment: environment L
    takes down [22 24 26], perhaps []
22 RUN
    base: what line 20 made
    arguments: build arguments D, V
    environment: environment L, R
    state: working directory /w1
    state: user u1
    state: shell /bin/sh -ec
    state: network none
    takes down [24 26], perhaps []
24 COPY
    files: x of the context
    base: what line 22 made
    arguments: build arguments D, V
    environment: environment R
    state: working directory /w1
    takes down [26], perhaps []
26 RUN
    base: what line 24 made
    arguments: build arguments D, V
    environment: environment L, PATH, R
    state: working directory /w1
    state: user u1
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func lines(rec *record.Record, ids []string) []int {
	var out []int
	for _, id := range ids {
		out = append(out, rec.Step(id).Line)
	}
	return out
}

// TestKeyPartsOfFrontendArguments names the arguments that a file need not declare,
// and only where they enter.
func TestKeyPartsOfFrontendArguments(t *testing.T) {
	const file = "FROM a\nRUN --mount=type=cache,target=/c one\nRUN --mount=type=cache,target=/c,id=own two\nCOPY x /\n"
	rec := planned(t, file, "BUILDKIT_SANDBOX_HOSTNAME", "h", "BUILDKIT_CACHE_MOUNT_NS", "n", "OTHER", "o")
	got := map[int][]string{}
	for id, parts := range explain.KeyParts(rec) {
		for _, p := range parts {
			if p.Kind == "arguments" {
				got[rec.Step(id).Line] = append(got[rec.Step(id).Line], p.Message)
			}
		}
	}
	if diff := cmp.Diff(map[int][]string{
		2: {"build arguments BUILDKIT_CACHE_MOUNT_NS, BUILDKIT_SANDBOX_HOSTNAME"},
		3: {"build argument BUILDKIT_SANDBOX_HOSTNAME"},
	}, got); diff != "" {
		t.Error(diff)
	}
}

// planned makes the plan of a file, with build arguments in pairs of name and value.
func planned(t *testing.T, file string, arguments ...string) *record.Record {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"Dockerfile": file, "x": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	src, err := solve.Open(dir, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]string{}
	for pair := range slices.Chunk(arguments, 2) {
		given[pair[0]] = pair[1]
	}
	rec, err := solve.Plan(t.Context(), solve.Options{Source: src, BuildArgs: given, Platforms: []string{"linux/amd64"}})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}
