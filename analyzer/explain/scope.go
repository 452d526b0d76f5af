package explain

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/layerwise/layerwise/analyzer/record"
)

// scope finds, for any step, the instruction above it that made a setting.
type scope struct {
	// settings has the steps of a stage that set something, in order.
	settings map[setting][]int
	globals  map[string]int // what stands above the first FROM, by platform
	bases    []int          // the stage that a stage starts from, -1 for an image
	from     []int          // the FROM of a stage, -1 if it has none
	// args has the values of the arguments above the first FROM, by platform.
	args map[string]map[string]string
}

// setting is a variable, or WORKDIR, USER, SHELL as such.
type setting struct {
	stage         int
	keyword, name string
}

func (s *side) findScope() {
	s.scope = scope{settings: map[setting][]int{}, globals: map[string]int{}, args: map[string]map[string]string{}}
	s.scope.bases, s.scope.from = none(len(s.stages)), none(len(s.stages))
	for i := range s.steps {
		s.noteSetting(i)
	}
	names := map[string]int{} // of the stages so far, by platform and name
	for n, st := range s.stages {
		if st.index < 0 {
			s.scope.globals[st.platform] = n
			s.scope.args[st.platform] = s.globalArgs(st)
			continue
		}
		if from := s.scope.from[n]; from >= 0 {
			base := s.steps[from].Read().Base
			if b, ok := names[st.platform+" "+strings.ToLower(base)]; ok {
				s.scope.bases[n] = b
			}
		}
		if st.name != "" {
			names[st.platform+" "+st.key()] = n
		}
	}
}

func (s *side) noteSetting(i int) {
	step, n := &s.steps[i], s.stageOf[i]
	add := func(name string) {
		k := setting{n, step.Instruction, name}
		s.scope.settings[k] = append(s.scope.settings[k], i)
	}
	switch step.Instruction {
	case "ENV", "ARG":
		for _, a := range step.Read().Sets {
			add(a.Name)
		}
	case "WORKDIR", "USER", "SHELL":
		add("")
	case "FROM":
		if s.scope.from[n] < 0 {
			s.scope.from[n] = i
		}
	}
}

// setter returns the nearest step above step i, also in the stages that its
// stage starts from, which makes a setting; -1 for none.
func (s *side) setter(i int, keyword, name string) int {
	n, before := s.stageOf[i], i
	platform := s.stages[n].platform
	isFrom := s.steps[i].Instruction == "FROM"
	for range s.stages { // bases of odd records may go in circles
		if isFrom {
			break
		}
		steps := s.scope.settings[setting{n, keyword, name}]
		if at, _ := slices.BinarySearchFunc(steps, before, cmp.Compare[int]); at > 0 {
			return steps[at-1]
		}
		if n, before = s.scope.bases[n], math.MaxInt; n < 0 {
			break
		}
	}
	if n, ok := s.scope.globals[platform]; ok && keyword == "ARG" {
		if steps := s.scope.settings[setting{n, keyword, name}]; len(steps) > 0 && steps[len(steps)-1] < i {
			return steps[len(steps)-1]
		}
	}
	return -1
}

// base returns the FROM that names the image which step i's stage starts from,
// through other stages; -1 if there is none.
func (s *side) base(i int) int {
	n := s.stageOf[i]
	for range s.stages {
		if s.scope.bases[n] < 0 {
			break
		}
		n = s.scope.bases[n]
	}
	return s.scope.from[n]
}

// argsOf are the build arguments that step i can refer to.
func (s *side) argsOf(i int) map[string]string {
	step := &s.steps[i]
	if step.Instruction != "FROM" {
		return step.Args
	}
	args := maps.Clone(s.scope.args[step.Platform])
	if args == nil {
		args = map[string]string{}
	}
	maps.Copy(args, step.Args)
	return args
}

// globalArgs are the arguments above the first FROM.
func (s *side) globalArgs(global *stage) map[string]string {
	args := map[string]string{}
	for _, i := range global.steps {
		for _, a := range s.steps[i].Read().Sets {
			if a.Value != nil {
				args[a.Name] = *a.Value
			}
		}
	}
	return args
}

// workdir is the working directory of a step as far as the file tells.
func workdir(step *record.Step) string { return cmp.Or(step.Read().Workdir, "/") }
