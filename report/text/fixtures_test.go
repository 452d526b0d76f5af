package text_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/report"
)

var now = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// step makes a step of the stage build; the id is "L" and the line.
func step(line int, text, effect, outcome string, edit ...func(*report.Step)) report.Step {
	s := report.Step{
		ID: fmt.Sprintf("L%d", line), Stage: "build", Platform: "linux/amd64",
		Instruction: strings.ToUpper(strings.Fields(text)[0]), Text: text,
		Line: line, EndLine: line + strings.Count(text, "\n"), Effect: record.Effect(effect), Outcome: record.Outcome(outcome),
	}
	for _, e := range edit {
		e(&s)
	}
	return s
}

func took(seconds float64) func(*report.Step) {
	return func(s *report.Step) { s.Seconds = seconds }
}

func saved(seconds float64) func(*report.Step) {
	return func(s *report.Step) { s.SavedSeconds = seconds }
}

// layer is one of so many bytes as stored, and thrice as many in files.
func layer(size int64) func(*report.Step) {
	content := 3 * size
	return func(s *report.Step) {
		s.Layers = append(s.Layers, report.Layer{Size: size, ContentSize: &content})
	}
}

// unread is a layer that the engine has no blob of.
func unread(size int64) func(*report.Step) {
	return func(s *report.Step) { s.Layers = append(s.Layers, report.Layer{Size: size}) }
}

// onDisk is what a step left on the engine's disk, which is no size of a layer.
func onDisk(size int64) func(*report.Step) { return func(s *report.Step) { s.DiskSize = &size } }

func hangs(on ...string) func(*report.Step) {
	return func(s *report.Step) { s.HangsOn = on }
}

func note(text string) func(*report.Step) { return func(s *report.Step) { s.Note = text } }

func stage(name string) func(*report.Step) { return func(s *report.Step) { s.Stage = name } }

func on(platform string) func(*report.Step) {
	return func(s *report.Step) {
		s.Platform = platform
		s.ID = platform + " " + s.ID
	}
}

func why(kind, message string) func(*report.Step) {
	return cause(report.Cause{Kind: explain.Kind(kind), Root: true, Message: message})
}

func cause(c report.Cause) func(*report.Step) {
	return func(s *report.Step) { s.Causes = append(s.Causes, c) }
}

func after(ids ...string) func(*report.Step) {
	return func(s *report.Step) {
		for _, id := range ids {
			s.Causes = append(s.Causes, report.Cause{Kind: "parent-rebuilt", Because: id, Message: "follows " + id})
		}
	}
}

// changed takes "+path" for added, "-path" for removed, "path" for new content.
func changed(more int, files ...string) func(*report.Step) {
	c := report.Cause{Kind: "files-changed", Root: true, Message: "files changed", MoreFiles: more}
	for _, f := range files {
		change := "content"
		switch f[0] {
		case '+':
			change, f = "added", f[1:]
		case '-':
			change, f = "removed", f[1:]
		}
		c.Files = append(c.Files, report.FileChange{Path: f, Change: record.ChangeKind(change)})
	}
	return cause(c)
}

func first() func(*report.Step) { return why("first-build", "nothing was recorded before") }

// built makes a report of one build on the embedded engine.
func built(kind report.Kind, b report.BuildReport) *report.Report {
	return &report.Report{Schema: report.Schema, Kind: kind, Builds: []report.BuildReport{on1(b)}}
}

func on1(b report.BuildReport) report.BuildReport {
	if b.Dockerfile == "" {
		b.Dockerfile, b.Context = "Dockerfile", "."
	}
	if b.Platforms == nil {
		b.Platforms = []string{"linux/amd64"}
	}
	if b.Engine.Kind == "" {
		b.Engine = report.Engine{Kind: "embedded", Isolation: "runc"}
	}
	if b.Result == "" {
		b.Result = "succeeded"
	}
	return b
}

func since(d time.Duration) *time.Time {
	t := now.Add(-d)
	return &t
}

