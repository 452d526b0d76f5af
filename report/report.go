// Package report holds the one model that every output format is made from,
// and the Renderer interface that formats implement. Its JSON form is the
// contract of the program: field names stay, more may come.
//
// Arrays are never null. Times are RFC 3339, durations are seconds, sizes are
// bytes, paths are relative to the context with "/".
package report

import (
	"io"
	"time"

	"github.com/layerwise/layerwise/analyzer/explain"
	"github.com/layerwise/layerwise/analyzer/record"
)

// Schema names the format of the JSON form.
const Schema = "layerwise/report/v1"

// Kind says which command made a report.
type Kind string

// The kinds.
const (
	Build   Kind = "build"
	Rebuild Kind = "rebuild"
	Predict Kind = "predict"
	Explain Kind = "explain"
	Compare Kind = "compare"
	Lint    Kind = "lint"
)

// Report is what a command has to say.
type Report struct {
	Schema string        `json:"schema"`
	Kind   Kind          `json:"kind"`
	Tool   Tool          `json:"tool"`
	Builds []BuildReport `json:"builds"`
	// Rows put the instructions of several builds side by side; rebuild only.
	Rows     []Row     `json:"rows,omitempty"`
	Findings []Finding `json:"findings"`
	// Rules describes the rules that Findings name; lint only.
	Rules []Rule `json:"rules,omitempty"`
	// Files are those that were looked at; lint only.
	Files []string `json:"files,omitempty"`
}

// Tool is the program that wrote the report.
type Tool struct {
	Version string `json:"version"`
}

