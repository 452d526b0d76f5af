package explain

import "testing"

func TestFiles(t *testing.T) {
	playAll(t, []game{
		{name: "two files", edits: [][]edit{{file("main.go", "y"), file("docs/b.md", "b")}}, want: `
			8 files-changed: docs/b.md added, main.go changed
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "many files", edits: [][]edit{{file("a", "1"), file("b", "1"), file("c", "1"), file("d", "1")}}, want: `
			8 files-changed: a, b and c added, and 1 more file
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "mixed files", edits: [][]edit{{file("a", "1"), file("main.go", ""), file("link", "->go.mod"), file("run.sh", "755:s")}}, want: `
			8 files-changed: a added, link points elsewhere, main.go removed, and 1 more file
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
			11 stage-output-changed<9: /src/out/app from stage build came out different; line 9 had the same inputs, so it is not reproducible
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
		{name: "renamed stage", edits: [][]edit{{replace("build", "compile")}}},
		{name: "renamed stage and a file", edits: [][]edit{{replace("build", "compile"), file("go.mod", "y")}}, want: `
			6 files-changed: go.mod changed
			7 parent-rebuilt<6: follows line 6
			8 files-changed: go.mod changed; parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage compile came out different
			12 parent-rebuilt<11: follows line 11`},
	})
}