func firstBuild() *report.Report {
	return built(report.Build, report.BuildReport{
		Target: "final", Seconds: 44.1,
		Engine:   report.Engine{Kind: "embedded", Isolation: "builtin"},
		StandIns: []report.StandIn{{Ref: "golang:1.26", By: "playground"}, {Ref: "busybox:1.37", By: "playground"}},
		Steps: []report.Step{
			step(1, "ARG VERSION=1", "none", "none"),
			step(2, "FROM golang:1.26 AS build", "base", "miss", first(), took(1.4)),
			step(3, "WORKDIR /src", "layer", "miss", first()),
			step(4, "COPY go.mod go.sum ./", "layer", "miss", took(0.1), first(), after("L3")),
			step(5, "RUN go mod download", "layer", "miss", took(31), onDisk(48_004_096), first(), after("L4")),
			step(6, "COPY . .", "layer", "miss", took(0.1), first(), after("L5")),
			step(7, "RUN --mount=type=cache,target=/root/.cache \\\n    # faster\n    go build \\\n      -o /app .", "layer", "miss", took(9.8), first(), after("L6")),
			step(12, "FROM busybox:1.37 AS final", "base", "miss", took(0.6), stage("final"), first()),
			step(13, "ENV MODE=production", "metadata", "none", stage("final"), note("metadata")),
			step(14, "COPY --from=build /app /app", "layer", "miss", took(0.1), layer(12_100_000), stage("final"), first()),
			step(15, "RUN <<EOF cat > /etc/motd\nhello\nEOF", "layer", "miss", took(0.2), layer(131), stage("final"), first()),
			step(18, `ENTRYPOINT ["/app"]`, "metadata", "none", stage("final")),
		},
		Summary: report.Summary{Misses: 8, Roots: 8, SecondsRun: 43.3},
	})
}

func sourceEdit() *report.Report {
	return built(report.Build, report.BuildReport{
		Target: "final", Baseline: "x", BaselineStarted: since(4 * time.Minute), Seconds: 10.9,
		Steps: []report.Step{
			step(1, "FROM golang:1.26 AS build", "base", "hit", saved(0.4)),
			step(3, "COPY go.mod go.sum ./", "layer", "hit", layer(1_200)),
			step(4, "RUN go mod download", "layer", "hit", unread(48_000_000), saved(31)),
			step(5, "COPY . .", "layer", "miss", layer(310_000), took(0.1), changed(0, "main.go", "+internal/a.go")),
			step(6, "RUN go build -o /app .", "layer", "miss", layer(12_000_000), took(9.8), after("L5")),
			step(8, "FROM scratch AS final", "base", "none", stage("final")),
			step(9, "COPY --from=build /app /app", "layer", "miss", layer(12_000_000), took(0.1), stage("final"),
				cause(report.Cause{Kind: "stage-output-changed", Root: true, Message: "/app from stage build came out different",
					Files: []report.FileChange{{Path: "/app", Change: "content"}}})),
			step(10, `ENTRYPOINT ["/app"]`, "metadata", "none", stage("final")),
		},
		Roots: []report.Root{
			{Step: "L5", Steps: []string{"L5", "L6"}, Seconds: 9.9},
			{Step: "L9", Steps: []string{"L9"}, Seconds: 0.1},
		},
		Summary: report.Summary{Hits: 3, Misses: 3, Roots: 2, SecondsRun: 10, SecondsSaved: 31},
	})
}

