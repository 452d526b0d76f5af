package explain

import "testing"

func TestSources(t *testing.T) {
	playAll(t, []game{
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
		{name: "cached base image", edits: [][]edit{{arg("BASE", "alpine:4")}, {arg("BASE", "alpine:3"), replace("WORKDIR /src", "WORKDIR /src\nRUN more")}, {arg("BASE", "alpine:4")}}, want: `
			6 build-argument-changed: build argument BASE changed from alpine:3 to alpine:4; FROM on line 2 takes it in
			7 parent-rebuilt<6: follows line 6
			8 parent-rebuilt<7: follows line 7
			9 parent-rebuilt<8: follows line 8
			10 parent-rebuilt<9: follows line 9
			12 stage-output-changed<10: /src/out/app from stage build came out different
			13 parent-rebuilt<12: follows line 12`},
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
		{name: "another stage by argument", edits: [][]edit{{twoStages}, {arg("BASE", "two")}}, want: `
			5 previous-incomplete: its stage was not needed in the build before
			6 previous-incomplete: its stage was not needed in the build before; parent-rebuilt<5: follows line 5
			8 build-argument-changed: build argument BASE changed from one to two; FROM on line 7 takes it in; parent-rebuilt<6: follows line 6`},
		{name: "another stage by text", edits: [][]edit{{twoStages}, {arg("BASE", "two")}, {replace("RUN three", "RUN four")}, {replace("FROM ${BASE}", "FROM one")}}, want: `
			8 inputs-changed: starts from something else: 'FROM one' on line 7, was 'FROM ${BASE}'`},
		{name: "an image in place of a stage", edits: [][]edit{{twoStages}, {replace("FROM ${BASE}", "FROM alpine:2")}}, want: `
			7 instruction-changed: instruction changed, was 'FROM ${BASE}'
			8 parent-rebuilt<7: follows line 7`},
		{name: "an image that is at hand in place of a stage", edits: [][]edit{{twoStages}, {arg("BASE", "alpine:2")}, {arg("BASE", "one")}, {replace("RUN three", "RUN four")},
			{replace("FROM ${BASE}", "FROM alpine:2")}}, want: `
			8 inputs-changed: starts from something else: 'FROM alpine:2@sha256:f28593c4b62356dd' on line 7, was 'FROM ${BASE}'`},
		{name: "a new stage in place of an image", edits: [][]edit{{twoStages, replace("FROM ${BASE}", "FROM alpine:2")},
			{replace("FROM alpine:2\nRUN three", "FROM alpine:2 AS new\nFROM new\nRUN three")}, {replace("RUN three", "RUN four")}}, want: `
			9 instruction-changed: instruction changed, was 'RUN three'`},
	})
}

func twoStages(_ *world, j *job) {
	j.file = `ARG BASE=one
FROM alpine:1 AS one
RUN one
RUN more
FROM alpine:2 AS two
RUN two
FROM ${BASE}
RUN three`
}
