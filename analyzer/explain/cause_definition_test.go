package explain

import "testing"

func TestDefinitions(t *testing.T) {
	playAll(t, []game{
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
		{name: "comment only", edits: [][]edit{{replace("RUN fetch", "RUN fetch \\\n# why\n--all")}, {replace("# why", "# why not")}}},
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
		{name: "platform", edits: [][]edit{{func(_ *world, j *job) { j.platform = "linux/arm64" }}}, want: `
			2 state-changed: platform changed from linux/amd64 to linux/arm64
			5 parent-rebuilt<2: follows line 2
			6 parent-rebuilt<5: follows line 5
			7 state-changed: platform changed from linux/amd64 to linux/arm64; parent-rebuilt<6: follows line 6
			8 parent-rebuilt<7: follows line 7
			9 state-changed: platform changed from linux/amd64 to linux/arm64; parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
		{name: "one ENV value removed", edits: [][]edit{{replace(" MODE=fast", "")}}, want: `
			7 environment-changed: environment variable MODE is no longer set, was fast (ENV on line 4)
			8 parent-rebuilt<7: follows line 7
			9 environment-changed: environment variable MODE is no longer set, was fast (ENV on line 4); parent-rebuilt<8: follows line 8
			11 stage-output-changed<9: /src/out/app from stage build came out different
			12 parent-rebuilt<11: follows line 11`},
	})
}
