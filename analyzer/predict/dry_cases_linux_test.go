package predict_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
)

// edit is a change between two builds.
type edit struct {
	name string
	do   func(p *project)
}

func write(name, text string) edit {
	return edit{"write " + name, func(p *project) { p.write(name, text) }}
}

func remove(name string) edit {
	return edit{"remove " + name, func(p *project) {
		if err := os.Remove(filepath.Join(p.dir, name)); err != nil {
			p.t.Fatal(err)
		}
	}}
}

func replace(old, new string) edit {
	return edit{fmt.Sprintf("replace %q by %q", old, new), func(p *project) {
		path := filepath.Join(p.dir, "Dockerfile")
		text, err := os.ReadFile(path)
		if err != nil {
			p.t.Fatal(err)
		}
		if !strings.Contains(string(text), old) {
			p.t.Fatalf("%q is not in the Dockerfile", old)
		}
		p.write("Dockerfile", strings.Replace(string(text), old, new, 1))
	}}
}

func option(name string, set func(p *project)) edit { return edit{name, set} }

var (
	noCache      = option("no cache", func(p *project) { p.options.NoCache = true })
	cacheAgain   = option("cache again", func(p *project) { p.options.NoCache, p.options.NoCacheFilter = false, nil })
	onePlatform  = option("one platform", func(p *project) { p.options.Platforms = nil })
	twoPlatforms = option("two platforms", func(p *project) { p.options.Platforms = []string{"linux/amd64", "linux/arm64"} })
	prune        = option("prune", func(p *project) {
		if err := p.eng.Client().Prune(p.t.Context(), nil, client.PruneAll); err != nil {
			p.t.Fatal(err)
		}
	})
)

func noCacheFor(stages ...string) edit {
	return option(fmt.Sprint("no cache for ", stages), func(p *project) { p.options.NoCacheFilter = stages })
}

func target(name string) edit {
	return option("target "+name, func(p *project) { p.options.Target = name })
}

func argument(name, value string) edit {
	return option(name+"="+value, func(p *project) { p.options.BuildArgs = map[string]string{name: value} })
}

// pruneStep removes the result of one step from the engine's cache.
func pruneStep(description string) edit {
	return option("prune "+description, func(p *project) {
		usage, err := p.eng.Client().DiskUsage(p.t.Context())
		if err != nil {
			p.t.Fatal(err)
		}
		for _, u := range usage {
			if !strings.Contains(u.Description, description) {
				continue
			}
			if err := p.eng.Client().Prune(p.t.Context(), nil, client.PruneAll, client.WithFilter([]string{"id==" + u.ID})); err != nil {
				p.t.Fatal(err)
			}
			return
		}
		p.t.Fatalf("nothing in the cache is described as %q", description)
	})
}

const twoStages = `FROM busybox AS build
WORKDIR /src
COPY go.mod .
RUN cat go.mod > /deps
COPY . .
RUN cat main.go > /app
FROM busybox
RUN echo ran > /ran
COPY --from=build /app /app
RUN cat /app > /copy
`

