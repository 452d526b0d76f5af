package explain

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/analyzer/record"
)

const app = `ARG BASE=alpine:3
FROM ${BASE} AS build
ARG VERSION=1
ENV RELEASE=r$VERSION MODE=fast
WORKDIR /src
COPY go.mod ./
RUN fetch
COPY . .
RUN make /src/out/app
FROM scratch
COPY --from=build /src/out /app
COPY --from=build /src/docs /docs`

func appContext() map[string]string {
	return map[string]string{"go.mod": "m", "main.go": "x", "docs/a.md": "a", "run.sh": "s", "link": "->main.go"}
}

// edit makes a job from the one before.
type edit func(w *world, j *job)

func replace(old, cur string) edit {
	return func(_ *world, j *job) { j.file = strings.ReplaceAll(j.file, old, cur) }
}

func file(name, text string) edit {
	return func(_ *world, j *job) {
		if text == "" {
			delete(j.context, name)
		} else {
			j.context[name] = text
		}
	}
}

func arg(name, value string) edit {
	return func(_ *world, j *job) { j.args = map[string]string{name: value} }
}

func prune(w *world, _ *job) { clear(w.cache) }

func noCache(stages string) edit { return func(_ *world, j *job) { j.noCache = stages } }

func TestCauses(t *testing.T) {
	cases := []struct {
		name  string
		file  string   // app if empty
		edits [][]edit // of each build after the first; the last is explained
		want  string
	}{
		{name: "two files", edits: [][]edit{{file("main.go", "y"), file("docs/b.md", "b")}}, want: `
			8 files-changed: docs/b.md added, main.go changed
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "many files", edits: [][]edit{{file("a", "1"), file("b", "1"), file("c", "1"), file("d", "1")}}, want: `
			8 files-changed: 4 files added: a, b, c and 1 more
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "mixed files", edits: [][]edit{{file("a", "1"), file("main.go", ""), file("link", "->go.mod"), file("run.sh", "755:s")}}, want: `
			8 files-changed: 4 files changed: a, link, main.go and 1 more
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "mode", edits: [][]edit{{file("run.sh", "755:s")}}, want: `
			8 files-changed: run.sh: mode changed from 644 to 755
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "target", edits: [][]edit{{file("link", "->go.mod")}}, want: `
			8 files-changed: link: target changed from main.go to go.mod
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "odd name", edits: [][]edit{{file("a\x1b[31m\nb", "1")}}, want: `
			8 files-changed: a\x1b[31m\nb added
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "touched only", edits: [][]edit{{}}},
		{name: "manifest", edits: [][]edit{{file("go.mod", "mm")}}, want: `
			6 files-changed: go.mod changed
			7 parent-rebuilt<6: follows line 6
			8 files-changed: go.mod changed; parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "text of a RUN", edits: [][]edit{{replace("RUN fetch", "RUN fetch --all")}}, want: `
			7 instruction-changed: instruction changed, was 'RUN fetch'
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "long text", edits: [][]edit{{replace("RUN fetch", "RUN fetch one two three four five six seven eight nine ten eleven twelve")}, {replace("twelve", "thirteen")}}, want: `
			7 instruction-changed: instruction changed, was '…ht nine ten eleven twelve'
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "comment only", edits: [][]edit{{replace("RUN fetch", "RUN fetch \\\n# why\n--all") }, {replace("# why", "# why not")}}},
		{name: "COPY text", edits: [][]edit{{replace("COPY go.mod ./", "COPY go.mod link ./")}}, want: `
			6 instruction-changed: instruction changed, was 'COPY go.mod ./'
			7 parent-rebuilt<6: follows line 6
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "COPY takes another folder", edits: [][]edit{{replace("/src/docs /docs", "/src/run.sh /docs")}}, want: `
			12 instruction-changed: instruction changed, was 'COPY --from=build /src/docs /docs'`},
		{name: "COPY text and file", edits: [][]edit{{replace("COPY go.mod ./", "COPY go.mod link ./"), file("go.mod", "mm")}}, want: `
			6 instruction-changed: instruction changed, was 'COPY go.mod ./'; files-changed: go.mod changed
			7 parent-rebuilt<6: follows line 6
			8 files-changed: go.mod changed; parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "argument in environment", edits: [][]edit{{arg("VERSION", "2")}}, want: `
			7 build-argument-changed: build argument VERSION changed from 1 to 2; it is part of every RUN's environment below line 3
			8 parent-rebuilt<7: follows line 7
			9 build-argument-changed: build argument VERSION changed from 1 to 2; it is part of every RUN's environment below line 3; parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "argument default", edits: [][]edit{{replace("VERSION=1", "VERSION=2")}}, want: `
			7 build-argument-changed: build argument VERSION changed from 1 to 2; it is part of every RUN's environment below line 3
			8 parent-rebuilt<7: follows line 7
			9 build-argument-changed: build argument VERSION changed from 1 to 2; it is part of every RUN's environment below line 3; parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "argument added", edits: [][]edit{{replace("ARG VERSION=1", "ARG VERSION=1\nARG DEBUG=yes")}}, want: `
			8 build-argument-changed: build argument DEBUG is new: yes; it is part of every RUN's environment below line 4
			9 parent-rebuilt<8: follows line 8
			10 build-argument-changed: build argument DEBUG is new: yes; it is part of every RUN's environment below line 4; parent-rebuilt<9: follows line 9
			12 stage-output-changed<10: /src/out/app from stage build came out different
			13 parent-rebuilt<12: follows line 12`},
		{name: "argument removed", edits: [][]edit{{replace("ARG VERSION=1\n", "")}}, want: `
			6 build-argument-changed: build argument VERSION is no longer set, was 1; it is part of every RUN's environment below its ARG
			7 parent-rebuilt<6: follows line 6
			8 build-argument-changed: build argument VERSION is no longer set, was 1; it is part of every RUN's environment below its ARG; parent-rebuilt<7: follows line 7
			10 stage-output-changed<8: /src/out/app from stage build came out different
			11 parent-rebuilt<10: follows line 10`},
		{name: "argument credential", edits: [][]edit{{replace("ARG VERSION=1", "ARG TOKEN=redacted:00")}, {replace("redacted:00", "redacted:11")}}, want: `
			7 build-argument-changed: build argument TOKEN changed (its value is not recorded); it is part of every RUN's environment below line 3
			8 parent-rebuilt<7: follows line 7
			9 build-argument-changed: build argument TOKEN changed (its value is not recorded); it is part of every RUN's environment below line 3; parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "ENV value", edits: [][]edit{{replace("MODE=fast", "MODE=slow")}}, want: `
			7 environment-changed: environment variable MODE changed from fast to slow (ENV on line 4)
			8 parent-rebuilt<7: follows line 7
			9 environment-changed: environment variable MODE changed from fast to slow (ENV on line 4); parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "ENV several", edits: [][]edit{{replace("MODE=fast", "MODE=fast A=1 B=2 C=3 D=4")}}, want: `
			7 environment-changed: environment variables A, B, C and 1 more changed (ENV on line 4)
			8 parent-rebuilt<7: follows line 7
			9 environment-changed: environment variables A, B, C and 1 more changed (ENV on line 4); parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "ENV removed", edits: [][]edit{{replace("ENV RELEASE=r$VERSION MODE=fast\n", "")}}, want: `
			6 environment-changed: environment variables MODE, RELEASE changed (ENV on line 4 is gone)
			7 parent-rebuilt<6: follows line 6
			8 environment-changed: environment variables MODE, RELEASE changed (ENV on line 4 is gone); parent-rebuilt<7: follows line 7
			10 stage-output-changed<8: /src/out/app from stage build came out different
			11 parent-rebuilt<10: follows line 10`},
		{name: "WORKDIR", edits: [][]edit{{replace("WORKDIR /src", "WORKDIR /source")}}, want: `
			5 instruction-changed: instruction changed, was 'WORKDIR /src'
			6 state-changed: working directory changed from /src to /source (WORKDIR on line 5); parent-rebuilt<5: follows line 5
			7 state-changed: working directory changed from /src to /source (WORKDIR on line 5); parent-rebuilt<6: follows line 6
			8 state-changed: working directory changed from /src to /source (WORKDIR on line 5); parent-rebuilt<7: follows line 7
			9 state-changed: working directory changed from /src to /source (WORKDIR on line 5); parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 stage-output-changed<9: files from stage build came out different; parent-rebuilt<11: follows line 11`},
		{name: "USER added", edits: [][]edit{{replace("RUN fetch", "USER me\nRUN fetch")}}, want: `
			8 state-changed: user is new: me (USER on line 7)
			9 parent-rebuilt<8: follows line 8
			10 state-changed: user is new: me (USER on line 7); parent-rebuilt<9: follows line 9
			12 stage-output-changed<10: /src/out/app from stage build came out different
			13 parent-rebuilt<12: follows line 12`},
		{name: "SHELL", edits: [][]edit{{replace("RUN fetch", "SHELL [\"/bin/bash\", \"-c\"]\nRUN fetch")}}, want: `
			8 state-changed: shell changed from /bin/sh -c to /bin/bash -c (SHELL on line 7)
			9 parent-rebuilt<8: follows line 8
			10 state-changed: shell changed from /bin/sh -c to /bin/bash -c (SHELL on line 7); parent-rebuilt<9: follows line 9
			12 stage-output-changed<10: /src/out/app from stage build came out different
			13 parent-rebuilt<12: follows line 12`},
		{name: "base image by argument", edits: [][]edit{{arg("BASE", "alpine:4")}}, want: `
			2 build-argument-changed: build argument BASE changed from alpine:3 to alpine:4
			5 parent-rebuilt<2: follows line 2
			6 parent-rebuilt<5: follows line 5
			7 parent-rebuilt<6: follows line 6
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "base image text", edits: [][]edit{{replace("BASE=alpine:3", "BASE=alpine:4")}}, want: `
			2 build-argument-changed: build argument BASE changed from alpine:3 to alpine:4
			5 parent-rebuilt<2: follows line 2
			6 parent-rebuilt<5: follows line 5
			7 parent-rebuilt<6: follows line 6
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "base image digest", edits: [][]edit{{func(w *world, _ *job) { w.images["alpine:3"] = "sha256:new" }}}, want: `
			2 base-image-changed: alpine:3 changed from sha256:effe2ff6bfe4 to sha256:new
			5 parent-rebuilt<2: follows line 2
			6 parent-rebuilt<5: follows line 5
			7 parent-rebuilt<6: follows line 6
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "base image environment", edits: [][]edit{{func(w *world, _ *job) { w.images["alpine:3"] = "sha256:new+env" }}}, want: `
			2 base-image-changed: alpine:3 changed from sha256:effe2ff6bfe4 to sha256:new+env
			5 parent-rebuilt<2: follows line 2
			6 parent-rebuilt<5: follows line 5
			7 environment-changed<2: environment variable FROM_BASE is new: sha256:new+env (by the base image); parent-rebuilt<6: follows line 6
			8 parent-rebuilt<7: follows line 7
			9 environment-changed<2: environment variable FROM_BASE is new: sha256:new+env (by the base image); parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "no cache", edits: [][]edit{{noCache("*")}}, want: `
			2 no-cache-requested: the build asked not to use the cache for it
			5 no-cache-requested: the build asked not to use the cache for it
			6 no-cache-requested: the build asked not to use the cache for it
			7 no-cache-requested: the build asked not to use the cache for it
			8 no-cache-requested: the build asked not to use the cache for it
			9 no-cache-requested: the build asked not to use the cache for it
			11 no-cache-requested: the build asked not to use the cache for it
			12 no-cache-requested: the build asked not to use the cache for it`},
		{name: "no cache of a stage", edits: [][]edit{{noCache("build")}}, want: `
			2 no-cache-requested: the build asked not to use the cache for it
			5 no-cache-requested: the build asked not to use the cache for it
			6 no-cache-requested: the build asked not to use the cache for it
			7 no-cache-requested: the build asked not to use the cache for it
			8 no-cache-requested: the build asked not to use the cache for it
			9 no-cache-requested: the build asked not to use the cache for it`},
		{name: "no cache and a file", edits: [][]edit{{noCache("*"), file("main.go", "y")}}, want: `
			2 no-cache-requested: the build asked not to use the cache for it
			5 no-cache-requested: the build asked not to use the cache for it
			6 no-cache-requested: the build asked not to use the cache for it
			7 no-cache-requested: the build asked not to use the cache for it
			8 no-cache-requested: the build asked not to use the cache for it; files-changed: main.go changed
			9 no-cache-requested: the build asked not to use the cache for it; parent-rebuilt<8: follows line 8
			11 no-cache-requested: the build asked not to use the cache for it; stage-output-changed<9: /src/out/app from stage build came out different
			12 no-cache-requested: the build asked not to use the cache for it; parent-rebuilt<11: follows line 11`},
		{name: "pruned", edits: [][]edit{{prune}}, want: `
			2 evicted: nothing changed, but its result is no longer in the engine's cache
			5 evicted: nothing changed, but its result is no longer in the engine's cache
			6 evicted: nothing changed, but its result is no longer in the engine's cache
			7 evicted: nothing changed, but its result is no longer in the engine's cache
			8 evicted: nothing changed, but its result is no longer in the engine's cache
			9 evicted: nothing changed, but its result is no longer in the engine's cache
			11 evicted: nothing changed, but its result is no longer in the engine's cache
			12 evicted: nothing changed, but its result is no longer in the engine's cache`},
		{name: "pruned and a file", edits: [][]edit{{prune, file("main.go", "y")}}, want: `
			2 evicted: nothing changed, but its result is no longer in the engine's cache
			5 evicted: nothing changed, but its result is no longer in the engine's cache
			6 evicted: nothing changed, but its result is no longer in the engine's cache
			7 evicted: nothing changed, but its result is no longer in the engine's cache
			8 files-changed: main.go changed
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "other engine", edits: [][]edit{{prune, func(_ *world, j *job) { j.engine = "two" }}}, want: `
			2 other-engine: the build before ran on another engine
			5 other-engine: the build before ran on another engine
			6 other-engine: the build before ran on another engine
			7 other-engine: the build before ran on another engine
			8 other-engine: the build before ran on another engine
			9 other-engine: the build before ran on another engine
			11 other-engine: the build before ran on another engine
			12 other-engine: the build before ran on another engine`},
		{name: "other engine and a file", edits: [][]edit{{prune, file("go.mod", "y"), func(_ *world, j *job) { j.engine = "two" }}}, want: `
			2 other-engine: the build before ran on another engine
			5 other-engine: the build before ran on another engine
			6 files-changed: go.mod changed
			7 parent-rebuilt<6: follows line 6
			8 files-changed: go.mod changed; parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "import", edits: [][]edit{{prune, func(_ *world, j *job) { j.engine, j.imports = "two", true }}}, want: `
			2 import-missed: the imported cache has nothing for it
			5 import-missed: the imported cache has nothing for it
			6 import-missed: the imported cache has nothing for it
			7 import-missed: the imported cache has nothing for it
			8 import-missed: the imported cache has nothing for it
			9 import-missed: the imported cache has nothing for it
			11 import-missed: the imported cache has nothing for it
			12 import-missed: the imported cache has nothing for it`},
		{name: "engine not known", edits: [][]edit{{prune, func(_ *world, j *job) { j.engine = "" }}}, want: `
			2 unknown: same key as before, and it is not known whether the two engines share a cache
			5 unknown: same key as before, and it is not known whether the two engines share a cache
			6 unknown: same key as before, and it is not known whether the two engines share a cache
			7 unknown: same key as before, and it is not known whether the two engines share a cache
			8 unknown: same key as before, and it is not known whether the two engines share a cache
			9 unknown: same key as before, and it is not known whether the two engines share a cache
			11 unknown: same key as before, and it is not known whether the two engines share a cache
			12 unknown: same key as before, and it is not known whether the two engines share a cache`},
		{name: "failed before", edits: [][]edit{{replace("RUN fetch", "RUN fail")}, {replace("RUN fail", "RUN fetch again")}}, want: `
			7 instruction-changed: instruction changed, was 'RUN fail'; previous-incomplete: failed in the build before
			8 previous-incomplete: was not reached in the build before; parent-rebuilt<7: follows line 7
			9 previous-incomplete: was not reached in the build before; parent-rebuilt<8: follows line 8
			11 previous-incomplete: was not reached in the build before; stage-output-changed<9: files from stage build came out different
			12 previous-incomplete: was not reached in the build before; parent-rebuilt<11: follows line 11`},
		{name: "failed and again", edits: [][]edit{{replace("RUN fetch", "RUN fail")}, {}}, want: `
			7 previous-incomplete: failed in the build before`},
		{name: "not needed before", edits: [][]edit{{func(_ *world, j *job) { j.target = "build" }, prune}, {func(_ *world, j *job) { j.target = "" }}}, want: `
			11 previous-incomplete: its stage was not needed in the build before
			12 previous-incomplete: its stage was not needed in the build before; parent-rebuilt<11: follows line 11`},
		{name: "line inserted", edits: [][]edit{{replace("RUN fetch", "RUN first\nRUN fetch")}}, want: `
			7 new-step: new instruction
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			10 parent-rebuilt<9: follows line 9
			12 stage-output-changed<10: /src/out/app from stage build came out different
			13 parent-rebuilt<12: follows line 12`},
		{name: "line removed", edits: [][]edit{{replace("RUN fetch\n", "")}}, want: `
			7 inputs-changed: 'RUN fetch' is no longer above it (was line 7)
			8 parent-rebuilt<7: follows line 7
			10 stage-output-changed<8: /src/out/app from stage build came out different
			11 parent-rebuilt<10: follows line 10`},
		{name: "lines swapped", edits: [][]edit{{replace("COPY go.mod ./\nRUN fetch", "RUN fetch\nCOPY go.mod ./")}}, want: `
			6 inputs-changed: line 5 'WORKDIR /src' stands where 'COPY go.mod ./' stood
			7 parent-rebuilt<6: follows line 6
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "two edits", edits: [][]edit{{replace("RUN fetch", "RUN fetch it"), replace("MODE=fast", "MODE=slow"), file("main.go", "y")}}, want: `
			7 instruction-changed: instruction changed, was 'RUN fetch'; environment-changed: environment variable MODE changed from fast to slow (ENV on line 4)
			8 files-changed: main.go changed; parent-rebuilt<7: follows line 7
			9 environment-changed: environment variable MODE changed from fast to slow (ENV on line 4); parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "new stage", edits: [][]edit{{replace("FROM scratch", "FROM alpine:3 AS more\nRUN make /more\nFROM scratch\nCOPY --from=more /more /")}}, want: `
			11 new-step: stage more is new
			13 new-step: new instruction; parent-rebuilt<11: follows line 11
			14 parent-rebuilt<13: follows line 13
			15 parent-rebuilt<14: follows line 14`},
		{name: "changed back", edits: [][]edit{{replace("RUN fetch", "RUN fetch it")}, {replace("RUN fetch it", "RUN fetch")}}},
		{name: "changed back, below something new", edits: [][]edit{{replace("RUN fetch", "RUN fetch it\nRUN test")}, {replace("RUN fetch it", "RUN fetch")}}, want: `
			8 inputs-changed: line 7 came from the cache, but not as in the build before: instruction changed, was 'RUN fetch it'
			9 parent-rebuilt<8: follows line 8
			10 parent-rebuilt<9: follows line 9
			12 stage-output-changed<10: /src/out/app from stage build came out different
			13 parent-rebuilt<12: follows line 12`},
		{name: "a file changed back, below something new", edits: [][]edit{{file("go.mod", "mm"), replace("RUN fetch", "RUN test")}, {file("go.mod", "m")}}, want: `
			7 inputs-changed: line 6 came from the cache, but not as in the build before: go.mod changed
			8 files-changed: go.mod changed; parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "cached base image", edits: [][]edit{{arg("BASE", "alpine:4")}, {arg("BASE", "alpine:3"), replace("WORKDIR /src", "WORKDIR /src\nRUN more")}, {arg("BASE", "alpine:4")}}, want: `
			6 build-argument-changed: build argument BASE changed from alpine:3 to alpine:4; FROM on line 2 takes it in
			7 parent-rebuilt<6: follows line 6
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			10 parent-rebuilt<9: follows line 9
			12 stage-output-changed<10: /src/out/app from stage build came out different
			13 parent-rebuilt<12: follows line 12`},
		{name: "no more than content", edits: [][]edit{{noCache("build"), prune, replace("RUN make", "RUN const")}, {file("main.go", "y")}}, want: `
			8 files-changed: main.go changed
			9 parent-rebuilt<8: follows line 8`},
		{name: "random output", edits: [][]edit{{replace("RUN make", "RUN random")}, {noCache("build"), prune}}, want: `
			2 no-cache-requested: the build asked not to use the cache for it
			5 no-cache-requested: the build asked not to use the cache for it
			6 no-cache-requested: the build asked not to use the cache for it
			7 no-cache-requested: the build asked not to use the cache for it
			8 no-cache-requested: the build asked not to use the cache for it
			9 no-cache-requested: the build asked not to use the cache for it
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "no keys", edits: [][]edit{{func(_ *world, j *job) { j.keyless = true }, prune}, {file("main.go", "y")}}, want: `
			8 files-changed: main.go changed
			9 parent-rebuilt<8: follows line 8
			11 parent-rebuilt<9: follows line 9
			12 parent-rebuilt<11: follows line 11; parent-rebuilt<9: follows line 9`},
		{name: "no keys, pruned", edits: [][]edit{{func(_ *world, j *job) { j.keyless = true }, prune}, {prune}}, want: `
			2 evicted: nothing changed, but its result is no longer in the engine's cache
			5 evicted: nothing changed, but its result is no longer in the engine's cache
			6 evicted: nothing changed, but its result is no longer in the engine's cache
			7 evicted: nothing changed, but its result is no longer in the engine's cache
			8 evicted: nothing changed, but its result is no longer in the engine's cache
			9 evicted: nothing changed, but its result is no longer in the engine's cache
			11 evicted: nothing changed, but its result is no longer in the engine's cache
			12 evicted: nothing changed, but its result is no longer in the engine's cache`},
		{name: "remote file", edits: [][]edit{{replace("RUN fetch", "ADD https://x.org/a /a"), func(w *world, _ *job) { w.remote["https://x.org/a"] = "old" }}, {func(w *world, _ *job) { w.remote["https://x.org/a"] = "new" }}}, want: `
			7 remote-source-changed: https://x.org/a changed from sha256:old to sha256:new
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "remote file, another URL", edits: [][]edit{{replace("RUN fetch", "ADD https://x.org/a /a")}, {replace("x.org/a", "x.org/b"), func(w *world, _ *job) { w.remote["https://x.org/b"] = "new" }}}, want: `
			7 instruction-changed: instruction changed, was 'ADD https://x.org/a /a'
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "image in --from", edits: [][]edit{{replace("RUN fetch", "COPY --from=tool:1 /t /t")}, {func(w *world, _ *job) { w.images["tool:1"] = "sha256:new" }}}, want: `
			7 base-image-changed: tool:1 changed from sha256:1765bfce5423 to sha256:new
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "image in --from, another one", edits: [][]edit{{replace("RUN fetch", "COPY --from=tool:1 /t /t")}, {replace("tool:1", "tool:2")}}, want: `
			7 instruction-changed: instruction changed, was 'COPY --from=tool:1 /t /t'
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "argument in COPY", edits: [][]edit{{replace("COPY go.mod", "COPY $NAME"), replace("ARG VERSION=1", "ARG VERSION=1\nARG NAME=go.mod")}, {arg("NAME", "run.sh")}}, want: `
			7 build-argument-changed: build argument NAME changed from go.mod to run.sh
			8 build-argument-changed: build argument NAME changed from go.mod to run.sh; it is part of every RUN's environment below line 4; parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			10 build-argument-changed: build argument NAME changed from go.mod to run.sh; it is part of every RUN's environment below line 4; parent-rebuilt<9: follows line 9
			12 stage-output-changed<10: /src/out/app from stage build came out different
			13 parent-rebuilt<12: follows line 12`},
		{name: "ENV in WORKDIR", edits: [][]edit{{replace("WORKDIR /src", "ENV DIR=/src\nWORKDIR $DIR")}, {replace("DIR=/src", "DIR=/srv")}}, want: `
			6 environment-changed: environment variable DIR changed from /src to /srv (ENV on line 5)
			7 environment-changed: environment variable DIR changed from /src to /srv (ENV on line 5); parent-rebuilt<6: follows line 6
			8 environment-changed: environment variable DIR changed from /src to /srv (ENV on line 5); parent-rebuilt<7: follows line 7
			9 environment-changed: environment variable DIR changed from /src to /srv (ENV on line 5); parent-rebuilt<8: follows line 8
			10 environment-changed: environment variable DIR changed from /src to /srv (ENV on line 5); parent-rebuilt<9: follows line 9
			12 stage-output-changed<10: /src/out/app from stage build came out different
			13 stage-output-changed<10: files from stage build came out different; parent-rebuilt<12: follows line 12`},
		{name: "relative WORKDIR", edits: [][]edit{{replace("WORKDIR /src", "WORKDIR /a\nWORKDIR b")}, {replace("WORKDIR /a", "WORKDIR /c")}}, want: `
			5 instruction-changed: instruction changed, was 'WORKDIR /a'
			6 state-changed: working directory changed from /a to /c (WORKDIR on line 5); parent-rebuilt<5: follows line 5
			7 state-changed: working directory changed from /a/b to /c/b (WORKDIR on line 5); parent-rebuilt<6: follows line 6
			8 state-changed: working directory changed from /a/b to /c/b (WORKDIR on line 5); parent-rebuilt<7: follows line 7
			9 state-changed: working directory changed from /a/b to /c/b (WORKDIR on line 5); parent-rebuilt<8: follows line 8
			10 state-changed: working directory changed from /a/b to /c/b (WORKDIR on line 5); parent-rebuilt<9: follows line 9
			12 stage-output-changed<10: /src/out/app from stage build came out different
			13 parent-rebuilt<12: follows line 12`},
		{name: "argument by argument", edits: [][]edit{{replace("ARG VERSION=1", "ARG MAJOR=1\nARG VERSION=$MAJOR.0")}, {arg("MAJOR", "2")}}, want: `
			8 build-argument-changed: build argument MAJOR changed from 1 to 2; it is part of every RUN's environment below line 3
			9 parent-rebuilt<8: follows line 8
			10 build-argument-changed: build argument MAJOR changed from 1 to 2; it is part of every RUN's environment below line 3; parent-rebuilt<9: follows line 9
			12 stage-output-changed<10: /src/out/app from stage build came out different
			13 parent-rebuilt<12: follows line 12`},
		{name: "renamed stage", edits: [][]edit{{replace("build", "compile")}}},
		{name: "renamed stage and a file", edits: [][]edit{{replace("build", "compile"), file("go.mod", "y")}}, want: `
			6 files-changed: go.mod changed
			7 parent-rebuilt<6: follows line 6
			8 files-changed: go.mod changed; parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage compile came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "platform", edits: [][]edit{{func(_ *world, j *job) { j.platform = "linux/arm64" }}}, want: `
			2 state-changed: platform changed from linux/amd64 to linux/arm64
			5 parent-rebuilt<2: follows line 2
			6 parent-rebuilt<5: follows line 5
			7 state-changed: platform changed from linux/amd64 to linux/arm64; parent-rebuilt<6: follows line 6
			8 parent-rebuilt<7: follows line 7
			9 state-changed: platform changed from linux/amd64 to linux/arm64; parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			old, cur := play(c.file, c.edits)
			if diff := cmp.Diff(dedent(c.want), render(cur, Compare(old, cur))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// play builds once, and again after each list of edits. It returns the records of
// the last two builds, completed as history keeps them.
func play(file string, edits [][]edit) (old, cur *record.Record) {
	w := newWorld()
	j := job{file: file, context: appContext(), engine: "one"}
	if file == "" {
		j.file = app
	}
	cur = w.build(j)
	for _, list := range edits {
		j.noCache = ""
		for _, e := range list {
			e(w, &j)
		}
		old, cur = cur, w.build(j)
		CarryForward(old, cur)
	}
	return old, cur
}