func manyCauses() *report.Report {
	return built(report.Build, report.BuildReport{
		Context: "services/api", Dockerfile: "docker/api.Dockerfile", Baseline: "x", BaselineStarted: since(26 * time.Hour), Seconds: 95,
		Engine:   report.Engine{Kind: "remote", Address: "docker-container://builder"},
		Warnings: []string{"# syntax=docker/dockerfile:1.4 was not used: the built-in frontend read the file"},
		Steps: []report.Step{
			step(1, "FROM node:22", "base", "miss", took(3), cause(report.Cause{Kind: "base-image-changed", Root: true, Message: "node:22 resolves to another digest",
				Old: "sha256:" + strings.Repeat("a1", 32), New: "sha256:" + strings.Repeat("b2", 32)})),
			step(2, "RUN npm ci --omit=dev", "layer", "miss", took(61.5), after("L1"),
				cause(report.Cause{Kind: "instruction-changed", Root: true, Message: "its text changed", Old: "RUN npm ci", New: "RUN npm ci --omit=dev"}),
				cause(report.Cause{Kind: "build-argument-changed", Root: true, Message: "build argument REGISTRY changed", Old: "a.example", New: "b.example"})),
			step(3, "COPY public src ./", "layer", "miss", took(0.4), after("L2"),
				changed(12, "src/a.js", "src/b.js", "-src/old.js", "src/c.js", "src/d.js")),
			step(4, "COPY bin/run.sh /usr/local/bin/", "layer", "miss", took(0.1),
				cause(report.Cause{Kind: "files-changed", Root: true, Files: []report.FileChange{{Path: "bin/run.sh", Change: "mode"}}})),
			step(5, "COPY --from=assets /dist /srv", "layer", "miss", took(12), after("L3", "L4"),
				cause(report.Cause{Kind: "stage-output-changed", Root: true, Message: "/dist from stage assets came out different", MoreFiles: 2,
					Files: []report.FileChange{{Path: "dist/app.css", Change: "content"}, {Path: "dist/app.js", Change: "content"}}})),
			step(6, "RUN npm test", "layer", "unused", stage("test"), note("stage test is not needed for the target")),
			step(7, "COPY report /", "layer", "unused", stage("test"), note("stage test is not needed for the target")),
		},
		Roots: []report.Root{
			{Step: "L1", Steps: []string{"L1", "L2", "L3", "L5"}, Seconds: 76.9},
			{Step: "L2", Steps: []string{"L2", "L3", "L5"}, Seconds: 73.9},
			{Step: "L3", Steps: []string{"L3", "L5"}, Seconds: 12.4},
			{Step: "L4", Steps: []string{"L4", "L5"}, Seconds: 12.1},
		},
		Summary: report.Summary{Misses: 5, Roots: 4, Unused: 2, SecondsRun: 77},
	})
}

func failing() *report.Report {
	return built(report.Build, report.BuildReport{
		Baseline: "x", BaselineStarted: since(30 * time.Second), Seconds: 4.4, Result: "failed",
		Error: "process \"/bin/sh -c npm ci\" did not complete successfully: exit code: 1\n" +
			"Dockerfile:3\n--------------------\n   2 |     COPY package.json ./\n   3 | >>> RUN npm ci\n   4 |     COPY . .\n--------------------",
		Steps: []report.Step{
			step(1, "FROM node:22", "base", "hit"),
			step(2, "COPY package.json ./", "layer", "miss", took(0.1), changed(0, "package.json")),
			step(3, "RUN npm ci", "layer", "failed", took(4.1), after("L2")),
			step(4, "COPY . .", "layer", "not-run"),
			step(5, "COPY --from=other /x /x", "layer", "canceled", took(0.3)),
			step(6, "CMD node .", "metadata", "none"),
		},
		Roots:   []report.Root{{Step: "L2", Steps: []string{"L2", "L3"}, Seconds: 4.2}},
		Summary: report.Summary{Hits: 1, Misses: 1, Roots: 1, NotRun: 1, SecondsRun: 4.2},
	})
}

// failed says with what error a step failed.
func failed(message string) func(*report.Step) {
	return func(s *report.Step) { s.Error = message }
}

// severalFail has three steps that fail at once. The error of the last one has
// ended the build.
func severalFail() *report.Report {
	return built(report.Build, report.BuildReport{
		Baseline: "x", BaselineStarted: since(30 * time.Second), Seconds: 0.4, Result: "failed", Error: `"/missing.tar.gz": not found`, FailedStep: "L4",
		Steps: []report.Step{
			step(1, "FROM busybox", "base", "not-run"),
			step(2, "COPY ../x /", "layer", "failed", failed(`"/x": not found`)),
			step(3, "COPY /etc/passwd /p", "layer", "failed", failed(`"/etc/passwd": not found`)),
			step(4, "ADD missing.tar.gz /", "layer", "failed", failed(`"/missing.tar.gz": not found`)),
		},
	})
}

// predictedFailure has a file missing in a stage whose FROM has nothing to run.
func predictedFailure() *report.Report {
	return built(report.Predict, report.BuildReport{
		Baseline: "x", BaselineStarted: since(30 * time.Second), Result: "none", Error: `"/etc/passwd": not found`,
		Steps: []report.Step{
			step(1, "FROM busybox", "base", "none"),
			step(2, "COPY --from=busybox /etc/passwd /p", "layer", "failed"),
		},
	})
}