// dryCases are Dockerfiles with edits; before each build, and after each edit, it
// is predicted what will run.
var dryCases = []struct {
	name  string
	files map[string]string
	edits []edit
}{
	{"two stages", map[string]string{"Dockerfile": twoStages, "go.mod": "m", "main.go": "1"}, []edit{
		write("main.go", "2"), write("main.go", "1"), write("go.mod", "n"), write("unused", "x"),
		replace("echo ran", "echo again"), replace("cat /app", "cat  /app"), write(".dockerignore", "unused"), remove("unused"),
		replace("RUN echo again > /ran\n", ""), prune,
	}},
	{"no cache", map[string]string{"Dockerfile": "FROM busybox AS a\nRUN echo a > /a\nRUN date +%N > /time\nFROM a AS b\nRUN echo b > /b\nFROM busybox\nCOPY --from=a /a /\nRUN echo c > /c\nCOPY --from=a /time /\nRUN echo d > /d\n"}, []edit{
		noCacheFor("a"), noCacheFor("a"), noCacheFor("stage-2"), noCache, cacheAgain, target("b"), noCacheFor("a"), cacheAgain, noCache,
	}},
	{"links", map[string]string{"Dockerfile": "FROM busybox AS a\nCOPY f /f\nFROM busybox\nRUN echo x > /x\nCOPY --link f /f\nCOPY --link --from=a /f /g\nRUN cat /f > /h\nADD --link --chown=1:1 g /\n", "f": "1", "g": "2"}, []edit{
		write("f", "2"), replace("echo x", "echo y"), write("f", "1"), write("g", "1"), noCache,
	}},
	{"mounts", map[string]string{"Dockerfile": `FROM busybox AS tool
RUN echo tool > /tool
COPY f /f
FROM busybox
RUN --mount=type=bind,source=f,target=/f cat /f > /a
RUN --mount=type=bind,from=tool,source=/tool,target=/tool cat /tool > /b
RUN --mount=type=bind,from=tool,target=/tool cat /tool/f > /c
RUN --mount=type=cache,target=/cache touch /cache/x
RUN --mount=type=bind,from=alpine,source=/bin,target=/mnt ls /mnt > /d
RUN --mount=type=secret,id=s,required=true cat /run/secrets/s
WORKDIR /w
RUN --mount=type=bind,target=.,rw touch written && ls > /e
`, "f": "1"}, []edit{
		write("f", "2"), write("f", "1"), replace("echo tool", "echo tools"), replace("touch /cache/x", "touch /cache/y"), write("new", ""),
	}},
	{"heredocs", map[string]string{"Dockerfile": "FROM busybox\nRUN <<EOF\necho a > /a\nEOF\nCOPY <<one <<two /docs/\n1\none\n2\ntwo\nRUN cat /docs/one > /b\nFROM busybox\nCOPY --from=0 /b /\n"}, []edit{
		replace("1\n", "3\n"), replace("echo a", "echo b"), replace("3\n", "1\n"),
	}},
	{"platforms", map[string]string{"Dockerfile": "FROM --platform=$BUILDPLATFORM busybox AS build\nARG TARGETARCH\nCOPY f /f\nRUN cat /f > /shared\nRUN echo $TARGETARCH > /arch\nFROM busybox\nCOPY --from=build /arch /\nCOPY --link --from=build /shared /\nCOPY f /g\n", "f": "1"}, []edit{
		twoPlatforms, write("f", "2"), onePlatform, write("f", "3"), twoPlatforms, noCache,
	}},
	{"twins", map[string]string{"Dockerfile": "FROM busybox AS a\nRUN echo a > /a\nCOPY f /f\nRUN cat /f > /g\nFROM busybox:latest AS b\nRUN echo a > /a\nCOPY f /f\nRUN cat /f > /g\nRUN echo b > /b\nFROM alpine AS c\nRUN echo c > /c\nFROM scratch\nCOPY --from=a /g /ga\nCOPY --from=b /g /gb\nCOPY --from=c /c /gc\n", "f": "1"}, []edit{
		write("f", "2"), replace("echo c", "echo d"), write("f", "1"), noCacheFor("b"),
	}},
	{"same files from two stages", map[string]string{"Dockerfile": "FROM busybox AS a\nRUN echo same > /f\nFROM busybox AS b\nRUN echo same > /f && true\nFROM busybox AS c\nCOPY --from=a /f /f\nRUN cat /f > /g\nFROM busybox AS d\nCOPY --from=b /f /f\nRUN cat /f > /g\nFROM scratch\nCOPY --from=c /g /c\nCOPY --from=d /g /d\n"}, []edit{
		replace("echo same", "echo  same"), replace("&& true", "&& true true"), noCacheFor("a", "b"),
	}},
	{"stage that comes out the same", map[string]string{"Dockerfile": "FROM busybox AS gen\nCOPY in /in\nRUN sort /in > /out\nFROM busybox AS mid\nCOPY --from=gen /out /out\nRUN wc -l < /out > /lines\nFROM busybox\nCOPY --from=mid /lines /\nRUN cat /lines > /x\nRUN --mount=type=bind,from=gen,source=/out,target=/o cat /o > /y\n", "in": "b\na\n"}, []edit{
		write("in", "a\nb\n"), write("in", "a\nc\n"), write("in", "a\n"), write("in", "b\na\n"),
	}},
	{"targets and unused stages", map[string]string{"Dockerfile": "FROM busybox AS a\nRUN echo a > /a\nFROM busybox AS b\nCOPY f /f\nFROM a AS c\nCOPY --from=b /f /f\n", "f": "1"}, []edit{
		target("a"), write("f", "2"), target("b"), target(""), write("f", "3"),
	}},
	{"arguments", map[string]string{"Dockerfile": "ARG BASE=busybox\nFROM $BASE\nARG V=1\nENV E=$V\nRUN echo x > /x\nWORKDIR /w\nUSER 1\nRUN echo > /tmp/y\nLABEL l=$V\n"}, []edit{
		argument("V", "2"), argument("BASE", "alpine"), argument("V", "1"), argument("HTTP_PROXY", "http://localhost:1"), replace("USER 1", "USER 2"), replace("WORKDIR /w", "WORKDIR /v"),
	}},
	{"missing file", map[string]string{"Dockerfile": "FROM busybox AS a\nRUN echo a > /a\nFROM busybox\nRUN echo b > /b\nCOPY f /f\nRUN cat /f > /g\nCOPY --from=a /a /\n", "f": "1"}, []edit{
		remove("f"), write("f", "2"), replace("/a /\n", "/missing /\n"), replace("/missing /\n", "/a /\n"), replace("echo a > /a", "echo a > /other"), prune, replace("/other", "/a"), remove("f"),
	}},
	{"step that fails", map[string]string{"Dockerfile": "FROM busybox\nRUN echo a > /a\nRUN test ! -e /b\nCOPY f /f\nRUN grep 1 /f\nRUN echo end > /end\n", "f": "1"}, []edit{
		write("f", "2"), write("f", "2"), write("f", "11"),
	}},
	{"pruned in part", map[string]string{"Dockerfile": "FROM busybox AS a\nRUN echo a > /a\nFROM a AS b\nRUN echo b > /b\nFROM busybox\nCOPY --from=a /a /\nCOPY --from=b /b /\nRUN echo c > /c\n"}, []edit{
		pruneStep("echo c >"), pruneStep("echo b >"), replace("echo c", "echo d"), replace("/b /\n", "/b /b2\n"), pruneStep("echo b >"), target("b"), pruneStep("echo a >"),
	}},
	{"parent gone", map[string]string{"Dockerfile": "FROM busybox AS x\nRUN echo x > /x\nFROM busybox AS a\nRUN echo a > /a\nFROM a AS u\nCOPY --from=x /x /x\nFROM scratch\nCOPY --from=u /x /\nCOPY --from=a /a /\n"}, []edit{
		replace("/a /\n", "/a /b\n"), pruneStep("echo a >"), replace("echo x", "echo  x"), replace("/a /b\n", "/a /c\n"),
	}},
	{"nothing to run", map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\n"}, []edit{
		replace("FROM scratch", "FROM busybox"), replace("FROM busybox", "FROM scratch\nCOPY Dockerfile /"), noCache,
	}},
	{"files of many kinds", map[string]string{"Dockerfile": "FROM busybox\nCOPY --parents src/*/a /p/\nCOPY --exclude=*.md . /e/\nCOPY src/*.txt /t/\nADD --chmod=600 src /s/\nCOPY --chown=1:1 f /\n", "src/1/a": "1", "src/2/a": "2", "src/x.txt": "x", "x.md": "m", "f": "f"}, []edit{
		write("src/1/a", "2"), write("src/3/a", "3"), write("x.md", "n"), remove("src/x.txt"), write("src/y.txt", "y"), write("f", "g"),
		option("chmod", func(p *project) {
			if err := os.Chmod(filepath.Join(p.dir, "f"), 0o755); err != nil {
				p.t.Fatal(err)
			}
		}),
	}},
	{"context behind another name", map[string]string{"Dockerfile": "FROM base\nCOPY f /x\nFROM busybox\nCOPY --from=more /g /\nRUN --mount=type=bind,from=more,target=/m cat /m/g > /h\nCOPY --from=0 /x /\n", "base/bin/x": "", "more/g": "1", "f": "1"}, []edit{
		write("more/g", "2"), write("base/x", "2"), write("more/g", "1"),
	}},
}

func TestDryRunAgainstBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	eng := startEngine(t)
	verdicts, undecided := 0, 0
	for _, c := range dryCases {
		t.Run(c.name, func(t *testing.T) {
			prune.do(&project{t: t, eng: eng})
			p := newProject(t, eng, c.files)
			p.options.Session = []session.Attachable{secretsprovider.FromMap(map[string][]byte{"s": []byte("secret")})}
			if _, ok := c.files["more/g"]; ok {
				p.options.Source.Named = map[string]string{"more": filepath.Join(p.dir, "more"), "base": filepath.Join(p.dir, "base")}
			}
			p.check("cold")
			p.check("nothing")
			for i, e := range c.edits {
				e.do(p)
				p.check(fmt.Sprintf("%d %s", i, e.name))
			}
			verdicts += p.verdicts
			undecided += p.undecided
			t.Logf("%d verdicts, %d undecided", p.verdicts, p.undecided)
		})
	}
	t.Logf("%d verdicts, %d undecided: %d %%", verdicts, undecided, 100*undecided/max(1, verdicts))
}

// What hangs on a step that would run is named.
func TestDryRunSaysWhatItHangsOn(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	p := newProject(t, startEngine(t), map[string]string{"Dockerfile": twoStages, "go.mod": "m", "main.go": "1"})
	p.build()
	p.write("main.go", "2")
	want := map[string]record.Outcome{
		"FROM busybox AS": record.Hit, "COPY go.mod": record.Hit, "RUN cat go.mod": record.Hit, "COPY . .": record.Run, "RUN cat main.go": record.Run,
		"RUN echo ran": record.Hit, "COPY --from": record.Undecided, "RUN cat /app": record.Undecided,
	}
	predicted := p.predict()
	for text, outcome := range want {
		for _, s := range predicted.Steps {
			if !strings.HasPrefix(s.Text, text) {
				continue
			}
			if s.Outcome != outcome {
				t.Errorf("%s: %s, want %s", s.Text, s.Outcome, outcome)
			}
			if hangs := strings.Join(s.HangsOn, ","); outcome == record.Undecided && hangs != "linux/amd64 build 6" {
				t.Errorf("%s hangs on %q", s.Text, hangs)
			}
		}
	}
}
