package explain

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/layerwise/layerwise/analyzer/record"
)

// steps makes a record of one stage: a step a line, "OUTCOME INSTRUCTION…", each
// with one operation on top of the step before, as change wants it.
func steps(text string, change ...func(*record.Record)) *record.Record {
	rec := &record.Record{ID: "r", Engine: record.Engine{CacheID: "one"}}
	before := ""
	for n, l := range strings.Split(strings.TrimSpace(text), "\n") {
		outcome, rest, _ := strings.Cut(strings.TrimSpace(l), " ")
		keyword, _, _ := strings.Cut(rest, " ")
		s := record.Step{ID: fmt.Sprint("s", n+1), Platform: "linux/amd64", Stage: "stage-0", Instruction: keyword, Text: rest, Line: n + 1,
			Outcome: record.Outcome(outcome), Seconds: 1}
		v := record.Vertex{Op: record.Op{Kind: "exec", Fields: map[string]string{"args": rest}}, Ran: s.Outcome == record.Miss || s.Outcome == record.StepFailed}
		switch keyword {
		case "FROM":
			s.Effect = record.EffectBase
			v.Op = record.Op{Kind: "source", Fields: map[string]string{"identifier": "docker-image://" + strings.TrimPrefix(rest, "FROM ")}}
		case "COPY", "ADD":
			v.Op = record.Op{Kind: "file", Fields: map[string]string{"actions": rest}}
		}
		if before != "" {
			v.Inputs = []record.Input{{Step: before}}
		}
		if s.Outcome != record.None {
			s.Vertices = []record.Vertex{v}
			before = s.ID
		}
		rec.Steps = append(rec.Steps, s)
	}
	for _, c := range change {
		c(rec)
	}
	read(rec)
	return rec
}

// on changes the vertex of the step on a line.
func on(line int, change func(*record.Vertex)) func(*record.Record) {
	return func(r *record.Record) { change(&r.Steps[line-1].Vertices[0]) }
}

// takes gives the step on a line one more input.
func takes(line int, in record.Input) func(*record.Record) {
	return on(line, func(v *record.Vertex) { v.Inputs = append(v.Inputs, in) })
}

func key(line int, key string) func(*record.Record) {
	return on(line, func(v *record.Vertex) { v.Key = key })
}

func field(line int, name, value string) func(*record.Record) {
	return on(line, func(v *record.Vertex) {
		v.Op.Fields = maps.Clone(v.Op.Fields)
		v.Op.Fields[name] = value
	})
}

func pin(line int, digest string) func(*record.Record) {
	return on(line, func(v *record.Vertex) { v.Pin = digest })
}

// takesImage gives a step an input of its own from an image.
func takesImage(line int, name, digest string) func(*record.Record) {
	source := "docker-image://" + name
	return func(r *record.Record) {
		takes(line, record.Input{Source: source, Hashed: true, Content: "c"})(r)
		s := &r.Steps[line-1]
		s.Vertices = append([]record.Vertex{{Op: record.Op{Kind: "source", Fields: map[string]string{"identifier": source}}, Pin: digest}}, s.Vertices...)
	}
}

func context(name, content string) record.Input {
	return record.Input{Source: name, Tree: name, Hashed: true, Content: content}
}

func inline(content, digest string) record.Input {
	return record.Input{Source: record.SourceInline, Hashed: true, Content: content, Files: map[string]string{"EOF": digest}}
}

func tree(name string, t record.Tree) func(*record.Record) {
	return func(r *record.Record) {
		if r.Trees == nil {
			r.Trees = map[string]record.Tree{}
		}
		r.Trees[name] = t
	}
}

// text gives a step another text than that of its operation.
func text(line int, text string) func(*record.Record) {
	return func(r *record.Record) { r.Steps[line-1].Text, r.Steps[line-1].Expanded = text, "RUN <<EOF (one...)" }
}

