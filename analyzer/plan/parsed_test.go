package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/dockerfile/scope"
	"github.com/layerwise/layerwise/analyzer/plan"
)

// TestParsed holds what the last instruction of a file has in a record.
func TestParsed(t *testing.T) {
	for text, want := range map[string]string{
		"FROM a\nRUN x":                                  `{"line":"RUN x"}`,
		"FROM a\nRUN x \\\n # no\n  && y $V\\$W":         `{"line":"RUN x && y $V\\$W","names":["V"]}`,
		"# escape=`\nFROM a\nRUN x `\n  y\\":             `{"line":"RUN x y\\"}`,
		"FROM a\nRUN [\"x\"]":                            `{"line":"RUN [\"x\"]","execForm":true}`,
		"FROM a\nRUN --mount=target=/x --network=none x": `{"line":"RUN --mount=target=/x --network=none x","flags":["--mount","--network"]}`,
		"FROM a\nRUN <<E\nx\nE":                          `{"line":"RUN <<E\nx\nE","heredoc":true}`,
		"ARG V=1\nFROM a:$V as B":                        `{"line":"FROM a:$V as B","names":["V"],"base":"a:1","stage":"B"}`,
		"FROM a\nUSER u\nWORKDIR /w\nCOPY a b":           `{"line":"COPY a b","relative":true,"workdir":"/w","user":"u"}`,
		"FROM a\nARG D=/d\nADD a $D":                     `{"line":"ADD a $D","names":["D"]}`,
		"FROM a\nWORKDIR w":                              `{"line":"WORKDIR w","relative":true}`,
		"FROM a\nARG V=1\nENV A=x$V \\\n B=2":            `{"line":"ENV A=x$V B=2","names":["V"],"sets":[{"name":"A","text":"x$V","names":["V"],"value":"x1"},{"name":"B","text":"2","value":"2"}]}`,
		"FROM a\nENV A b c":                              `{"line":"ENV A b c","sets":[{"name":"A","text":"b c","value":"b c"}]}`,
		"ARG V=1\nFROM a\nARG V W GIVEN=x":               `{"line":"ARG V W GIVEN=x","sets":[{"name":"V","value":"1"},{"name":"W"},{"name":"GIVEN","text":"x","value":"given"}]}`,
	} {
		f, err := dockerfile.Parse("Dockerfile", []byte(text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		scopes, err := scope.New(f, scope.Options{Args: map[string]string{"GIVEN": "given"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := scopes.Follow(); err != nil {
			t.Fatal(err)
		}
		all := f.All()
		in := all[len(all)-1]
		got, err := json.Marshal(plan.Parsed(f, scopes, in, scopes.At(in)))
		if err != nil {
			t.Fatal(err)
		}
		unescaped := strings.NewReplacer(`\u0026`, "&", `\u003c`, "<").Replace(string(got))
		if diff := cmp.Diff(strings.ReplaceAll(want, "\n", `\n`), unescaped); diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	}
}
