package finding

// Threshold is the least severity of a finding that makes a check fail.
type Threshold string

// None is the threshold that nothing reaches. The others are severities.
const None Threshold = "none"

// Thresholds are all of them.
func Thresholds() []Threshold {
	return []Threshold{Threshold(Error), Threshold(Warning), Threshold(Info), None}
}

// Reached says that a severity is at least the threshold.
func (t Threshold) Reached(s Severity) bool {
	switch t {
	case Threshold(Error):
		return s == Error
	case Threshold(Warning):
		return s == Error || s == Warning
	case Threshold(Info):
		return true
	}
	return false
}
