package oracle_test

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
)

// describeBuild writes the outcome of every step, the causes of those that ran,
// the roots with the steps that they cost where there are several, what is compared
// with another build than the last, and the warnings:
//
//	stage-0 2 COPY miss
//	    files-changed: a.txt changed
//	        a.txt content
//	stage-0 3 RUN miss
//	    parent-rebuilt of stage-0 2: follows line 2
func describeBuild(rec *record.Record, c *explain.Comparison) string {
	var b strings.Builder
	name := func(id string) string {
		if len(rec.Project.Platforms) > 1 {
			return id
		}
		return strings.TrimPrefix(id, rec.Project.Platforms[0]+" ")
	}
	if rec.Result != record.Succeeded {
		fmt.Fprintln(&b, "the build", rec.Result)
	}
	for _, s := range rec.Steps {
		if s.Outcome == record.None || s.Outcome == record.Unused {
			continue
		}
		fmt.Fprintf(&b, "%s %s %s\n", name(s.ID), s.Instruction, s.Outcome)
		for _, cause := range c.Causes[s.ID] {
			describeCause(&b, cause, name(cause.Because))
		}
	}
	if len(c.Roots) > 1 && c.Baseline != "" {
		for _, s := range rec.Steps { // in file order: the times that sort them differ
			for _, r := range c.Roots {
				if r.Step == s.ID && len(r.Steps) > 1 {
					fmt.Fprintf(&b, "root %s costs", name(r.Step))
					for _, id := range r.Steps {
						fmt.Fprintf(&b, " [%s]", name(id))
					}
					fmt.Fprintln(&b)
				}
			}
		}
	}
	for _, e := range c.Earlier {
		fmt.Fprint(&b, "compared with an earlier build:")
		for _, id := range e.Steps {
			fmt.Fprintf(&b, " [%s]", name(id))
		}
		fmt.Fprintln(&b)
	}
	for _, w := range rec.Warnings {
		fmt.Fprintln(&b, "warning:", w)
	}
	return b.String()
}

func describeCause(b *strings.Builder, c explain.Cause, because string) {
	fmt.Fprintf(b, "    %s", c.Kind)
	if !c.Root {
		fmt.Fprintf(b, " of %s", because)
	}
	fmt.Fprintf(b, ": %s\n", c.Message)
	if c.Old != "" || c.New != "" {
		fmt.Fprintf(b, "        %q → %q\n", c.Old, c.New)
	}
	for _, f := range c.Files {
		fmt.Fprintf(b, "        %s %s\n", f.Path, f.Kind)
	}
	if c.MoreFiles > 0 {
		fmt.Fprintf(b, "        and %d more\n", c.MoreFiles)
	}
}

// checkCosts holds the roots' seconds against those of the steps that they name.
func checkCosts(rec *record.Record, c *explain.Comparison) error {
	for _, r := range c.Roots {
		sum := 0.0
		counted := map[string]bool{}
		for _, id := range r.Steps {
			s := rec.Step(id)
			op := s.Vertices[len(s.Vertices)-1].Digest // which steps share
			if !counted[op] {
				sum += s.Seconds
			}
			counted[op] = true
		}
		if r.Seconds < 0 || math.Abs(sum-r.Seconds) > 1e-6 {
			return fmt.Errorf("root %s costs %v seconds; its steps took %v", r.Step, r.Seconds, sum)
		}
	}
	return nil
}

var socketAddress = regexp.MustCompile(`unix:///\S*/s\b`)

// scrub replaces what differs from run to run by names.
func (w *world) scrub(text string) string {
	text = strings.ReplaceAll(text, w.server.addr(), serverName)
	text = strings.ReplaceAll(text, w.dir, "WORK")
	text = socketAddress.ReplaceAllString(text, "unix:///buildkitd")
	return w.images.scrub(text)
}
