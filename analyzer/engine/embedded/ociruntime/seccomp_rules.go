//go:build linux

package ociruntime

import (
	"fmt"
	"maps"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// rule is what to return for a call when all conditions hold.
type rule struct {
	conditions []specs.LinuxSeccompArg
	action     uint32
}

// segment is a range of call numbers that the same code decides about. It ends
// where the next one begins.
type segment struct {
	from uint32
	code []bpf.Instruction // every way through it returns
}

// callSegments are the segments of one ABI, from number 0 to the last, in order.
func callSegments(config *specs.LinuxSeccomp, a abi) ([]segment, error) {
	fallback, err := seccompAction(config.DefaultAction, config.DefaultErrnoRet)
	if err != nil {
		return nil, err
	}
	rules, last, err := callRules(config, a, fallback)
	if err != nil {
		return nil, err
	}
	var segments []segment
	add := func(from uint32, code []bpf.Instruction) {
		if n := len(segments); n == 0 || !slices.Equal(segments[n-1].code, code) {
			segments = append(segments, segment{from, code})
		}
	}
	unlisted := []bpf.Instruction{bpf.RetConstant{Val: fallback}}
	next := uint32(0)
	for _, number := range slices.Sorted(maps.Keys(rules)) {
		if number > next {
			add(next, unlisted)
		}
		code, err := ruleCode(rules[number], a.wide, fallback)
		if err != nil {
			return nil, err
		}
		add(number, code)
		next = number + 1
	}
	add(next, unlisted)
	if refuses(fallback) {
		add(max(last+1, next), []bpf.Instruction{bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)}})
	}
	return segments, nil
}

// refuses reports whether an action keeps a call from being made.
func refuses(action uint32) bool {
	return action != unix.SECCOMP_RET_ALLOW && action != unix.SECCOMP_RET_LOG
}

// firstPrivate is where 32-bit ARM's private calls begin; they say nothing on how
// new a profile is.
const firstPrivate = 0xf0000

// callRules are the rules by number, and the highest number that is named.
func callRules(config *specs.LinuxSeccomp, a abi, fallback uint32) (rules map[uint32][]rule, last uint32, err error) {
	numbers := a.numbers()
	rules = map[uint32][]rule{}
	for _, call := range config.Syscalls {
		action, err := seccompAction(call.Action, call.ErrnoRet)
		if err != nil {
			return nil, 0, err
		}
		for _, name := range call.Names {
			number, known := numbers[name]
			if !known {
				continue
			}
			if number < firstPrivate {
				last = max(last, number)
			}
			if action != fallback {
				rules[number] = addRule(rules[number], call.Args, action)
			}
		}
	}
	return rules, last, nil
}

// addRule adds what one entry of the profile says of a call.
func addRule(rules []rule, conditions []specs.LinuxSeccompArg, action uint32) []rule {
	switch {
	case len(rules) > 0 && len(rules[0].conditions) == 0:
		return rules
	case len(conditions) == 0:
		return []rule{{nil, action}}
	}
	seen := map[uint]bool{}
	for _, c := range conditions {
		seen[c.Index] = true
	}
	if len(seen) == len(conditions) {
		return append(rules, rule{conditions, action})
	}
	for _, c := range conditions {
		rules = append(rules, rule{[]specs.LinuxSeccompArg{c}, action})
	}
	return rules
}

// ruleCode decides about one call. Its number needs no more looking at.
func ruleCode(rules []rule, wide bool, fallback uint32) ([]bpf.Instruction, error) {
	var code []bpf.Instruction
	for _, r := range rules {
		part := []bpf.Instruction{bpf.RetConstant{Val: r.action}}
		for _, c := range slices.Backward(r.conditions) {
			if c.Index > 5 {
				return nil, fmt.Errorf("argument %d does not exist", c.Index)
			}
			check, err := conditionCode(c, wide, uint8(len(part)))
			if err != nil {
				return nil, err
			}
			part = append(check, part...)
		}
		code = append(code, part...)
		if len(r.conditions) == 0 {
			return code, nil
		}
	}
	return append(code, bpf.RetConstant{Val: fallback}), nil
}
