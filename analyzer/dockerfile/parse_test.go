package dockerfile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/frontend/dockerfile/command"
)

// forms are accepted Dockerfiles. want has a line for each instruction:
// "first-last effect summary".
var forms = []struct {
	name, src string
	want      []string
}{
	{"one stage", "FROM alpine\nRUN true\n", []string{
		"1-1 base FROM alpine",
		"2-2 layer RUN true",
	}},
	{"no ending", "FROM alpine\nRUN true", []string{
		"1-1 base FROM alpine",
		"2-2 layer RUN true",
	}},
	{"crlf", "# escape=\\\r\nFROM alpine\r\nRUN a \\\r\n  b\r\n\r\nCMD c\r\n", []string{
		"2-2 base FROM alpine",
		"3-4 layer RUN a b",
		"6-6 metadata CMD c",
	}},
	{"byte order mark", "\xEF\xBB\xBF# syntax=docker/dockerfile:1\nFROM alpine\n", []string{
		"2-2 base FROM alpine",
	}},
	{"byte order mark before FROM", "\xEF\xBB\xBFFROM alpine\n", []string{
		"1-1 base FROM alpine",
	}},
	{"global arguments", "ARG A=1\nARG B\n\nFROM alpine:${A}\nARG A\n", []string{
		"1-1 none ARG A=1",
		"2-2 none ARG B",
		"4-4 base FROM alpine:${A}",
		"5-5 none ARG A",
	}},
	{"comments and blanks in a continuation", "FROM alpine\nRUN a && \\\n# why\n\n  # more\n  b\n# after\nUSER x\n", []string{
		"1-1 base FROM alpine",
		"2-6 layer RUN a && b",
		"8-8 metadata USER x",
	}},
	{"a blank line does not end a continuation", "FROM alpine\nRUN a \\\n\nCOPY . .\n", []string{
		"1-1 base FROM alpine",
		"2-4 layer RUN a COPY . .",
	}},
	{"a continuation at the end", "FROM alpine\nRUN a \\\n", []string{
		"1-1 base FROM alpine",
		"2-2 layer RUN a",
	}},
	{"a continuation takes what is left", "FROM alpine\nRUN a \\\n\n# end\n\n", []string{
		"1-1 base FROM alpine",
		"2-5 layer RUN a",
	}},
	{"a continuation before the keyword", "FROM alpine\n\\\n\\\nRUN a\n", []string{
		"1-1 base FROM alpine",
		"2-4 layer RUN a",
	}},
	{"a keyword in two lines", "FR\\\nOM alpine\n", []string{
		"1-2 base FROM alpine",
	}},
	{"backtick", "# escape=`\nFROM alpine\nRUN a `\n  b \\\nRUN c\n", []string{
		"2-2 base FROM alpine",
		"3-4 layer RUN a b \\",
		"5-5 layer RUN c",
	}},
	{"heredoc", "FROM alpine\nRUN <<EOF\n# not a comment\nset -e\n\nEOF\nRUN b\n", []string{
		"1-1 base FROM alpine",
		"2-6 layer RUN <<EOF …",
		"7-7 layer RUN b",
	}},
	{"heredocs", "FROM alpine\nCOPY <<a <<-\"b\" \\\n# between\n  /x/\n$A\na\n\tb1\n\tb\nCMD c\n", []string{
		"1-1 base FROM alpine",
		"2-8 layer COPY <<a <<-\"b\" /x/ …",
		"9-9 metadata CMD c",
	}},
	{"empty heredoc", "FROM alpine\nRUN <<EOF\nEOF\n", []string{
		"1-1 base FROM alpine",
		"2-3 layer RUN <<EOF …",
	}},
	{"heredoc with crlf", "FROM alpine\r\nCOPY <<EOF /f\r\na\r\nEOF\r\nRUN b\r\n", []string{
		"1-1 base FROM alpine",
		"2-4 layer COPY <<EOF /f …",
		"5-5 layer RUN b",
	}},
	{"not a heredoc", "FROM alpine\nRUN [\"echo\", \"<<EOF\"]\nRUN echo $((1<<2))\nENV a=<<EOF\n", []string{
		"1-1 base FROM alpine",
		"2-2 layer RUN [\"echo\", \"<<EOF\"]",
		"3-3 layer RUN echo $((1<<2))",
		"4-4 metadata ENV a=<<EOF",
	}},
	{"lower case", "from alpine as base\nrun a\nfrom base\n", []string{
		"1-1 base from alpine as base",
		"2-2 layer run a",
		"3-3 base from base",
	}},
	{"onbuild", "FROM alpine\nONBUILD COPY . .\nONBUILD RUN <<EOF\na\nEOF\nONBUILD NOSUCH x\n", []string{
		"1-1 base FROM alpine",
		"2-2 metadata ONBUILD COPY . .",
		"3-5 metadata ONBUILD RUN <<EOF …",
		"6-6 metadata ONBUILD NOSUCH x",
	}},
	{"white space", "\n\n  FROM   alpine\t AS  x \n\tRUN\ta\n\f\n", []string{
		"3-3 base FROM alpine AS x",
		"4-4 layer RUN a",
	}},
	{"flags", "FROM --platform=$BUILDPLATFORM alpine\nCOPY --link --chown=\"1:1\" a b /\nRUN --mount=type=cache,target=/c --network=none x\n", []string{
		"1-1 base FROM --platform=$BUILDPLATFORM alpine",
		"2-2 layer COPY --link --chown=\"1:1\" a b /",
		"3-3 layer RUN --mount=type=cache,target=/c --network=none x",
	}},
	{"check above an instruction", "FROM alpine\n# check=skip=all\nRUN a\n", []string{
		"1-1 base FROM alpine",
		"3-3 layer RUN a",
	}},
	{"shebang", "#!/usr/bin/env docker\n# syntax=docker/dockerfile:1\nFROM alpine\n", []string{
		"3-3 base FROM alpine",
	}},
}