func multiPlatform() *report.Report {
	var steps []report.Step
	for _, p := range []string{"linux/amd64", "linux/arm64"} {
		slow := 9.8
		if p == "linux/arm64" {
			slow = 74
		}
		steps = append(steps,
			step(1, "FROM golang:1.26 AS build", "base", "hit", on(p)),
			step(2, "COPY . .", "layer", "miss", on(p), took(0.1), layer(310_000), changed(0, "main.go")),
			step(3, "RUN go build -o /app .", "layer", "miss", on(p), took(slow), layer(12_000_000), after(p+" L2")),
		)
	}
	return built(report.Build, report.BuildReport{
		Platforms: []string{"linux/amd64", "linux/arm64"}, Baseline: "x", BaselineStarted: since(3 * time.Hour), Seconds: 75,
		Steps: steps,
		Roots: []report.Root{
			{Step: "linux/arm64 L2", Steps: []string{"linux/arm64 L2", "linux/arm64 L3"}, Seconds: 74.1},
			{Step: "linux/amd64 L2", Steps: []string{"linux/amd64 L2", "linux/amd64 L3"}, Seconds: 9.9},
		},
		Summary: report.Summary{Hits: 2, Misses: 4, Roots: 2, SecondsRun: 84},
	})
}

func hostile() *report.Report {
	return built(report.Build, report.BuildReport{
		Target: "final\x1b]0;owned\a", Baseline: "x", BaselineStarted: since(time.Hour), Seconds: 1,
		StandIns: []report.StandIn{{Ref: "evil\u202egnp.exe:1", By: "play\rground"}},
		Warnings: []string{"one\ntwo"},
		Steps: []report.Step{
			step(1, "FROM busybox AS \x1b[31mred\x1b[0m", "base", "hit"),
			step(2, "COPY 日本語のファイル名.txt 한국어.txt /名前/", "layer", "miss", took(0.1), layer(1), changed(0, "日本語のファイル名.txt", "new\nline.txt", "esc\x1b[2J.txt")),
			step(3, "RUN echo \xff\xfe \u00a0\u200b\u2066bidi\u2069 é", "layer", "miss", took(0.1), layer(999_600), why("state-changed", "\u009b31m\u2028x")),
			step(4, "COPY a\u0301e\u0301 👩‍👩‍👧 ./", "layer", "hit", layer(9_960)),
		},
		Roots:   []report.Root{{Step: "L2", Steps: []string{"L2"}, Seconds: 0.1}},
		Summary: report.Summary{Hits: 2, Misses: 2, Roots: 2, SecondsRun: 0.2},
		Result:  "failed", Error: "bad\x1b[1A thing\r\nsecond\tline\x07",
	})
}

// builds of one Dockerfile: marks has one letter a step and build.
func experiment(labels []string, marks []string, edit func(n int, b *report.BuildReport)) *report.Report {
	r := &report.Report{Schema: report.Schema, Kind: report.Rebuild}
	texts := []string{"FROM node:22 AS deps", "COPY package.json ./", "RUN npm ci", "COPY src src", "RUN npm run build", "EXPOSE 8080"}
	outcomes := map[byte]string{'h': "hit", 'M': "miss", 'm': "miss", 'F': "failed", 'n': "not-run"}
	for n, label := range labels {
		b := on1(report.BuildReport{Label: label, Seconds: 0.3, Engine: report.Engine{Kind: "embedded", Isolation: "builtin"}})
		for i, text := range texts {
			s := step(i+1, text, "layer", "none")
			if i == len(texts)-1 {
				s.Effect = "metadata"
			} else {
				m := marks[n][i]
				s.Outcome = record.Outcome(outcomes[m])
				switch {
				case n == 0:
					first()(&s)
				case m == 'M':
					changed(0, "package.json", "src/app.js")(&s)
				case m == 'm':
					after("L" + fmt.Sprint(i))(&s)
				}
				switch s.Outcome {
				case "hit":
					b.Summary.Hits++
					b.Summary.SecondsSaved += 2
				case "miss":
					b.Summary.Misses++
					b.Summary.SecondsRun += 2
					s.Seconds = 2
				}
				if m == 'M' && n > 0 {
					root := report.Root{Step: s.ID, Seconds: 2}
					for j := i; j < len(marks[n]) && (j == i || marks[n][j] == 'm'); j++ {
						root.Steps = append(root.Steps, fmt.Sprintf("L%d", j+1))
						root.Seconds += 2
					}
					b.Roots = append(b.Roots, root)
				}
			}
			b.Steps = append(b.Steps, s)
		}
		b.Seconds += b.Summary.SecondsRun
		if edit != nil {
			edit(n, &b)
		}
		r.Builds = append(r.Builds, b)
	}
	return r
}

