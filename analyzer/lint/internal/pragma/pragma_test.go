package pragma_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/internal/pragma"
)

var names = pragma.Names{
	Known: func(rule string) bool {
		return strings.HasPrefix(rule, "rule-") || rule == "StageNameCasing" || rule == pragma.Unused || rule == pragma.Invalid
	},
	Hadolint: func(id string) []string {
		return map[string][]string{"DL3006": {"rule-a"}, "DL3008": {"rule-b", "rule-c"}}[id]
	},
}

// Each file is lint's subject with the findings given as "LINE rule"; want has what
// is left of them and what is said of the comments.
func TestIgnores(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		found      []string
		want       []string
	}{
		{
			name:  "the next instruction",
			file:  "# layerwise ignore=rule-a why not\nFROM a\nRUN b\n",
			found: []string{"2 rule-a", "2 rule-b", "3 rule-a"},
			want:  []string{"2 rule-b", "3 rule-a"},
		},
		{
			name:  "over blank lines and comments",
			file:  "FROM a\n#layerwise   ignore = rule-a, rule-b ,StageNameCasing reason\n\n# more\nRUN b \\\n  c\n",
			found: []string{"5 rule-a", "6 rule-b", "5 StageNameCasing", "1 rule-a"},
			want:  []string{"1 rule-a"},
		},
		{
			name:  "inside of an instruction",
			file:  "FROM a\nRUN b \\\n# layerwise ignore=rule-a\n  c\nRUN d\n",
			found: []string{"2 rule-a", "4 rule-a", "5 rule-a"},
			want:  []string{"5 rule-a"},
		},
		{
			name:  "the file",
			file:  "FROM a\nRUN b\n# layerwise ignore-file=rule-a\n",
			found: []string{"0 rule-a", "1 rule-a", "2 rule-b"},
			want:  []string{"2 rule-b"},
		},
		{
			name:  "hadolint",
			file:  "# hadolint global ignore=DL3006, SC2086\nFROM a\n# hadolint ignore=DL3008,DL9999\nRUN b\n# hadolint ignore=DL3008\nRUN c\n# hadolint shell=bash\n",
			found: []string{"2 rule-a", "4 rule-b", "4 rule-c", "4 rule-d"},
			want:  []string{"4 rule-d"},
		},
		{
			name:  "unused",
			file:  "# layerwise ignore-file=rule-a,rule-b reason\nFROM a\n# layerwise ignore=rule-b\nRUN b \\\n# layerwise ignore=rule-c\n c\n# layerwise ignore=rule-off,rule-d\n",
			found: []string{"2 rule-a"},
			want: []string{
				"1 unused-ignore: rule-b is ignored here and not found in this file",
				"3 unused-ignore: rule-b is ignored here and not found in the instruction that follows",
				"5 unused-ignore: rule-c is ignored here and not found in this instruction",
				"7 unused-ignore: rule-d is ignored here and not found as no instruction follows",
			},
		},
		{
			name: "invalid",
			file: "# layerwise is good\n# layerwise\n# layerwise ignore rule-a\n# layerwise ignore=\n# layerwise ignore=nope,rule-a\n# layerwise ignore=DL3008\n# layerwise disable=rule-a\n# layerwised ignore=x\nFROM a\n",
			want: []string{
				`3 invalid-ignore: "layerwise ignore rule-a" says nothing to layerwise: use ignore=RULE or ignore-file=RULE`,
				`4 invalid-ignore: the comment names no rule to ignore`,
				`5 invalid-ignore: there is no rule "nope" to ignore`,
				`6 invalid-ignore: there is no rule "DL3008" to ignore; here hadolint's DL3008 is rule-b, rule-c`,
				`7 invalid-ignore: "layerwise disable" says nothing to layerwise: use ignore=RULE or ignore-file=RULE`,
			},
			found: []string{"9 rule-a"},
		},
		{
			name:  "its own findings",
			file:  "# layerwise ignore-file=unused-ignore\n# layerwise ignore=rule-a\nFROM a\n# layerwise ignore=invalid-ignore,unused-ignore\n",
			found: nil,
			want:  nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, tt.file)
			var got []string
			for _, text := range tt.found {
				f := finding.Finding{}
				fmt.Sscan(text, &f.Line, &f.Rule)
				if !s.Ignores(f) {
					got = append(got, text)
				}
			}
			for _, f := range s.Findings(func(rule string) bool { return rule != "rule-off" }) {
				got = append(got, fmt.Sprintf("%d %s: %s", f.Line, f.Rule, f.Message))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func parse(t *testing.T, src string) *pragma.Set {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return pragma.Parse(f, names)
}

func TestUnusedFix(t *testing.T) {
	src := "FROM a\n  # layerwise ignore= rule-a, rule-b reason\nRUN b\n"
	s := parse(t, src)
	s.Ignores(finding.Finding{Rule: "rule-b", Span: finding.Span{Line: 3}})
	all := s.Findings(func(string) bool { return true })
	if len(all) != 1 {
		t.Fatalf("got %v", all)
	}
	edit := all[0].Fix.Edits[0]
	line := strings.Split(src, "\n")[edit.Line-1]
	if got := line[:edit.Column-1] + edit.Text + line[edit.EndColumn-1:]; got != "  # layerwise ignore= rule-b reason" {
		t.Errorf("got %q", got)
	}
	if span := all[0].Span; line[span.Column-1:span.EndColumn-1] != "# layerwise ignore= rule-a, rule-b reason" {
		t.Errorf("the span is %v", span)
	}
	all = parse(t, src).Findings(func(string) bool { return true })
	if want := []finding.Edit{{File: "Dockerfile", Span: finding.Span{Line: 2, Column: 1, EndLine: 3, EndColumn: 1}}}; !slices.Equal(all[0].Fix.Edits, want) {
		t.Errorf("got %v, want %v", all[0].Fix.Edits, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("FROM a\n# layerwise ignore=rule-a,rule-b x\nRUN b\n")
	f.Add("# hadolint global ignore=DL3006\nFROM a\n# layerwise ignore=,,\n")
	f.Fuzz(func(t *testing.T, src string) {
		file, err := dockerfile.Parse("Dockerfile", []byte(src))
		if err != nil {
			return
		}
		for _, f := range pragma.Parse(file, names).Findings(func(string) bool { return true }) {
			if f.Line < 1 || f.Column < 1 || f.EndColumn <= f.Column {
				t.Errorf("%+v", f)
			}
		}
	})
}
