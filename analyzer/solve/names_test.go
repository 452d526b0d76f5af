package solve_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// TestNamesThatMatchNothing reads files and options in which a name is wrong.
func TestNamesThatMatchNothing(t *testing.T) {
	const stages = "FROM busybox AS build\nARG VERSION=1\nRUN echo $VERSION\nFROM busybox\nCOPY --from=build /x /x\n"
	for name, c := range map[string]struct {
		dockerfile string
		ignore     string
		set        func(*solve.Options)
		want       []string
	}{
		"all right": {dockerfile: stages, set: func(o *solve.Options) {
			o.BuildArgs = map[string]string{"VERSION": "2", "http_proxy": "p", "HTTPS_PROXY": "p", "BUILDKIT_SYNTAX": "s", "SOURCE_DATE_EPOCH": "0", "TARGETARCH": "arm"}
			o.NoCacheFilter = []string{"Build"}
			o.Source.Named = map[string]string{"busybox": "docker-image://alpine", "BUILD": t.TempDir()}
		}},
		"argument": {dockerfile: stages, set: func(o *solve.Options) { o.BuildArgs = map[string]string{"VERSOIN": "2", "other": "3"} },
			want: []string{"build argument VERSOIN is not declared in the Dockerfile: did you mean VERSION?", "build argument other is not declared in the Dockerfile"}},
		"argument in another case": {dockerfile: stages, set: func(o *solve.Options) { o.BuildArgs = map[string]string{"version": "2"} },
			want: []string{"build argument version is not declared in the Dockerfile: did you mean VERSION?"}},
		"argument of a trigger": {dockerfile: "FROM busybox\nONBUILD ARG LATER\n", set: func(o *solve.Options) { o.BuildArgs = map[string]string{"LATER": "2"} }},
		"filter": {dockerfile: stages, set: func(o *solve.Options) { o.NoCacheFilter = []string{"biuld,build", "x"} },
			want: []string{"--no-cache-filter biuld names no stage: did you mean build?", "--no-cache-filter x names no stage"}},
		"secret": {dockerfile: "FROM busybox\nRUN --mount=type=secret,id=npmrc ls\nRUN --mount=type=secret,target=/run/secrets/other ls\n",
			set:  func(o *solve.Options) { o.Secrets = []string{"npm", "other", "GIT_AUTH_TOKEN"} },
			want: []string{"secret npm is used by nothing in the Dockerfile: did you mean npmrc?"}},
		"context": {dockerfile: "FROM busybox\nCOPY --from=deps f /f\n", set: func(o *solve.Options) { o.Source.Named = map[string]string{"dep": t.TempDir()} },
			want: []string{"build context dep is used by nothing in the Dockerfile: did you mean deps?",
				"line 2: deps is no stage and no build context, so it means an image: did you mean the build context dep?"}},
		"context of a mount":     {dockerfile: "FROM busybox\nRUN --mount=from=deps,target=/d ls /d\n", set: func(o *solve.Options) { o.Source.Named = map[string]string{"deps": t.TempDir()} }},
		"context of an argument": {dockerfile: "ARG BASE=alpine:3\nFROM $BASE\n", set: func(o *solve.Options) { o.Source.Named = map[string]string{"alpine:3": t.TempDir()} }},
		"stage": {dockerfile: "FROM busybox AS builder\nFROM busybox\nCOPY --from=bulider /x /x\nRUN --mount=from=buidler,target=/m ls\n",
			want: []string{"line 3: bulider is no stage and no build context, so it means an image: did you mean the stage builder?",
				"line 4: buidler is no stage and no build context, so it means an image: did you mean the stage builder?"}},
		"stage in FROM":      {dockerfile: "FROM busybox AS builder\nFROM bulider\n", want: []string{"line 2: bulider is no stage and no build context, so it means an image: did you mean the stage builder?"}},
		"image like a stage": {dockerfile: "FROM golang AS golang1\nFROM busybox\nCOPY --from=golang /x /x\nCOPY --from=golang2:1 /x /x\n"},
		"file in another case": {dockerfile: "FROM busybox\nCOPY src/a readme.md /x/\n",
			want: []string{"line 2: no such file in the build context: src/a; there is Src/a", "line 2: no such file in the build context: readme.md; there is README.md"}},
		"file misspelt": {dockerfile: "FROM busybox\nCOPY Src/aa /x/\nADD nothing.tar.gz /\nRUN --mount=type=bind,source=nothere,target=/x ls /x\n",
			want: []string{"line 2: no such file in the build context: Src/aa", "line 3: no such file in the build context: nothing.tar.gz", "line 4: no such file in the build context: nothere"}},
		"file of a pattern": {dockerfile: "FROM busybox\nCOPY *.json R* /x/\n", want: []string{"line 2: *.json matches no file in the build context"}},
		"file left out": {dockerfile: "FROM busybox\nCOPY Src/a README.md /x/\n", ignore: "*.md\n!docs\nSrc/*\n",
			want: []string{"line 2: README.md is left out of the build context by .dockerignore (pattern *.md)", "line 2: Src/a is left out of the build context by .dockerignore (pattern Src/*)"}},
		"file above the context": {dockerfile: "FROM busybox\nCOPY ../x /etc/passwd /\n",
			want: []string{"line 2: no such file in the build context: etc/passwd", "line 2: no such file in the build context: x"}},
		"stage that is not needed": {dockerfile: "FROM busybox\nCOPY nothing /\nFROM busybox\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, content := range map[string]string{"Dockerfile": c.dockerfile, ".dockerignore": c.ignore, "README.md": "r", "Src/a": "x"} {
				path := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			src, err := solve.Open(dir, "", nil)
			if err != nil {
				t.Fatal(err)
			}
			o := solve.Options{Source: src}
			if c.set != nil {
				c.set(&o)
			}
			rec, err := solve.Plan(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			got := slices.Sorted(slices.Values(rec.Warnings))
			slices.Sort(c.want)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
