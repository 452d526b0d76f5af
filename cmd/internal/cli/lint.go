package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/layerwise/layerwise/analyzer/lint/finding"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
	"github.com/layerwise/layerwise/report/formats"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

type lintCommand struct {
	*globals
	reportFlags
	config        string
	context       string
	failOn        string
	fix           string
	diff          bool
	baseline      string
	update        bool
	rules         bool
	enable        []string
	disable       []string
	stdinFilename string
}

func newLint(g *globals) *cobra.Command {
	c := &lintCommand{globals: g}
	cmd := &cobra.Command{
		Use:   "lint [PATH...]",
		Short: "Find what costs Dockerfiles their cache, and BuildKit's own warnings",
		Long: `Lint looks at Dockerfiles without an engine and without a network: all checks of BuildKit,
and rules about the cache and the layers, which use what really depends on what.

A file that is named is linted whatever its name; folders are searched for Dockerfiles
that git does not ignore; - is standard input. Without a path it is the current folder.

Settings come from .layerwise.yaml, the nearest one from each file upwards. A comment
"# layerwise ignore=RULE reason" is for the next instruction, one with ignore-file=RULE
for the file. Hadolint's comments count for the rules that take the place of its own.
The exit code is 3 where findings reach --fail-on.`,
		Example: `  layerwise lint
  layerwise lint --fail-on error --report sarif=lint.sarif services
  layerwise lint --diff .                      what --fix would change
  layerwise lint --fix=review web/Dockerfile   all fixes; review them with git diff
  layerwise lint --baseline .lint.json --update-baseline
  layerwise lint --rules copy-before-install   why a rule is there, and how to do better
  layerwise lint --stdin-filename Dockerfile - < Dockerfile`,
		Args: args(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
	}
	c.register(cmd.Flags())
	_ = cmd.RegisterFlagCompletionFunc("fail-on", words(finding.Thresholds()))
	_ = cmd.RegisterFlagCompletionFunc("fix", words([]finding.Safety{finding.Safe, finding.Review}))
	for _, flag := range []string{"enable", "disable"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, completeRules)
	}
	return cmd
}

func (c *lintCommand) register(fs *pflag.FlagSet) {
	c.reportFlags.register(fs)
	fs.StringVar(&c.config, "config", "", "take the settings from this `file` alone")
	fs.StringVar(&c.context, "context", "", "the build context of all files is this `folder` (default: found for each file)")
	fs.StringVar(&c.failOn, "fail-on", "", "the least `severity` that makes the exit code 3: error, warning, info, none (default warning)")
	fs.StringVar(&c.fix, "fix", "", "apply the fixes that leave the image as it is, or with --fix=review all: `safe|review`")
	fs.Lookup("fix").NoOptDefVal = string(finding.Safe)
	fs.BoolVar(&c.diff, "diff", false, "print what --fix would change as a unified diff, and change nothing")
	fs.StringVar(&c.baseline, "baseline", "", "leave out the findings that are in this `file`")
	fs.BoolVar(&c.update, "update-baseline", false, "write the findings of now to the --baseline")
	fs.BoolVar(&c.rules, "rules", false, "list the rules, or print the pages of those that are named")
	fs.StringSliceVar(&c.enable, "enable", nil, "look for this `rule` too, or for all; repeatable")
	fs.StringSliceVar(&c.disable, "disable", nil, "do not look for this `rule`, or for all that --enable does not name; repeatable")
	fs.StringVar(&c.stdinFilename, "stdin-filename", "", "the `path` that standard input is the content of")
}

// completeRules completes the id of a rule.
func completeRules(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var ids []cobra.Completion
	for _, rule := range rules.All() {
		ids = append(ids, cobra.CompletionWithDesc(rule.ID, rule.Title))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// words completes a flag that takes one of some words.
func words[T ~string](list []T) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		texts := make([]string, len(list))
		for i, w := range list {
			texts[i] = string(w)
		}
		return texts, cobra.ShellCompDirectiveNoFileComp
	}
}

func (c *lintCommand) run(ctx context.Context, args []string) error {
	if c.rules {
		return c.printRules(rules.NewIndex(), args)
	}
	outs, err := c.check(args)
	if err != nil {
		return err
	}
	l, err := c.open(ctx, args)
	if err != nil {
		return err
	}
	if c.fix != "" || c.diff {
		if err := l.mend(ctx); err != nil {
			return err
		}
	}
	if c.diff {
		return l.finishDiff()
	}
	if err := l.look(ctx); err != nil {
		return err
	}
	if err := l.finishBaseline(); err != nil {
		return err
	}
	to := c.streams.Out
	if c.fix != "" && l.stdin != "" { // the mended file goes there
		to = c.streams.Err
	}
	if err := c.reportFlags.write(c.streams, to, outs, l.report()); err != nil {
		return err
	}
	return errors.Join(l.failed...)
}

// check looks at flags and arguments before anything is read.
func (c *lintCommand) check(args []string) ([]formats.Output, error) {
	outs, err := c.reportFlags.outputs()
	if err != nil {
		return nil, err
	}
	stdin := slices.Contains(args, "-")
	switch {
	case c.failOn != "" && !slices.Contains(finding.Thresholds(), finding.Threshold(c.failOn)):
		return nil, usagef("--fail-on %s: want error, warning, info or none", c.failOn)
	case c.fix != "" && c.fix != string(finding.Safe) && c.fix != string(finding.Review):
		return nil, usagef("--fix=%s: want safe or review", c.fix)
	case c.update && c.baseline == "":
		return nil, usagef("--update-baseline needs the --baseline that it writes")
	case c.update && c.diff:
		return nil, usagef("--diff changes nothing, --update-baseline does: use one of them")
	case c.diff && len(c.reports) > 0:
		return nil, usagef("--diff prints a diff and no report: use --report without it")
	case c.stdinFilename != "" && !stdin:
		return nil, usagef("--stdin-filename names standard input, which is not linted: add - to the paths")
	case stdin && (c.fix != "" || c.diff) && len(args) > 1:
		return nil, usagef("standard input is fixed by itself: leave the other paths out")
	}
	return outs, nil
}

// gate is what makes the exit code 3.
func gate(findings int, threshold string) error {
	if findings == 0 {
		return nil
	}
	verb := "reach"
	if findings == 1 {
		verb = "reaches"
	}
	return &gateError{fmt.Sprintf("%s %s the severity that fails (%s)", counted(findings, "finding"), verb, threshold)}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