// repository gives the third step the source of git://x.org/r.
func repository(commit, attribute, value string) func(*record.Record) {
	return func(r *record.Record) {
		v := record.Vertex{Pin: commit, Op: record.Op{Kind: "source", Fields: map[string]string{"identifier": "git://x.org/r"}}}
		if value != "" {
			v.Op.Fields[attribute] = value
		}
		r.Steps[2].Vertices[0].Op.Fields = map[string]string{"actions": "the same"}
		r.Steps[2].Vertices = append(r.Steps[2].Vertices, v)
	}
}

func order(line int, names ...string) func(*record.Record) {
	return on(line, func(v *record.Vertex) { v.Op.EnvOrder = names })
}

// argsOf puts build arguments in scope.
func argsOf(line int, names ...string) func(*record.Record) {
	return func(r *record.Record) {
		r.Steps[line-1].Args = map[string]string{}
		for _, name := range names {
			r.Steps[line-1].Args[name] = ""
		}
	}
}

// ranASecond gives a step the second that it ran for.
func ranASecond(line int) func(*record.Record) {
	return func(r *record.Record) { r.Steps[line-1].Seconds = 1 }
}

// inFolder makes it a build of an embedded engine.
func inFolder(folder, id string) func(*record.Record) {
	return func(r *record.Record) { r.Engine = record.Engine{Kind: "embedded", Folder: folder, CacheID: id} }
}

func argument(value string) func(*record.Record) {
	return func(r *record.Record) { r.Steps[1].Args = map[string]string{"V": value} }
}

func bare(r *record.Record) {
	for i := range r.Steps {
		if i > 0 {
			r.Steps[i].DependsOn = []string{r.Steps[i-1].ID}
		}
		r.Steps[i].Vertices = nil
	}
}

func trigger(line int) func(*record.Record) {
	return func(r *record.Record) { r.Steps[line-1].Trigger, r.Steps[line-1].Line = true, 1 }
}

