package oracle_test

import (
	"regexp"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
)

// checkKeys holds what a step is blamed on against what explain, without an engine,
// says that its key depends on, in this world or in the one before.
func (k *causeCheck) checkKeys(s record.Step) {
	k.t.Helper()
	var names []string
	for n, id := range []string{k.comparison.Aligned[s.ID], s.ID} {
		parts, ok := k.keys[n][id]
		if !ok && n == 1 {
			return // a trigger, which only the image knows
		}
		for _, p := range parts {
			names = append(names, p.Names...)
		}
	}
	for _, cause := range k.comparison.Causes[s.ID] {
		known := names
		if strings.Contains(cause.Message, "; FROM on line ") { // there it is listed
			known = append(k.namesOfFrom(s), names...)
		}
		for _, name := range blamed(cause) {
			if k.listed++; !slices.Contains(known, name) {
				k.t.Errorf("%s: %s: %s is blamed (%s), and is not among the parts of its key, which are %v", k.name, s.ID, name, cause.Message, known)
			}
		}
	}
}

// namesOfFrom are what the key parts of the FROM above a step name, before and now,
// and those of the first step on it: a FROM that takes a stage has no key.
func (k *causeCheck) namesOfFrom(s record.Step) []string {
	var names []string
	stage := s.ID[:strings.LastIndex(s.ID, " ")]
	for _, id := range []string{stage + " 1", stage + " 2"} {
		for n, id := range []string{k.comparison.Aligned[id], id} {
			for _, p := range k.keys[n][id] {
				names = append(names, p.Names...)
			}
		}
	}
	return names
}

var (
	variablesIn = regexp.MustCompile(`^(?:the order of the )?(?:build argument|environment variable)s? ((?:\w+, )*\w+)(?: changed| is | and \d)`)
	settingIn   = regexp.MustCompile(`^([a-z ]+?) (?:changed|is) `)
)

// blamed are the variables or the setting that a cause of the file's own names: not
// what an image brings, which explain does not look at.
func blamed(c explain.Cause) []string {
	if !c.Root || strings.Contains(c.Message, "(by the base image)") {
		return nil
	}
	switch c.Kind {
	case explain.BuildArgumentChanged, explain.EnvironmentChanged:
		if m := variablesIn.FindStringSubmatch(c.Message); m != nil {
			return strings.Split(m[1], ", ")
		}
	case explain.StateChanged:
		if m := settingIn.FindStringSubmatch(c.Message); m != nil {
			return m[1:]
		}
	}
	return nil
}
