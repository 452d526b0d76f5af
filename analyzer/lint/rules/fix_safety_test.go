package rules

import (
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

// TestFixSafety wants a fix to call itself safe only where the image cannot
// change.
func TestFixSafety(t *testing.T) {
	const install = "RUN apt-get update && apt-get install -y nginx\n"
	tests := []struct {
		name, rule, dockerfile string
		want                   finding.Safety // "" for no fix
	}{
		{"labels leave no order behind", "changing-arg-early", "FROM debian:12\nARG VCS_REF\nLABEL a=$VCS_REF\n" + install, finding.Safe},
		{"the order of variables is part of the image", "changing-arg-early", "FROM debian:12\nARG VCS_REF\nENV A=$VCS_REF\n" + install, finding.Review},
		{"packages of a language may run scripts", "changing-arg-early", "FROM node:22\nARG VCS_REF\nRUN npm ci\n", finding.Review},
		{"some programs read this one", "changing-arg-early", "FROM debian:12\nARG SOURCE_DATE_EPOCH\n" + install, finding.Review},

		{"two steps in a row", "removed-in-later-layer", "FROM debian:12\nRUN curl -o /tmp/a https://example.com/a\nRUN rm /tmp/a\n", finding.Safe},
		{"a comment would be lost", "removed-in-later-layer", "FROM debian:12\nRUN curl -o /tmp/a https://example.com/a\n# why\nRUN rm /tmp/a\n", ""},
		{"another user", "removed-in-later-layer", "FROM debian:12\nRUN curl -o /tmp/a https://example.com/a\nUSER app\nRUN rm /tmp/a\n", ""},
		{"a folder that cd changes", "removed-in-later-layer", "FROM debian:12\nWORKDIR /tmp\nRUN curl -o a https://example.com/a && cd /\nRUN rm a\n", ""},
		{"other mounts", "removed-in-later-layer", "FROM debian:12\nRUN --network=host curl -o /tmp/a https://example.com/a\nRUN rm /tmp/a\n", ""},
		{"a failure that does not count", "removed-in-later-layer", "FROM debian:12\nRUN curl -o /tmp/a https://example.com/a\nRUN rm /tmp/b; rm /tmp/a\n", ""},
		{"a background process", "removed-in-later-layer", "FROM debian:12\nRUN curl -o /tmp/a https://example.com/a && sleep 1 &\nRUN rm /tmp/a\n", ""},

		{"folders that were there keep their owner", "recursive-chown", "FROM node:22\nCOPY . /app\nRUN chown -R node /app\n", finding.Review},
		{"a name that only the shell knows", "recursive-chown", "FROM node:22\nCOPY . /app\nRUN chown -R $(id -u) /app\n", ""},
		{"more than the copy", "recursive-chown", "FROM node:22\nCOPY . /srv/app\nRUN chown -R node /srv\n", finding.Review},
		{"nobody knows what is a link", "copied-twice", "FROM node:22\nCOPY . .\nCOPY a.js ./\n", finding.Review},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found := findings(t, test.rule, test.dockerfile)
			if len(found) != 1 {
				t.Fatalf("%d findings", len(found))
			}
			got := finding.Safety("")
			if f := found[0].Fix; f != nil {
				got = f.Safety
			}
			if got != test.want {
				t.Errorf("the fix is %q, want %q", got, test.want)
			}
		})
	}
}

// TestSecretsStaySecret wants no message to hold what it warns of.
func TestSecretsStaySecret(t *testing.T) {
	const secret = "Tr0ub4dor3Tr0ub4dor3Tr0ub4dor3Tr0ub4dor3"
	for _, line := range []string{
		"ENV A=https://bot:" + secret + "@example.com",
		"LABEL a=https://" + secret + "@example.com",
		"RUN git clone https://bot:" + secret + "@example.com/a.git",
		"RUN curl -u a:" + secret + " https://example.com",
		"RUN curl -H 'X-Api-Key: " + secret + "' https://example.com",
		"RUN tool --password=" + secret,
		"RUN echo machine a password " + secret + " > ~/.netrc",
	} {
		t.Run(strings.Fields(line)[1], func(t *testing.T) {
			found := findings(t, "secret-in-build", "FROM debian:12\n"+line+"\n")
			if len(found) != 1 {
				t.Fatalf("%d findings in %s", len(found), line)
			}
			if strings.Contains(found[0].Message, secret[:10]) {
				t.Errorf("the message shows it: %s", found[0].Message)
			}
		})
	}
}

// findings are those of one rule in a Dockerfile of which no context is known.
func findings(t *testing.T, id, text string) []finding.Finding {
	t.Helper()
	s, err := lint.NewSubject("Dockerfile", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range own() {
		if r.ID != id {
			continue
		}
		found, err := lint.Run(t.Context(), s, []*lint.Rule{r})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	t.Fatalf("no rule %s", id)
	return nil
}
