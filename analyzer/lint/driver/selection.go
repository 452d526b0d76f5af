package driver

import (
	"errors"
	"fmt"
	"slices"

	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/config"
	"github.com/layerwise/layerwise/analyzer/lint/rules"
)

// AllRules stands for all rules in Options.Enable and Options.Disable.
const AllRules = "all"

// ErrContradiction is why a rule cannot be selected that is enabled and disabled.
var ErrContradiction = errors.New("it is enabled and disabled")

// SelectionError is a rule in Options.Enable or Options.Disable that makes no sense.
type SelectionError struct {
	ID       string
	Disabled bool  // it is in Disable
	Err      error // a *rules.UnknownError, or ErrContradiction
}

func (e *SelectionError) Error() string {
	verb := "enable"
	if e.Disabled {
		verb = "disable"
	}
	return fmt.Sprintf("cannot %s the rule %s: %v", verb, e.ID, e.Err)
}

func (e *SelectionError) Unwrap() error { return e.Err }

// selection is what the options say about which rules to look for.
type selection struct {
	all    []*lint.Rule
	every  config.Level // on or off for all rules, "" where only some are named
	levels map[string]config.Level
}

func choose(index *rules.Index, enable, disable []string) (*selection, error) {
	s := &selection{all: index.All(), levels: map[string]config.Level{}}
	for _, list := range []struct {
		ids   []string
		level config.Level
	}{{enable, config.On}, {disable, config.Off}} {
		for _, id := range list.ids {
			if err := s.set(index, id, list.level); err != nil {
				return nil, &SelectionError{ID: id, Disabled: list.level == config.Off, Err: err}
			}
		}
	}
	return s, nil
}

func (s *selection) set(index *rules.Index, id string, level config.Level) error {
	switch {
	case id == AllRules && s.every != "" && s.every != level:
		return ErrContradiction
	case id == AllRules:
		s.every = level
	case !index.Known(id):
		return index.Unknown(id)
	case s.levels[id] != "" && s.levels[id] != level:
		return ErrContradiction
	default:
		s.levels[id] = level
	}
	return nil
}

// rules are those to look for where a configuration has these levels, with the
// severities that it wants.
func (s *selection) rules(levels map[string]config.Level) []*lint.Rule {
	var chosen []*lint.Rule
	for _, rule := range s.all {
		level := levels[rule.ID]
		on := !rule.Off
		for _, said := range []config.Level{level, s.every, s.levels[rule.ID]} {
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
