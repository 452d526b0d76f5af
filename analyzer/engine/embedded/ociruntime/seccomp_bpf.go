//go:build linux

package ociruntime

import (
	"encoding/binary"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Offsets into what a filter sees, struct seccomp_data of linux/seccomp.h.
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetArgs   = 16 // six, of 8 bytes each
)

// x32Bit marks the calls of the x32 ABI.
const x32Bit = 0x40000000

// abiBlock is one ABI and the decisions about its calls.
type abiBlock struct {
	abi      abi
	segments []segment
}

// assemble makes the program: one block per ABI, then the end for all others.
func assemble(blocks []abiBlock) []bpf.Instruction {
	program := []bpf.Instruction{bpf.LoadAbsolute{Off: offsetArch, Size: 4}}
	for _, b := range blocks {
		body := []bpf.Instruction{bpf.LoadAbsolute{Off: offsetNumber, Size: 4}}
		if b.abi.x32 {
			body = append(body,
				bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: x32Bit, SkipFalse: 1},
				bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)})
		}
		body = append(body, search(b.segments)...)
		program = append(program,
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: b.abi.audit, SkipTrue: 1},
			bpf.Jump{Skip: uint32(len(body))})
		program = append(program, body...)
	}
	return append(program, bpf.RetConstant{Val: unix.SECCOMP_RET_KILL_PROCESS})
}

// search finds the segment of the number in the accumulator by halving. A
// conditional jump reaches 255 instructions only, so the far half is reached by
// skipping an unconditional one.
func search(segments []segment) []bpf.Instruction {
	if len(segments) == 1 {
		return segments[0].code
	}
	middle := len(segments) / 2
	low, high := search(segments[:middle]), search(segments[middle:])
	code := []bpf.Instruction{
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: segments[middle].from, SkipTrue: 1},
		bpf.Jump{Skip: uint32(len(low))},
	}
	return append(append(code, low...), high...)
}

// conditionCode checks one argument: it goes on after itself when the condition
// holds, else skip instructions further.
func conditionCode(c specs.LinuxSeccompArg, wide bool, skip uint8) ([]bpf.Instruction, error) {
	if c.Op == specs.OpMaskedEqual {
		return maskedCode(c, wide, skip), nil
	}
	low, ok := lowTests[c.Op]
	if !ok {
		return nil, fmt.Errorf("operator %q is unknown", c.Op)
	}
	lowTest := bpf.JumpIf{Cond: low.test, Val: uint32(c.Value), SkipFalse: skip}
	if low.negated {
		lowTest.SkipTrue, lowTest.SkipFalse = skip, 0
	}
	code := []bpf.Instruction{loadLow(c.Index), lowTest}
	if !wide {
		return code, nil
	}
	// When the high halves differ they decide; only when they are equal the low do.
	high := uint32(c.Value >> 32)
	const end = 2 // past the low half: the condition holds
	failed := end + skip
	equal := bpf.JumpIf{Cond: bpf.JumpEqual, Val: high, SkipFalse: failed}
	switch c.Op {
	case specs.OpEqualTo:
		return append([]bpf.Instruction{loadHigh(c.Index), equal}, code...), nil
	case specs.OpNotEqual:
		equal.SkipFalse = end
		return append([]bpf.Instruction{loadHigh(c.Index), equal}, code...), nil
	case specs.OpGreaterThan, specs.OpGreaterEqual:
		greater := bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: high, SkipTrue: end + 1}
		return append([]bpf.Instruction{loadHigh(c.Index), greater, equal}, code...), nil
	default: // less, less or equal
		greater := bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: high, SkipTrue: failed + 1}
		equal.SkipFalse = end
		return append([]bpf.Instruction{loadHigh(c.Index), greater, equal}, code...), nil
	}
}

// lowTests are the tests of the low halves; a negated one must not hold.
var lowTests = map[specs.LinuxSeccompOperator]struct {
	test    bpf.JumpTest
	negated bool
}{
	specs.OpEqualTo:      {bpf.JumpEqual, false},
	specs.OpNotEqual:     {bpf.JumpEqual, true},
	specs.OpGreaterThan:  {bpf.JumpGreaterThan, false},
	specs.OpGreaterEqual: {bpf.JumpGreaterOrEqual, false},
	specs.OpLessThan:     {bpf.JumpGreaterOrEqual, true},
	specs.OpLessEqual:    {bpf.JumpGreaterThan, true},
}

// maskedCode checks that the bits of the mask Value are those of ValueTwo.
func maskedCode(c specs.LinuxSeccompArg, wide bool, skip uint8) []bpf.Instruction {
	half := func(load bpf.Instruction, mask, value uint32, skip uint8) []bpf.Instruction {
		return []bpf.Instruction{
			load,
			bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: mask},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: value & mask, SkipFalse: skip},
		}
	}
	low := half(loadLow(c.Index), uint32(c.Value), uint32(c.ValueTwo), skip)
	if !wide {
		return low
	}
	high := half(loadHigh(c.Index), uint32(c.Value>>32), uint32(c.ValueTwo>>32), skip+uint8(len(low)))
	return append(high, low...)
}

// loadLow and loadHigh load one half of an argument; which comes first is a matter
// of the machine's byte order.
func loadLow(arg uint) bpf.Instruction  { return loadHalf(arg, isBigEndian()) }
func loadHigh(arg uint) bpf.Instruction { return loadHalf(arg, !isBigEndian()) }

func loadHalf(arg uint, second bool) bpf.Instruction {
	offset := uint32(offsetArgs + 8*arg)
	if second {
		offset += 4
	}
	return bpf.LoadAbsolute{Off: offset, Size: 4}
}

func isBigEndian() bool { return binary.NativeEndian.Uint16([]byte{0, 1}) == 1 }
