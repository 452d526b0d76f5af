package explain

import "testing"

func TestInputs(t *testing.T) {
	playAll(t, []game{
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
			6 inputs-changed: builds on line 5 'WORKDIR /src' now, on 'COPY go.mod ./' before
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
	})
}