// BuildReport is one build, real, predicted or only read.
type BuildReport struct {
	ID         string    `json:"id"`
	Label      string    `json:"label"` // the edit before it, in a rebuild
	Dockerfile string    `json:"dockerfile"`
	Context    string    `json:"context"`
	Target     string    `json:"target"`
	Platforms  []string  `json:"platforms"`
	Engine     Engine    `json:"engine"`
	StandIns   []StandIn `json:"standIns"`
	// Imports are the caches that the build was told to import.
	Imports  []Import `json:"imports"`
	Baseline string   `json:"baseline"` // id of the record compared with
	// BaselineStarted is when that build started; nil without a baseline.
	BaselineStarted *time.Time    `json:"baselineStarted,omitempty"`
	Result          record.Result `json:"result"`
	Error           string        `json:"error"`
	// FailedStep is the id of the step whose error is Error, where it is a step's.
	FailedStep string `json:"failedStep,omitempty"`
	// Unreached is what the build that this one is compared with did not come to,
	// because it failed or was cancelled.
	Unreached *Unreached `json:"unreached,omitempty"`
	// Earlier are the steps whose causes come from an earlier build than the baseline,
	// which did not come to them, did not need them or did not have them.
	Earlier []Earlier `json:"earlier,omitempty"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	// Phases are the parts of Seconds: waiting, engine-start, build, export, facts,
	// layers, record, engine-stop.
	Phases []Phase      `json:"phases"`
	Basis  record.Basis `json:"basis"`
	Steps  []Step       `json:"steps"`
	// Removed are the baseline's instructions that this build does not have, in order.
	Removed []Removed `json:"removed,omitempty"`
	// Roots has the cost of every root miss, dearest first.
	Roots    []Root   `json:"roots"`
	Summary  Summary  `json:"summary"`
	Warnings []string `json:"warnings"`
}

// Unreached says what an earlier build did not come to.
type Unreached struct {
	Message string   `json:"message"` // one sentence
	Steps   []string `json:"steps"`   // ids of this build's steps that ran, and were not reached then
}

// Earlier is an earlier build that some steps are compared with.
type Earlier struct {
	Baseline string    `json:"baseline"` // id of its record
	Started  time.Time `json:"started"`
	Steps    []string  `json:"steps"` // ids of this build's steps
}

// Engine names the BuildKit that built.
type Engine struct {
	Kind      string `json:"kind"` // embedded, remote, none
	Address   string `json:"address"`
	Version   string `json:"version"`
	Isolation string `json:"isolation"` // runc, builtin or ""
	Network   string `json:"network"`   // of RUN steps: isolated, host or ""
}

// StandIn is a base image that was answered with another.
type StandIn struct {
	Ref string `json:"ref"`
	By  string `json:"by"`
}

// Import is a cache that a build was told to import.
type Import struct {
	Ref    string              `json:"ref"`
	Result record.ImportResult `json:"result,omitempty"` // absent where the engine does not tell
	Error  string              `json:"error"`
	// Seconds is how long its index took to read, Hits how many results of steps were
	// taken from it; absent where they are not known.
	Seconds *float64 `json:"seconds,omitempty"`
	Hits    *int     `json:"hits,omitempty"`
}

// Phase is a part of what a build took.
type Phase struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// Step is one instruction in one platform's build.
type Step struct {
	ID          string `json:"id"`
	Stage       string `json:"stage"`
	Platform    string `json:"platform"`
	Instruction string `json:"instruction"`
	Text        string `json:"text"`
	// Summary is the text on one line; absent where that is the text.
	Summary string `json:"summary,omitempty"`
	Line    int    `json:"line"`
	EndLine int    `json:"endLine"`
	// Previous is the baseline's instruction that this one is compared with; nil
	// where it has none.
	Previous     *Previous      `json:"previous,omitempty"`
	Effect       record.Effect  `json:"effect"`
	Outcome      record.Outcome `json:"outcome"`
	Seconds      float64        `json:"seconds"` // that it ran; of outcome run: those of its last run, 0 where no record has them
	SavedSeconds float64        `json:"savedSeconds"`
	// SharedWith is the id of an earlier step with the same operation: its seconds are
	// the same ones, and what it saved is counted there.
	SharedWith string  `json:"sharedWith,omitempty"`
	Causes     []Cause `json:"causes"` // of a miss; most telling first
	// DependsOn has step ids.
	DependsOn []string `json:"dependsOn"`
	// HangsOn has the ids of the steps, or the names of the sources, whose content
	// decides what an undecided step comes to; predict only.
	HangsOn []string `json:"hangsOn,omitempty"`
	Layers  []Layer  `json:"layers"`
	// DiskSize is what the step's result takes on the engine's disk, on top of
	// what it started from; absent where it is not known. It also says how large a
	// layer is that is not in the exported image.
	DiskSize *int64 `json:"diskSize,omitempty"`
	// Error is why a step failed.
	Error string `json:"error,omitempty"`
	// Note says why a step has nothing to run, or what its result hangs on.
	Note string `json:"note,omitempty"`
	// KeyParts is what the step's cache key depends on; explain only.
	KeyParts []KeyPart `json:"keyParts,omitempty"`
	// TakesDown has the ids of the steps that miss when this one does, MayTakeDown
	// of those that do if files that they take come out different; explain only.
	TakesDown   []string `json:"takesDown,omitempty"`
	MayTakeDown []string `json:"mayTakeDown,omitempty"`
}

// Previous is an instruction of the build that a build is compared with.
type Previous struct {
	Step string `json:"step"` // its id there
	Line int    `json:"line"`
	Text string `json:"text,omitempty"` // where that differs
}

// Removed is an instruction that a build has no longer.
type Removed struct {
	Step        string `json:"step"` // its id in the baseline
	Stage       string `json:"stage"`
	Platform    string `json:"platform"`
	Instruction string `json:"instruction"`
	Text        string `json:"text"`
	Line        int    `json:"line"`
}

// KeyPart is one thing that a cache key depends on.
type KeyPart struct {
	Kind    string   `json:"kind"` // text, files, stage, base, arguments, environment, mounts, state, remote
	Message string   `json:"message"`
	Names   []string `json:"names,omitempty"` // of arguments, variables and settings
	Files   int      `json:"files,omitempty"`
	Size    int64    `json:"size,omitempty"`
	// Usual marks what goes without saying: the text, and settings that have their
	// default.
	Usual bool `json:"usual,omitempty"`
}

// Cause is one reason why a step missed.
type Cause struct {
	Kind      explain.Kind `json:"kind"`
	Root      bool         `json:"root"`
	Because   string       `json:"because"` // id of the step that it follows, when not a root
	Message   string       `json:"message"`
	Old       string       `json:"old"`
	New       string       `json:"new"`
	Files     []FileChange `json:"files"`
	MoreFiles int          `json:"moreFiles"`
}

// FileChange is one file that is not what it was.
type FileChange struct {
	Path   string            `json:"path"`
	Change record.ChangeKind `json:"change"`
}

// Layer is one layer that a step made.
type Layer struct {
	Digest string `json:"digest"`
	DiffID string `json:"diffID"`
	Size   int64  `json:"size"` // as stored: mostly compressed
	// Uncompressed is the size of the layer's archive, with its headers, ContentSize
	// that of the files in it. They and Files are null where the layer was not read.
	Uncompressed *int64 `json:"uncompressedSize"`
	ContentSize  *int64 `json:"contentSize"`
	Files        *int   `json:"files"`
	Index        int    `json:"index"`
}

// Root is a root miss with what it took down.
type Root struct {
	Step    string   `json:"step"`
	Steps   []string `json:"steps"`   // that ran because of it, itself first
	Seconds float64  `json:"seconds"` // of all of them
	// AtLeast says that no record has the time of some of them.
	AtLeast bool `json:"atLeast,omitempty"`
}

// Summary counts a build's steps. Cascades shared by two roots count once in
// SecondsRun.
type Summary struct {
	Hits         int     `json:"hits"`
	Misses       int     `json:"misses"`
	Roots        int     `json:"roots"`
	Unused       int     `json:"unused"`
	NotRun       int     `json:"notRun"`
	SecondsRun   float64 `json:"secondsRun"`
	SecondsSaved float64 `json:"secondsSaved"`
	// RunAtLeast and SavedAtLeast say that no record has the time of some steps, so
	// that the sums are too small.
	RunAtLeast   bool `json:"runAtLeast,omitempty"`
	SavedAtLeast bool `json:"savedAtLeast,omitempty"`
}

// Finding is something to change, with where and why.
type Finding struct {
	Rule      string `json:"rule"`
	Severity  string `json:"severity"` // error, warning, info
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"endLine"`
	EndColumn int    `json:"endColumn"`
	Message   string `json:"message"`
	Basis     string `json:"basis"`
	URL       string `json:"url"`
	// Source has the file's lines from Line on as they are written, at most
	// MaxSource of them; none where they must not be shown, and "*" for each byte
	// of what has the form of a credential.
	Source []string `json:"source,omitempty"`
	// Fingerprint stays the same when lines move, and no two findings of a report
	// have the same one.
	Fingerprint string `json:"fingerprint,omitempty"`
	Fix         *Fix   `json:"fix,omitempty"`
}

// MaxSource bounds the lines that a finding shows.
const MaxSource = 10

// Rule describes what a kind of finding is about.
type Rule struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Severity string `json:"severity"` // error, warning, info
	Why      string `json:"why"`
	URL      string `json:"url"`
}

// Fix is a way to mend a finding.
type Fix struct {
	Message string `json:"message"`
	Safety  string `json:"safety"` // safe, review
	Edits   []Edit `json:"edits"`
}

// Edit replaces a range of a file with text.
type Edit struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"endLine"`
	EndColumn int    `json:"endColumn"`
	Text      string `json:"text"`
}

// Options are what a renderer may know of the place that it writes to.
type Options struct {
	Color bool
	Width int       // columns; 0 where there is no terminal: nothing is cut
	Now   time.Time // for "4 minutes ago"
	// ASCII is for streams that are not UTF-8: nothing above U+007F is written.
	ASCII bool
	// Verbose shows everything that a short form leaves out.
	Verbose bool
}

// Renderer writes a report in one format.
type Renderer interface {
	// Name is how --report calls the format, in kebab case.
	Name() string
	Render(w io.Writer, r *Report, o Options) error
}