func TestCausesOfRecords(t *testing.T) {
	var (
		files   = record.Tree{{Path: "a", Type: "file", Mode: 0o644, Digest: "1"}}
		edited  = record.Tree{{Path: "a", Type: "file", Mode: 0o644, Digest: "2"}}
		fromA   = "hit FROM a\nmiss RUN x\nmiss RUN y"
		onlyRun = "hit FROM a\nhit RUN x\nmiss RUN y"
		link    = func(result record.Outcome) func(*record.Record) {
			return func(r *record.Record) {
				s := &r.Steps[2]
				s.Outcome = result
				s.Vertices[0].Inputs = []record.Input{{Source: record.SourceScratch}, context("context", "1")}
				s.Vertices = append(s.Vertices, record.Vertex{Op: record.Op{Kind: "merge"}, Inputs: []record.Input{{Step: "s2"}, {Source: record.SourceSelf}}})
			}
		}
		build = func(args map[string]string) func(*record.Record) {
			return func(r *record.Record) { r.BuildArgs = args }
		}
		remote = func(r *record.Record) {
			r.Steps[2].Vertices = append(r.Steps[2].Vertices, record.Vertex{Op: record.Op{Kind: "source", Fields: map[string]string{"identifier": "https://x.org/a"}}})
		}
		noCache = on(2, func(v *record.Vertex) { v.NoCache = true })
	)
	cases := []struct {
		name     string
		old, cur *record.Record
		want     string
	}{
		{"first build", nil, steps(fromA), `
			2 first-build: first recorded build
			3 first-build: first recorded build`},
		{"first build, no cache", nil, steps(fromA, noCache), `
			2 no-cache-requested: the build asked not to use the cache for it
			3 first-build: first recorded build`},
		{"failed and cancelled steps", nil, steps("miss FROM a\nfailed RUN x\ncanceled RUN y\nnot-run RUN z", func(r *record.Record) { r.Steps[2].Seconds = 0 }), `
			1 first-build: first recorded build
			2 first-build: first recorded build`},
		{"predicted", steps(fromA), steps("hit FROM a\nrun RUN z\nundecided RUN y"), `
			2 instruction-changed: instruction changed, was 'RUN x'`},
		{"no operations recorded", steps(fromA, bare), steps("hit FROM a\nmiss RUN z\nmiss RUN y", bare), `
			2 instruction-changed: instruction changed, was 'RUN x'
			3 parent-rebuilt<2: follows line 2`},
		{"no operations recorded, a line removed", steps(fromA, bare), steps("hit FROM a\nmiss RUN y", bare), `
			2 inputs-changed: 'RUN x' is no longer above it (was line 2)`},
		{"no operations recorded, pruned", steps(fromA, bare), steps(fromA, bare), `
			2 evicted: nothing changed, but its result is no longer in the engine's cache
			3 evicted: nothing changed, but its result is no longer in the engine's cache`},
		{"on top of one that was to run", steps(fromA), steps(fromA, noCache), `
			2 no-cache-requested: the build asked not to use the cache for it
			3 parent-rebuilt<2: follows line 2, which was run again`},
		{"same key, other fields", steps(onlyRun, key(3, "k")), steps(onlyRun, key(3, "k"), field(3, "x", "y")), `
			3 evicted: nothing changed, but its result is no longer in the engine's cache`},
		{"another key, same fields", steps(onlyRun, key(3, "k")), steps(onlyRun, key(3, "l")), `
			3 unknown: the engine's key of it changed, and the records do not tell what of it`},
		{"another base key, same fields", steps("miss FROM a", key(1, "k")), steps("miss FROM a", key(1, "l")), `
			1 unknown: the engine's key of it changed, and the records do not tell what of it`},
		{"pin of the base", steps("miss FROM a", key(1, "k"), on(1, func(v *record.Vertex) { v.Pin = "sha256:1" })), steps("miss FROM a", key(1, "l"), on(1, func(v *record.Vertex) { v.Pin = "sha256:2" })), `
			1 base-image-changed: a changed from sha256:1 to sha256:2`},
		{"pin of the base, the new one at hand", steps(onlyRun, on(1, func(v *record.Vertex) { v.Pin = "sha256:1" })), steps("hit FROM a\nmiss RUN x\nmiss RUN y", on(1, func(v *record.Vertex) { v.Pin = "sha256:2" })), `
			2 base-image-changed: base image of line 1: a changed from sha256:1 to sha256:2
			3 parent-rebuilt<2: follows line 2`},
		{"pin of the base on one side only", steps(onlyRun), steps(onlyRun, on(1, func(v *record.Vertex) { v.Pin = "sha256:2" })), `
			3 unknown: what line 1 'FROM a' resolved to is not recorded in both builds`},
		{"named context answers for the base", steps("miss FROM a"), steps("miss FROM a", field(1, "identifier", "docker-image://b")), `
			1 base-image-changed: resolves to 'b', was 'a'`},
		{"base under the name that files are taken from", steps("hit FROM a\nmiss COPY --from=b /x /", pin(1, "sha256:1"), takesImage(2, "b", "sha256:1")), steps("hit FROM b\nmiss COPY --from=b /x /", pin(1, "sha256:1")), `
			2 inputs-changed: it takes files from b, and builds on that now, too: one input, before two`},
		{"base under another name than files are taken from", steps("hit FROM b\nmiss COPY --from=b /x /", pin(1, "sha256:1")), steps("hit FROM a\nmiss COPY --from=b /x /", pin(1, "sha256:1"), takesImage(2, "b", "sha256:1")), `
			2 inputs-changed: it takes files from b, and no longer builds on that: two inputs, before one`},
		{"network option", steps(onlyRun), steps(onlyRun, field(3, "network", "HOST")), `
			3 state-changed: network is new: host`},
		{"network flag", steps("hit FROM a\nmiss RUN --network=none y"), steps("hit FROM a\nmiss RUN --network=host y", field(2, "network", "HOST")), `
			2 instruction-changed: instruction changed, was 'RUN --network=none y'`},
		{"an option in the operation", steps("miss COPY a /", build(map[string]string{"SOURCE_DATE_EPOCH": "17"}), field(1, "actions", `mkdir {"path":"/w","timestamp":17000000000}`)),
			steps("miss COPY a /", build(map[string]string{"SOURCE_DATE_EPOCH": "18"}), field(1, "actions", `mkdir {"path":"/w","timestamp":18000000000}`)), `
			1 build-argument-changed: build argument SOURCE_DATE_EPOCH changed from 17 to 18; it is the time of the folder that this makes`},
		{"a time that an argument only names", steps("miss COPY a /", build(map[string]string{"SOURCE_DATE_EPOCH": "context"}), field(1, "actions", `mkdir {"path":"/w","timestamp":17000000000}`)),
			steps("miss COPY a /", build(map[string]string{"SOURCE_DATE_EPOCH": "context"}), field(1, "actions", `mkdir {"path":"/w","timestamp":18000000000}`)), `
			1 build-argument-changed: what SOURCE_DATE_EPOCH=context stands for changed from 17 to 18`},
		{"what is made for it", steps("miss WORKDIR w", field(1, "actions", `mkdir {"path":"/a/w","mode":493}`)), steps("miss WORKDIR w", field(1, "actions", `mkdir {"path":"/b/w","mode":448,"owner":{"user":"x"}}`)), `
			1 state-changed: destination changed from /a/w to /b/w; state-changed: mode changed from 755 to 700; state-changed: owner is new: x`},
		{"hostname", steps(onlyRun, build(map[string]string{"BUILDKIT_SANDBOX_HOSTNAME": "a"}), field(3, "hostname", "a")), steps(onlyRun, build(map[string]string{"BUILDKIT_SANDBOX_HOSTNAME": "b"}), field(3, "hostname", "b")), `
			3 build-argument-changed: build argument BUILDKIT_SANDBOX_HOSTNAME changed from a to b`},
		{"space of cache mounts", steps(onlyRun, field(3, "mounts", "id=/c")), steps(onlyRun, build(map[string]string{"BUILDKIT_CACHE_MOUNT_NS": "n"}), field(3, "mounts", "id=n/c")), `
			3 build-argument-changed: build argument BUILDKIT_CACHE_MOUNT_NS is new: n`},
		{"command", steps(onlyRun, field(3, "args", "[a]")), steps(onlyRun, field(3, "args", "[b]")), `
			3 state-changed: its command changed from '[a]' to '[b]'`},
		{"order of variables", steps("none ENV A=1 B=2 C=3\nmiss RUN x", order(2, "PATH", "A", "B", "C")), steps("none ENV B=2 A=1 C=3\nmiss RUN x", order(2, "PATH", "B", "A", "C")), `
			2 environment-changed: the order of the environment variables changed from A, B to B, A (ENV on line 1)`},
		{"order of variables, and their key", steps("none ENV A=1\nnone ENV B=2\nmiss RUN x", order(3, "A", "B"), key(3, "k")), steps("none ENV B=2\nnone ENV A=1\nmiss RUN x", order(3, "B", "A"), key(3, "l")), `
			3 environment-changed: the order of the environment variables changed from A, B to B, A (line 1 to 2)`},
		{"order of arguments", steps("none ARG V\nnone ARG W\nmiss RUN x", order(3, "V", "W"), argsOf(3, "V", "W")), steps("none ARG W\nnone ARG V\nmiss RUN x", order(3, "W", "V"), argsOf(3, "V", "W")), `
			3 build-argument-changed: the order of the build arguments changed from V, W to W, V (line 1 to 2)`},
		{"order not recorded before", steps("none ENV A=1 B=2\nmiss RUN x"), steps("none ENV B=2 A=1\nmiss RUN x", order(2, "B", "A")), `
			2 evicted: nothing changed, but its result is no longer in the engine's cache`},
		{"one more variable, no other order", steps("none ENV A=1 B=2\nmiss RUN x", order(2, "A", "B")), steps("none ENV A=1 C=3 B=2\nmiss RUN x", order(2, "A", "C", "B")), `
			2 evicted: nothing changed, but its result is no longer in the engine's cache`},
		{"an operation that differs for no known reason", steps("miss COPY a /"), steps("miss COPY a /", field(1, "actions", "other")), `
			1 unknown: its definition changed (work on files), and the records do not tell why`},
		{"cancelled, and had a result before", steps(onlyRun), steps("hit FROM a\nhit RUN x\ncanceled RUN y", ranASecond(3)), ``},
		{"cancelled, and changed", steps(onlyRun), steps("hit FROM a\nhit RUN x\ncanceled RUN z", ranASecond(3)), `
			3 instruction-changed: instruction changed, was 'RUN y'`},
		{"the engine's folder was made anew", steps(onlyRun, inFolder("/a", "one")), steps(onlyRun, inFolder("/a", "two")), `
			3 evicted: nothing changed, but the engine's folder was made anew since the build before, and its cache was lost`},
		{"an engine in another folder", steps(onlyRun, inFolder("/a", "one")), steps(onlyRun, inFolder("/b", "two")), `
			3 other-engine: the build before ran on another engine`},
		{"the engine's folder, and the step changed", steps(onlyRun, inFolder("/a", "one"), key(3, "k")), steps(onlyRun, inFolder("/a", "two"), field(3, "args", "z"), text(3, "RUN z")), `
			3 instruction-changed: instruction changed, was 'RUN y'`},
		{"another engine's version", steps(onlyRun, key(3, "k"), func(r *record.Record) { r.Engine.Version = "v1" }), steps(onlyRun, key(3, "l"), func(r *record.Record) { r.Engine.Version = "v2" }), `
			3 unknown: the engine's key of it changed, and the records do not tell what of it; the engine is BuildKit v2, was v1`},
		{"heredoc", steps("hit FROM a\nmiss COPY <<EOF /", takes(2, inline("1", "1"))), steps("hit FROM a\nmiss COPY <<EOF /", takes(2, inline("2", "2"))), `
			2 files-changed: inline document EOF changed`},
		{"heredoc and a file", steps("hit FROM a\nmiss COPY <<EOF a /", takes(2, inline("1", "1")), takes(2, context("context", "1")), tree("context", files)),
			steps("hit FROM a\nmiss COPY <<EOF a /", takes(2, inline("2", "2")), takes(2, context("context", "2")), tree("context", edited)), `
			2 files-changed: inline document EOF changed; files-changed: a changed`},
		{"an argument in a heredoc", steps("hit FROM a\nmiss COPY <<EOF /$V", takes(2, inline("1", "1")), argument("1")), steps("hit FROM a\nmiss COPY <<EOF /$V", takes(2, inline("2", "2")), argument("2")), `
			2 build-argument-changed: build argument V changed from 1 to 2`},
		{"heredoc of a RUN", steps("hit FROM a\nmiss RUN x", text(2, "RUN <<EOF\none\ntwo\nEOF")), steps("hit FROM a\nmiss RUN y", text(2, "RUN <<EOF\none\n2\nEOF")), `
			2 instruction-changed: instruction changed, was 'two'`},
		{"heredoc of a RUN, longer", steps("hit FROM a\nmiss RUN x", text(2, "RUN <<EOF\none\nEOF")), steps("hit FROM a\nmiss RUN y", text(2, "RUN <<EOF\none\n2\nEOF")), `
			2 instruction-changed: instruction changed, now with '2'`},
		{"named context", steps(onlyRun, takes(3, context("lib", "1")), tree("lib", files)), steps(onlyRun, takes(3, context("lib", "2")), tree("lib", edited)), `
			3 files-changed: build context lib: a changed`},
		{"files not scanned", steps(onlyRun, takes(3, context("context", "1"))), steps(onlyRun, takes(3, context("context", "2"))), `
			3 files-changed: files of the build context changed`},
		{"checksum not known, files scanned", steps(onlyRun, takes(3, context("context", "")), tree("context", files)), steps(onlyRun, takes(3, context("context", "2")), tree("context", edited)), `
			3 files-changed: a changed`},
		{"checksum not known", steps(onlyRun, takes(3, context("context", ""))), steps(onlyRun, takes(3, context("context", "2"))), `
			3 unknown: the content of the build context is not known in the build before`},
		{"context mounted for writing", steps(onlyRun, takes(3, record.Input{Source: "context"})), steps(onlyRun, takes(3, record.Input{Source: "context"})), `
			3 inputs-changed: it can write to build context context, which no two builds share`},
		{"remote file on an engine that tells nothing", steps(onlyRun, takes(3, record.Input{Source: "https://x.org/a", Hashed: true}), remote), steps(onlyRun, takes(3, record.Input{Source: "https://x.org/a", Hashed: true}), remote), `
			3 unknown: the content of https://x.org/a is not known in either build`},
		{"git", steps(onlyRun, takes(3, record.Input{Source: "git://x.org/r", Hashed: true, Content: "1"})), steps(onlyRun, takes(3, record.Input{Source: "git://x.org/r", Hashed: true, Content: "2"})), `
			3 remote-source-changed: git://x.org/r has another content`},
		{"git, another option", steps("hit FROM a\nhit RUN x\nmiss ADD x.org/r", takes(3, record.Input{Source: "git://x.org/r", Hashed: true}), repository("1", "git.keepgitdir", "")),
			steps("hit FROM a\nhit RUN x\nmiss ADD --keep-git-dir x.org/r", takes(3, record.Input{Source: "git://x.org/r", Hashed: true}), repository("1", "git.keepgitdir", "true")), `
			3 instruction-changed: instruction changed, was 'ADD x.org/r'`},
		{"git, another option and another commit", steps("hit FROM a\nhit RUN x\nmiss ADD x.org/r", takes(3, record.Input{Source: "git://x.org/r", Hashed: true}), repository("1", "git.keepgitdir", "")),
			steps("hit FROM a\nhit RUN x\nmiss ADD --keep-git-dir x.org/r", takes(3, record.Input{Source: "git://x.org/r", Hashed: true}), repository("2", "git.keepgitdir", "true")), `
			3 instruction-changed: instruction changed, was 'ADD x.org/r'; remote-source-changed: git://x.org/r changed from 1 to 2`},
		{"git, only what has to be found", steps("hit FROM a\nhit RUN x\nmiss ADD x.org/r", takes(3, record.Input{Source: "git://x.org/r", Hashed: true}), repository("1", "", "")),
			steps("hit FROM a\nhit RUN x\nmiss ADD --checksum=1 x.org/r", takes(3, record.Input{Source: "git://x.org/r", Hashed: true}), repository("1", "git.checksum", "1")), `
			3 evicted: nothing changed, but its result is no longer in the engine's cache`},
		{"git context, its times", steps(onlyRun, takes(3, record.Input{Source: "git://x.org/r", Hashed: true}), repository("1", "", "")),
			steps(onlyRun, build(map[string]string{"SOURCE_DATE_EPOCH": "1"}), takes(3, record.Input{Source: "git://x.org/r", Hashed: true}), repository("1", "git.mtime", "commit")), `
			3 build-argument-changed: build argument SOURCE_DATE_EPOCH is new: 1`},
		{"git context, another one", steps(onlyRun, takes(3, record.Input{Source: "git://x.org/r", Hashed: true, Content: "1"})), steps(onlyRun, takes(3, record.Input{Source: "git://x.org/s", Hashed: true, Content: "2"})), `
			3 remote-source-changed: taken from 'git://x.org/s', was 'git://x.org/r'`},
		{"output changed though nothing ran", steps(onlyRun, takes(3, record.Input{Step: "s2", Hashed: true, Content: "1"})), steps(onlyRun, takes(3, record.Input{Step: "s2", Hashed: true, Content: "2"})), `
			3 stage-output-changed: files from stage stage-0 came out different`},
		{"output not known, its maker ran", steps(fromA, takes(3, record.Input{Step: "s2", Hashed: true, Content: "1"})), steps("hit FROM a\nmiss RUN x2\nmiss RUN y", takes(3, record.Input{Step: "s2", Hashed: true})), `
			2 instruction-changed: instruction changed, was 'RUN x'
			3 parent-rebuilt<2: follows line 2`},
		{"linked copy", steps("hit FROM a\nhit RUN x\nhit COPY --link a /\nhit RUN y", link(record.Hit)), steps("hit FROM a\nmiss RUN x2\nhit COPY --link a /\nmiss RUN y", link(record.Hit)), `
			2 instruction-changed: instruction changed, was 'RUN x'
			4 parent-rebuilt<2: follows line 2`},
		{"linked copy that ran", steps("hit FROM a\nhit RUN x\nhit COPY --link a /\nhit RUN y", link(record.Hit)), steps("hit FROM a\nhit RUN x\nmiss COPY --link b /\nmiss RUN y", link(record.Miss)), `
			3 instruction-changed: instruction changed, was 'COPY --link a /'
			4 parent-rebuilt<3: follows line 3`},
		{"new trigger", steps("hit FROM a\nhit RUN y"), steps("hit FROM a\nmiss RUN x\nmiss RUN y", trigger(2)), `
			1 new-step: new ONBUILD instruction of the base image
			3 parent-rebuilt<1: follows line 1 (ONBUILD)`},
		{"changed trigger", steps("hit FROM a\nhit RUN w\nhit RUN y", trigger(2)), steps("hit FROM a\nmiss RUN x\nmiss RUN y", trigger(2)), `
			1 instruction-changed: instruction changed, was 'RUN w'
			3 parent-rebuilt<1: follows line 1 (ONBUILD)`},
		{"new trigger that is one for the next image", steps("hit FROM a\nhit RUN y"), steps("hit FROM a\nnone ONBUILD RUN x\nhit RUN y", trigger(2)), ``},
		{"the same, and a step that lost its result", steps("hit FROM a\nhit RUN y"), steps("hit FROM a\nnone ONBUILD RUN x\nmiss RUN y", trigger(2)), `
			3 evicted: nothing changed, but its result is no longer in the engine's cache`},
		{"changed trigger for the next image", steps("hit FROM a\nnone ONBUILD RUN w\nhit RUN y", trigger(2)), steps("hit FROM a\nnone ONBUILD RUN x\nmiss RUN y", trigger(2)), `
			3 evicted: nothing changed, but its result is no longer in the engine's cache`},
		{"trigger for the next image that now runs here", steps("hit FROM a\nnone ONBUILD RUN x\nhit RUN y", trigger(2)), steps("hit FROM a\nmiss RUN x\nmiss RUN y", trigger(2)), `
			1 new-step: new ONBUILD instruction of the base image
			3 parent-rebuilt<1: follows line 1 (ONBUILD)`},
		{"cancelled before", steps("hit FROM a\ncanceled RUN x\nnot-run RUN y"), steps(fromA), `
			2 previous-incomplete: was cancelled in the build before
			3 previous-incomplete: was not reached in the build before`},
		{"no operation before", steps("hit FROM a\nnone WORKDIR /\nhit RUN y"), steps("hit FROM a\nmiss WORKDIR /\nmiss RUN y"), `
			2 previous-incomplete: its result was not needed in the build before
			3 parent-rebuilt<2: follows line 2`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(dedent(c.want), render(c.cur, Compare(c.old, c.cur))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