func TestParse(t *testing.T) {
	for _, c := range forms {
		t.Run(c.name, func(t *testing.T) {
			f, err := Parse("Dockerfile", []byte(c.src))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, in := range f.All() {
				got = append(got, fmt.Sprintf("%d-%d %s %s", in.Line, in.EndLine, in.Effect, in.Summary()))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			checkFile(t, f, []byte(c.src))
		})
	}
}

// The parser takes any bytes; whether a step may hold them is seen later.
func TestBytesThatAreNoText(t *testing.T) {
	src := "FROM alpine\nRUN a\x00b \xff\n# \x00\n"
	f := mustParse(t, src)
	if s := f.All()[1].Summary(); s != "RUN a\x00b \xff" {
		t.Errorf("%q", s)
	}
	checkFile(t, f, []byte(src))
}

func mustParse(t *testing.T, src string) *File {
	t.Helper()
	f, err := Parse("Dockerfile", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Every keyword that BuildKit knows needs an effect, and a line here.
func TestEffects(t *testing.T) {
	sources := map[string]struct {
		effect Effect
		src    string
	}{
		command.Add:         {EffectLayer, "ADD a /"},
		command.Arg:         {EffectNone, "ARG a"},
		command.Cmd:         {EffectMetadata, "CMD a"},
		command.Copy:        {EffectLayer, "COPY a /"},
		command.Entrypoint:  {EffectMetadata, "ENTRYPOINT a"},
		command.Env:         {EffectMetadata, "ENV a b"},
		command.Expose:      {EffectMetadata, "EXPOSE 80"},
		command.From:        {EffectBase, "FROM b"},
		command.Healthcheck: {EffectMetadata, "HEALTHCHECK NONE"},
		command.Label:       {EffectMetadata, "LABEL a=b"},
		command.Maintainer:  {EffectMetadata, "MAINTAINER a"},
		command.Onbuild:     {EffectMetadata, "ONBUILD RUN a"},
		command.Run:         {EffectLayer, "RUN a"},
		command.Shell:       {EffectMetadata, `SHELL ["a"]`},
		command.StopSignal:  {EffectMetadata, "STOPSIGNAL 9"},
		command.User:        {EffectMetadata, "USER a"},
		command.Volume:      {EffectMetadata, "VOLUME /a"},
		command.Workdir:     {EffectLayer, "WORKDIR /a"},
	}
	for keyword := range command.Commands {
		c, ok := sources[keyword]
		if !ok {
			t.Errorf("BuildKit has a keyword without an effect: %s", keyword)
			continue
		}
		f := mustParse(t, "FROM alpine\n"+c.src+"\n")
		all := f.All()
		if in := all[1]; in.Effect != c.effect || in.Keyword != strings.ToUpper(keyword) {
			t.Errorf("%s: keyword %s, effect %q, want %q", c.src, in.Keyword, in.Effect, c.effect)
		}
	}
	if len(effects) != len(command.Commands) {
		t.Errorf("%d effects for %d keywords", len(effects), len(command.Commands))
	}
}

func TestStages(t *testing.T) {
	f := mustParse(t, "ARG V=1\nFROM --platform=linux/$A base:${V} AS Build\nRUN a\n\nFROM Build\nFROM scratch AS build\n")
	type stage struct {
		Index                       int
		Name, Label, Base, Platform string
		Line, EndLine               int
	}
	var got []stage
	for _, s := range f.Stages {
		got = append(got, stage{s.Index, s.Name, s.Label, s.Base, s.Platform, s.Line, s.EndLine})
	}
	want := []stage{
		{0, "Build", "build", "base:${V}", "linux/$A", 2, 3},
		{1, "", "stage-1", "Build", "", 5, 5},
		{2, "build", "build", "scratch", "", 6, 6},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDirectives(t *testing.T) {
	for _, c := range []struct {
		src      string
		escape   rune
		want     []Directive
		comments []Comment
	}{
		{"# syntax=docker/dockerfile:1\n#escape = `\n# check=skip=all;error=true \n# d=e\nFROM a\n", '`', []Directive{
			{"syntax", "docker/dockerfile:1", 1},
			{"escape", "`", 2},
			{"check", "skip=all;error=true", 3},
		}, []Comment{{"d=e", 4}}},
		{"# a comment\n# escape=`\nFROM a\n", '\\', nil, []Comment{{"a comment", 1}, {"escape=`", 2}}},
		{"\n# escape=`\nFROM a\n", '\\', nil, []Comment{{"escape=`", 2}}},
		{"FROM a\n# syntax=b\n", '\\', nil, []Comment{{"syntax=b", 2}}},
		// The frontend skips a shebang, the parser stops at it.
		{"#!/bin/x\n# syntax=a b\n# escape=`\nFROM a\n", '\\', []Directive{{"syntax", "a b", 2}}, []Comment{{"!/bin/x", 1}, {"escape=`", 3}}},
		// The parser allows an indent, the frontend does not.
		{"  # escape=`\n  # syntax=a\nFROM a\n", '`', []Directive{{"escape", "`", 1}}, []Comment{{"syntax=a", 2}}},
		{"\xEF\xBB\xBF# escape=`\r\nFROM a\r\n", '`', []Directive{{"escape", "`", 1}}, nil},
	} {
		f := mustParse(t, c.src)
		if d := cmp.Diff(c.want, f.Directives); d != "" || f.Escape != c.escape {
			t.Errorf("%q: escape %q\n%s", c.src, f.Escape, d)
		}
		if d := cmp.Diff(c.comments, f.Comments); d != "" {
			t.Errorf("%q: comments\n%s", c.src, d)
		}
		checkFile(t, f, []byte(c.src))
	}
}

func TestComments(t *testing.T) {
	f := mustParse(t, strings.Join([]string{
		"# check=skip=all", // 1
		"# far",            // 2
		"#",                // 3
		"# near",           // 4
		"",                 // 5
		"  ## nearer",      // 6
		"FROM a",           // 7
		"RUN a \\",         // 8
		"  # inside",       // 9
		"  b <<E",          // 10
		"# in the body",    // 11
		"E",                // 12
		"# below",          // 13
	}, "\n"))
	want := []Comment{{"far", 2}, {"", 3}, {"near", 4}, {"# nearer", 6}, {"inside", 9}, {"below", 13}}
	if d := cmp.Diff(want, f.Comments); d != "" {
		t.Error(d)
	}
	all := f.All()
	if d := cmp.Diff([]Comment{{"near", 4}, {"# nearer", 6}}, all[0].Comments); d != "" {
		t.Error("above FROM", d)
	}
	if d := cmp.Diff([]Comment(nil), all[1].Comments); d != "" {
		t.Error("above RUN", d)
	}
}

func TestHeredocs(t *testing.T) {
	f := mustParse(t, "FROM a\nCOPY <<x <<-'y' /d/\n$A\nx\n\tb\n\ty\nRUN cat 3<<\"z\"\nz\n")
	all := f.All()
	want := [][]Heredoc{nil, {
		{Name: "x", Content: "$A\n", Expand: true, Line: 3, EndLine: 4},
		{Name: "y", Content: "\tb\n", Chomp: true, Line: 5, EndLine: 6},
	}, {
		{Name: "z", Line: 8, EndLine: 8},
	}}
	for i, in := range all {
		if d := cmp.Diff(want[i], in.Heredocs); d != "" {
			t.Errorf("line %d: %s", in.Line, d)
		}
	}
}

func TestArguments(t *testing.T) {
	for _, c := range []struct {
		src   string
		flags []string
		args  []string
		json  bool
	}{
		{"RUN --mount=type=cache,target=/c --network=none a  b", []string{"--mount=type=cache,target=/c", "--network=none"}, []string{"a  b"}, false},
		{`RUN ["a", "b c"]`, nil, []string{"a", "b c"}, true},
		{`RUN ["a", b]`, nil, []string{`["a", b]`}, false},
		{`COPY --from="x" a b /`, []string{"--from=x"}, []string{"a", "b", "/"}, false},
		{"ENV a=b c='d e'", nil, []string{"a", "b", "=", "c", "'d e'", "="}, false},
		{"ENV a b c", nil, []string{"a", "b c", ""}, false},
		{"ONBUILD COPY --link a /", nil, []string{"COPY", "a", "/"}, false},
	} {
		in := mustParse(t, "FROM x\n"+c.src).All()[1]
		if len(in.Flags) != len(c.flags) || cmp.Diff(c.flags, append([]string(nil), in.Flags...)) != "" {
			t.Errorf("%s: flags %q", c.src, in.Flags)
		}
		if cmp.Diff(c.args, in.Args) != "" || in.JSON != c.json {
			t.Errorf("%s: args %q, JSON %v", c.src, in.Args, in.JSON)
		}
	}
}

func TestTriggers(t *testing.T) {
	f := mustParse(t, "FROM a\nONBUILD COPY --link <<E /f\nx\nE\nONBUILD NOSUCH y\nONBUILD ENV\nONBUILD workdir /w\nRUN z\n")
	type trigger struct {
		Keyword       string
		Effect        Effect
		Flags         []string
		Line, EndLine int
		Known         bool
		Heredocs      int
	}
	var got []trigger
	for _, in := range f.Stages[0].Instructions {
		if tr := in.Trigger; tr != nil {
			if tr.Stage != f.Stages[0] || tr.Index != 0 || tr.Text != in.Text {
				t.Errorf("line %d: trigger in stage %v with index %d and text %q", in.Line, tr.Stage, tr.Index, tr.Text)
			}
			got = append(got, trigger{tr.Keyword, tr.Effect, append([]string(nil), tr.Flags...), tr.Line, tr.EndLine, tr.Command != nil, len(tr.Heredocs)})
		}
	}
	want := []trigger{
		{"COPY", EffectLayer, []string{"--link"}, 2, 4, true, 1},
		{"NOSUCH", EffectNone, nil, 5, 5, false, 0},
		{"ENV", EffectMetadata, nil, 6, 6, false, 0},
		{"WORKDIR", EffectLayer, nil, 7, 7, true, 0},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWarnings(t *testing.T) {
	f := mustParse(t, "FROM a\nRUN b \\\n\n  c\nRUN d\n")
	want := []Warning{{
		Message: "Empty continuation line found in: RUN b   c",
		URL:     "https://docs.docker.com/go/dockerfile/rule/no-empty-continuation/",
		Line:    4,
	}}
	if d := cmp.Diff(want, f.Warnings); d != "" {
		t.Error(d)
	}
}

func TestText(t *testing.T) {
	f := mustParse(t, "\xEF\xBB\xBFFROM a\r\nRUN b \\\r\n c\r\n\r\n")
	if d := cmp.Diff([]string{"FROM a", "RUN b \\", " c", ""}, f.Lines()); d != "" {
		t.Error(d)
	}
	for _, c := range []struct {
		first, last int
		want        string
	}{
		{1, 1, "FROM a"}, {1, 2, "FROM a\r\nRUN b \\"}, {2, 3, "RUN b \\\r\n c"}, {3, 99, " c\r\n"}, {-1, 0, ""}, {9, 9, ""}, {3, 2, ""},
	} {
		if got := f.Text(c.first, c.last); got != c.want {
			t.Errorf("lines %d to %d: %q, want %q", c.first, c.last, got, c.want)
		}
	}
}