func scenario() *report.Report {
	return experiment(
		[]string{"cold", "unchanged", "edit src/app.js", "touch src/app.js", "edit package.json", "break the build"},
		[]string{"MMMMM", "hhhhh", "hhhMm", "hhhhh", "hMmmm", "hhhMF"},
		func(n int, b *report.BuildReport) {
			b.StandIns = []report.StandIn{{Ref: "node:22", By: "playground"}}
			if n == 5 {
				b.Result, b.Error = "failed", "process \"/bin/sh -c npm run build\" did not complete successfully: exit code: 1"
			}
		})
}

func longScenario() *report.Report {
	var labels, marks []string
	for i := range 24 {
		labels = append(labels, fmt.Sprintf("edit src/file%d.js", i+1))
		marks = append(marks, []string{"MMMMM", "hhhhh", "hhhMm", "hMmmm", "hhhMF", "hhFnn"}[i%6])
	}
	return experiment(labels, marks, nil)
}

// editedDockerfile has a line put in before the third build, one changed in the
// fourth and changed back in the fifth.
func editedDockerfile() *report.Report {
	labels := []string{"cold", "unchanged", "add a line", "change a line", "change it back"}
	marks := []string{"MMMMM", "hhhhh", "hhmmm", "hhmmm", "hhhhh"}
	return experiment(labels, marks, func(n int, b *report.BuildReport) {
		if n < 2 {
			return
		}
		for i := range b.Steps {
			if b.Steps[i].Line > 2 {
				b.Steps[i].Line++
			}
		}
		added := step(3, "RUN apt-get update", "layer", "hit")
		added.ID = "added"
		if n == 2 {
			added.Outcome = "miss"
			why("new-step", "the instruction was not there before")(&added)
			b.Roots = []report.Root{{Step: "added", Steps: []string{"added", "L3", "L4", "L5"}, Seconds: 7}}
		}
		steps := append([]report.Step{}, b.Steps[:2]...)
		b.Steps = append(append(steps, added), b.Steps[2:]...)
		if n == 3 {
			b.Steps[3].Text = "RUN npm ci --omit=dev"
			b.Steps[3].Causes = []report.Cause{{Kind: "instruction-changed", Root: true, Message: "its text changed", Old: "RUN npm ci", New: "RUN npm ci --omit=dev"}}
			b.Roots = []report.Root{{Step: "L3", Steps: []string{"L3", "L4", "L5"}, Seconds: 6}}
		}
	})
}

func explained() *report.Report {
	parts := func(p ...report.KeyPart) func(*report.Step) { return func(s *report.Step) { s.KeyParts = p } }
	downs := func(ids ...string) func(*report.Step) { return func(s *report.Step) { s.TakesDown = ids } }
	text := report.KeyPart{Kind: "text", Message: "its text"}
	return built(report.Explain, report.BuildReport{
		Target: "final", Result: "none", Engine: report.Engine{Kind: "none"}, Basis: "static",
		Steps: []report.Step{
			step(1, "FROM golang:1.26 AS build", "base", "none", parts(report.KeyPart{Kind: "base", Message: "the digest of golang:1.26"}), downs("L3", "L4", "L5", "L6", "L9")),
			step(3, "COPY go.mod go.sum ./", "layer", "none", parts(text, report.KeyPart{Kind: "files", Message: "go.mod, go.sum", Files: 2, Size: 1204}), downs("L4", "L5", "L6", "L9")),
			step(4, "RUN --mount=type=bind,source=tools,target=/tools go mod download", "layer", "none", parts(text, report.KeyPart{Kind: "stage", Message: "line 3"},
				report.KeyPart{Kind: "mount", Message: "tools", Files: 1, Size: 310_000},
				report.KeyPart{Kind: "environment", Message: "PATH, GOPATH and GOTOOLCHAIN of the base image"}), downs("L5", "L6", "L9")),
			step(5, "COPY . .", "layer", "none", parts(text, report.KeyPart{Kind: "files", Message: "everything that .dockerignore leaves", Files: 212, Size: 2_300_000}), downs("L6", "L9")),
			step(6, "RUN go build -o /app .", "layer", "none", parts(text, report.KeyPart{Kind: "argument", Message: "build argument VERSION"}), downs("L9")),
			step(8, "FROM scratch AS final", "base", "none", stage("final")),
			step(9, "COPY --from=build /app /app", "layer", "none", stage("final"), parts(text, report.KeyPart{Kind: "stage", Message: "/app of stage build"})),
			step(10, `ENTRYPOINT ["/app"]`, "metadata", "none", stage("final")),
		},
	})
}

