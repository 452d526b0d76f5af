package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint"
)

// Index has all rules by their names: their own, and those of hadolint's rules that
// they take the place of. It does not change.
type Index struct {
	all      []*lint.Rule
	byID     map[string]*lint.Rule
	hadolint map[string][]string
}

// NewIndex returns an index of All.
func NewIndex() *Index {
	x := &Index{all: All(), byID: map[string]*lint.Rule{}, hadolint: map[string][]string{}}
	for _, rule := range x.all {
		x.byID[rule.ID] = rule
		for _, id := range rule.Hadolint {
			x.hadolint[id] = append(x.hadolint[id], rule.ID)
		}
	}
	return x
}

// All are the rules in the order in which they are listed.
func (x *Index) All() []*lint.Rule { return slices.Clone(x.all) }

// Rule returns a rule by its id, nil where there is none.
func (x *Index) Rule(id string) *lint.Rule { return x.byID[id] }

// Known says that a rule has this id.
func (x *Index) Known(id string) bool { return x.byID[id] != nil }

// Hadolint returns the ids of the rules that take the place of one of hadolint's.
func (x *Index) Hadolint(id string) []string { return slices.Clone(x.hadolint[id]) }

// UnknownError is an id that no rule has.
type UnknownError struct {
	ID       string
	Hadolint []string // where it is one of hadolint's: the rules that take its place
	Like     string   // the id of a rule that differs in case alone, "" for none
}

func (e *UnknownError) Error() string {
	switch {
	case len(e.Hadolint) > 0:
		return fmt.Sprintf("there is no such rule; here hadolint's %s is %s", e.ID, strings.Join(e.Hadolint, ", "))
	case e.Like != "":
		return fmt.Sprintf("there is no such rule; is it %s?", e.Like)
	}
	return "there is no such rule"
}

// Unknown says what is wrong with an id that no rule has.
func (x *Index) Unknown(id string) *UnknownError {
	e := &UnknownError{ID: id, Hadolint: x.Hadolint(id)}
	if i := slices.IndexFunc(x.all, func(r *lint.Rule) bool { return strings.EqualFold(r.ID, id) }); i >= 0 {
		e.Like = x.all[i].ID
	}
	return e
}
