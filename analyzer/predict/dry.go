package predict

import (
	"context"
	"fmt"
	"strings"

	"github.com/distribution/reference"
	"github.com/layerwise/layerwise/analyzer/engine"
	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/plan"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// byDryRun predicts with an engine that can be asked what it would run.
func byDryRun(ctx context.Context, eng engine.DryRunner, o Options) (*record.Record, error) {
	var err error
	if o.Build.Source, err = o.Build.Source.Edited(o.Edits); err != nil {
		return nil, err
	}
	r, err := solve.Rehearse(ctx, eng, o.Build)
	if err != nil {
		return nil, err
	}
	d := newDryVerdicts(r.Plan, r.Facts)
	d.decide()
	d.write(r.Record)
	r.Record.Warnings = append(r.Record.Warnings, fetched(r.Plan, r.Facts)...)
	if len(o.History) > 0 {
		explain.CarryForward(o.History[0], r.Record)
	}
	return r.Record, nil
}

// fetched names the remote sources whose files the prediction needed.
func fetched(p *plan.Plan, facts *engine.DryFacts) []string {
	var warnings []string
	seen := map[string]bool{}
	for _, b := range p.Builds {
		for _, v := range b.Vertices {
			src := v.Op.GetSource()
			if src == nil || v.LocalName() != "" || facts.Most[v.Digest].Executions == 0 || seen[src.Identifier] {
				continue
			}
			seen[src.Identifier] = true
			line := 0
			for _, c := range b.Vertices {
				for i, in := range c.Inputs {
					if _, hashed := plan.Selectors(c.Op, i); in == v && hashed && len(c.Steps) > 0 && line == 0 {
						line = c.Steps[0].Line
					}
				}
			}
			warnings = append(warnings, fmt.Sprintf("fetched %s, whose files line %d takes, to tell what a build would do", sourceName(src.Identifier), line))
		}
	}
	return warnings
}

// sourceName is a source as people write it.
func sourceName(identifier string) string {
	name := strings.TrimPrefix(strings.TrimPrefix(identifier, "docker-image://"), "oci-layout://")
	name, _, _ = strings.Cut(name, "@")
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return identifier
	}
	return strings.TrimSuffix(reference.FamiliarString(named), ":latest")
}
