package explain

import "testing"

func TestRequestsAndEngines(t *testing.T) {
	playAll(t, []game{
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
			2 import-missed: the imported cache has nothing for it; one that was exported with mode=min has no step of build, which is not in the image
			5 import-missed: the imported cache has nothing for it; one that was exported with mode=min has no step of build, which is not in the image
			6 import-missed: the imported cache has nothing for it; one that was exported with mode=min has no step of build, which is not in the image
			7 import-missed: the imported cache has nothing for it; one that was exported with mode=min has no step of build, which is not in the image
			8 import-missed: the imported cache has nothing for it; one that was exported with mode=min has no step of build, which is not in the image
			9 import-missed: the imported cache has nothing for it; one that was exported with mode=min has no step of build, which is not in the image
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
			7 instruction-changed: instruction changed, was 'RUN fail'
			8 previous-incomplete: was not reached in the build before; parent-rebuilt<7: follows line 7
			9 previous-incomplete: was not reached in the build before; parent-rebuilt<8: follows line 8
			11 previous-incomplete: was not reached in the build before; stage-output-changed<9: files from stage build came out different
			12 previous-incomplete: was not reached in the build before; parent-rebuilt<11: follows line 11`},
		{name: "failed and again", edits: [][]edit{{replace("RUN fetch", "RUN fail")}, {}}, want: `
			7 previous-incomplete: failed in the build before`},
		{name: "not needed before", edits: [][]edit{{func(_ *world, j *job) { j.target = "build" }, prune}, {func(_ *world, j *job) { j.target = "" }}}, want: `
			11 previous-incomplete: its stage was not needed in the build before
			12 previous-incomplete: its stage was not needed in the build before; parent-rebuilt<11: follows line 11`},
		{name: "new stage", edits: [][]edit{{replace("FROM scratch", "FROM alpine:3 AS more\nRUN make /more\nFROM scratch\nCOPY --from=more /more /")}}, want: `
			11 new-step: stage more is new
			13 new-step: new instruction; parent-rebuilt<11: follows line 11
			14 parent-rebuilt<13: follows line 13
			15 parent-rebuilt<14: follows line 14`},
	})
}
