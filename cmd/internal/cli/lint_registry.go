package cli

import (
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/config"
	"github.com/layerwise/layerwise/analyzer/lint/pragma"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
)

// registry has every rule by its names.
type registry struct {
	all      []*lint.Rule
	byID     map[string]*lint.Rule
	hadolint map[string][]string // of hadolint's rules, the ids of those that take their place
}

func newRegistry() *registry {
	r := &registry{all: rules.All(), byID: map[string]*lint.Rule{}, hadolint: map[string][]string{}}
	for _, rule := range r.all {
		r.byID[rule.ID] = rule
		for _, id := range rule.Hadolint {
			r.hadolint[id] = append(r.hadolint[id], rule.ID)
		}
	}
	return r
}

func (r *registry) known(id string) bool { return r.byID[id] != nil }

func (r *registry) names() pragma.Names {
	return pragma.Names{Known: r.known, Hadolint: func(id string) []string { return r.hadolint[id] }}
}

// selection is what the command line says about which rules to look for.
type selection struct {
	registry *registry
	all      config.Level // on or off for all rules, "" where only some are named
	levels   map[string]config.Level
}

// everyRule stands for all rules in --enable and --disable.
const everyRule = "all"

func (r *registry) selection(enable, disable []string) (*selection, error) {
	s := &selection{registry: r, levels: map[string]config.Level{}}
	for _, flag := range []struct {
		name  string
		ids   []string
		level config.Level
	}{{"--enable", enable, config.On}, {"--disable", disable, config.Off}} {
		for _, id := range flag.ids {
			switch {
			case id == everyRule && s.all != "" && s.all != flag.level:
				return nil, usagef("--enable all and --disable all contradict each other")
			case id == everyRule:
				s.all = flag.level
			case !r.known(id):
				return nil, usagef("%s %s: %s", flag.name, id, r.unknown(id))
			case s.levels[id] != "" && s.levels[id] != flag.level:
				return nil, usagef("--enable %s and --disable %s contradict each other", id, id)
			default:
				s.levels[id] = flag.level
			}
		}
	}
	return s, nil
}

// unknown says what is wrong with an id that no rule has.
func (r *registry) unknown(id string) string {
	if own := r.hadolint[id]; len(own) > 0 {
		return "there is no such rule; here hadolint's " + id + " is " + strings.Join(own, ", ")
	}
	for known := range r.byID {
		if strings.EqualFold(known, id) {
			return "there is no such rule; is it " + known + "?"
		}
	}
	return "there is no such rule (layerwise lint --rules lists them)"
}

// rules are those to look for where a configuration has these levels, with the
// severities that it wants.
func (s *selection) rules(levels map[string]config.Level) []*lint.Rule {
	var chosen []*lint.Rule
	for _, rule := range s.registry.all {
		level := levels[rule.ID]
		on := !rule.Off
		for _, said := range []config.Level{level, s.all, s.levels[rule.ID]} {
			if said != "" {
				on = said != config.Off
			}
		}
		if !on {
			continue
		}
		if severity := level.Severity(); severity != "" {
			own := *rule
			own.Severity = severity
			rule = &own
		}
		chosen = append(chosen, rule)
	}
	return slices.Clip(chosen)
}