func predicted() *report.Report {
	return built(report.Predict, report.BuildReport{
		Target: "final", Baseline: "x", BaselineStarted: since(4 * time.Minute), Result: "none", Basis: "predicted",
		Steps: []report.Step{
			step(1, "FROM golang:1.26 AS build", "base", "hit"),
			step(4, "RUN go mod download", "layer", "hit", saved(31)),
			step(5, "COPY . .", "layer", "run", took(0.2), changed(0, "main.go", "+internal/a.go")),
			step(6, "RUN go build -o /app .", "layer", "run", took(9.7), after("L5")),
			step(7, "RUN --mount=from=data,target=/data check /data", "layer", "undecided", hangs("docker-image://docker.io/library/data:1@sha256:00")),
			step(9, "COPY --from=build /app /app", "layer", "undecided", stage("final"), hangs("L6")),
			step(10, "COPY --from=build /doc /doc", "layer", "undecided", stage("final"), hangs("L5", "L6", "src", "https://example.com/a", "https://example.com/b")),
			step(11, "RUN link", "layer", "undecided", stage("final"), note("the engine's cache was pruned since it ran")),
			step(12, `ENTRYPOINT ["/app"]`, "metadata", "none", stage("final")),
		},
		Roots:   []report.Root{{Step: "L5", Steps: []string{"L5", "L6"}, Seconds: 9.9}},
		Summary: report.Summary{Hits: 2, SecondsRun: 9.9, SecondsSaved: 31},
	})
}

func compared() *report.Report {
	r := sourceEdit()
	r.Kind = report.Compare
	r.Builds[0].ID = "20260314-150426-7f3a"
	r.Builds[0].Started = now.Add(-5 * time.Minute)
	r.Builds[0].Baseline = "20260312-091500-c001"
	r.Builds[0].BaselineStarted = since(2*24*time.Hour + 5*time.Hour)
	return r
}

func linted() *report.Report {
	return &report.Report{Schema: report.Schema, Kind: report.Lint, Files: []string{"Dockerfile", "api/Dockerfile", "web/Dockerfile"}, Findings: []report.Finding{
		{Rule: "copy-before-install", Severity: "warning", File: "api/Dockerfile", Line: 5, Column: 1, Basis: "static",
			Message: "COPY . . stands before RUN npm ci, so that every source edit installs all packages again",
			URL:     "https://example.com/rules/copy-before-install",
			Source:  []string{"COPY . ."},
			Fix:     &report.Fix{Message: "copy package.json and package-lock.json first", Safety: "review"}},
		{Rule: "no-such-stage", Severity: "error", File: "api/Dockerfile", Line: 12, Column: 13, EndLine: 12, EndColumn: 17, Basis: "static", Message: "there is no stage bild",
			Source: []string{"COPY\t--from=bild /usr/local/lib/python3.14/site-packages /usr/local/lib/python3.14/site-packages"}},
		{Rule: "far-right", Severity: "warning", File: "api/Dockerfile", Line: 14, Column: 73, EndLine: 14, EndColumn: 81, Basis: "static", Message: "the end of a long line",
			Source: []string{"RUN apt-get update && apt-get install -y --no-install-recommends curl git make gcc g++ pkg-config && rm -rf /var/lib/apt/lists/*"},
			Fix:    &report.Fix{Message: "leave it out", Safety: "safe"}},
		{Rule: "package-cache-left", Severity: "warning", File: "web/Dockerfile", Line: 99, EndLine: 104, Basis: "static", Message: "five lines\x1b[0m",
			Source: []string{"RUN a \\", "\x1b[31m  b \\", "\tc \\", "d \\", "e \\", "f"}},
		{Rule: "rebuilt-often", Severity: "info", File: "web/Dockerfile", Line: 3, Basis: "observed", Message: "missed in 9 of the last 10 builds\x1b[0m"},
	}}
}
