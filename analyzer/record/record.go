// Package record holds the record of one build: all that is known of every
// step, with the evidence that a later comparison needs. Records are written
// as JSON; a field may be added, none changes its meaning.
//
// The package is a leaf: producers (build, predict) and consumers (explain,
// report, history) meet here and nowhere else. Nothing in a record is secret:
// producers pass every value that looks like a credential through a Redactor.
package record

import (
	"slices"
	"time"
)

// Schema names the format that this version writes and reads.
const Schema = "layerwise/record/v1"

// Record is one build.
type Record struct {
	Schema  string  `json:"schema"`
	ID      string  `json:"id"`
	Label   string  `json:"label,omitempty"` // the edit before it, in a rebuild experiment
	Tool    string  `json:"tool"`            // version of the program that wrote it
	Project Project `json:"project"`
	Engine  Engine  `json:"engine"`
	// StandIns lists the base images that were answered with something else.
	StandIns []StandIn `json:"standIns,omitempty"`

	Result Result `json:"result"`
	Error  string `json:"error,omitempty"`
	// FailedStep is the id of the step whose error is Error; "" where it is none's.
	FailedStep string    `json:"failedStep,omitempty"`
	Started    time.Time `json:"started"`
	// Seconds is how long all of it took, also what came before and after the build
	// itself, as far as Phases names it.
	Seconds float64 `json:"seconds"`
	Phases  []Phase `json:"phases,omitempty"` // in order
	Basis   Basis   `json:"basis"`

	// BuildArgs are the build arguments that were given, redacted.
	BuildArgs map[string]string `json:"buildArgs,omitempty"`
	// Contexts are the named build contexts that were given: a folder, or a
	// reference such as docker-image://… or a URL, redacted.
	Contexts map[string]string `json:"contexts,omitempty"`
	// CacheImports says that a cache was imported (--cache-from).
	CacheImports bool `json:"cacheImports,omitempty"`
	// Imports says what became of each of them; none in records of older versions.
	Imports []Import `json:"imports,omitempty"`
	// EngineCache counts what lay in the engine's cache when the build was over, by
	// a short hash of what the engine calls it; nil where nobody asked. A later
	// count that is smaller says that some of it is gone.
	EngineCache map[string]int `json:"engineResults,omitempty"`
	// Steps stand in file order, one platform after the other.
	Steps []Step `json:"steps"`
	// Trees are the scanned files of local sources, by source name: "context"
	// or the name of a named context. Inputs refer to them by that name.
	Trees map[string]Tree `json:"trees,omitempty"`
	// PastRuns has how long instructions took that ran in an earlier build and are
	// not in this one, or not as they were; the latest first.
	PastRuns []PastRun `json:"pastRuns,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
}

// Project is what makes two builds comparable.
type Project struct {
	Context    string   `json:"context"`    // absolute folder, or the URL of a remote context
	Dockerfile string   `json:"dockerfile"` // relative to the context where it lies below it, else absolute; "-" for standard input
	Target     string   `json:"target,omitempty"`
	Platforms  []string `json:"platforms"`
}

// Engine names the BuildKit that built.
type Engine struct {
	Kind        string `json:"kind"` // "embedded", "remote", "none"
	Address     string `json:"address,omitempty"`
	Version     string `json:"version,omitempty"`
	Isolation   string `json:"isolation,omitempty"`
	Network     string `json:"network,omitempty"` // of steps: "isolated", "host"
	Snapshotter string `json:"snapshotter,omitempty"`
	// CacheID is the same for two builds only if they share a cache.
	CacheID string `json:"cacheID,omitempty"`
	// Folder is where an embedded engine kept its state. With another CacheID it was
	// made anew.
	Folder string `json:"folder,omitempty"`
}

// StandIn is a base image that was answered with another one.
type StandIn struct {
	Ref string `json:"ref"` // as the Dockerfile names it, after expansion
	By  string `json:"by"`  // "playground"
}

// Phase is a part of what a build took.
type Phase struct {
	Name    string  `json:"name"` // one of the Phase names
	Seconds float64 `json:"seconds"`
}

// The phases of a build.
const (
	PhaseWaiting     = "waiting"      // for another process that used the engine's folder
	PhaseEngineStart = "engine-start" // reaching or starting the engine
	PhaseBuild       = "build"
	PhaseExport      = "export" // of the image and of the cache
	PhaseFacts       = "facts"  // asking the engine what ran, and reading the context to its end
	PhaseLayers      = "layers" // reading the layers of the image
	PhaseRecord      = "record" // comparing with the build before
	PhaseEngineStop  = "engine-stop"
)

// PastRun is the time of an instruction's last run.
type PastRun struct {
	Key     string  `json:"key"` // of the instruction and its operations; see package explain
	Seconds float64 `json:"seconds"`
}

// Import is one cache that a build was told to import.
type Import struct {
	Ref    string       `json:"ref"` // as the flag has it, redacted
	Result ImportResult `json:"result,omitempty"`
	Error  string       `json:"error,omitempty"`
	// Seconds is how long it took to read what the cache has, without its layers; nil
	// where that was not seen.
	Seconds *float64 `json:"seconds,omitempty"`
	// Hits counts the results of steps that were taken from it; nil where the engine
	// does not tell.
	Hits *int `json:"hits,omitempty"`
}

// ImportResult is what became of an import; "" where the engine does not tell.
type ImportResult string

// The results of an import.
const (
	ImportUsed   ImportResult = "used"
	ImportUnused ImportResult = "unused"
	ImportFailed ImportResult = "failed"
)

// Result is how a build ended.
type Result string

// The results.
const (
	Succeeded Result = "succeeded"
	Failed    Result = "failed"
	Canceled  Result = "canceled"
	NotBuilt  Result = "none" // nothing was built: explain, predict
)

// Basis is what a statement rests on.
type Basis string

// The bases, weakest first.
const (
	Static    Basis = "static"    // read from the Dockerfile
	Predicted Basis = "predicted" // asked of an engine without running a step
	Observed  Basis = "observed"  // a build said so
)

// Effect is what an instruction does to the image.
type Effect string

// The effects.
const (
	EffectBase     Effect = "base"
	EffectLayer    Effect = "layer"
	EffectMetadata Effect = "metadata"
	EffectNone     Effect = "none"
)

// Outcome is what became of a step.
type Outcome string

// The outcomes. Run and Undecided are predictions; None is a step that has
// nothing to run.
const (
	Hit          Outcome = "hit"
	Miss         Outcome = "miss"
	StepFailed   Outcome = "failed"
	StepCanceled Outcome = "canceled"
	NotRun       Outcome = "not-run"
	Unused       Outcome = "unused"
	None         Outcome = "none"
	Run          Outcome = "run"
	Undecided    Outcome = "undecided"
)

// Step is one instruction in one platform's build.
type Step struct {
	ID          string  `json:"id"` // unique in the build: "linux/amd64 build 3"
	Platform    string  `json:"platform"`
	Stage       string  `json:"stage"`              // its name, else "stage-N"; "" above the first FROM
	StageIndex  int     `json:"stageIndex"`         // -1 above the first FROM
	Instruction string  `json:"instruction"`        // upper case keyword
	Text        string  `json:"text"`               // as written, all its lines
	Expanded    string  `json:"expanded,omitempty"` // on one line, after expansion, where that differs from the text
	Line        int     `json:"line"`
	EndLine     int     `json:"endLine"`
	Effect      Effect  `json:"effect"`
	Outcome     Outcome `json:"outcome"`
	// Why says why a step has no operation: "metadata", "its stage is not
	// needed for the target", "same as line 4".
	Why string `json:"why,omitempty"`
	// Trigger marks an ONBUILD instruction of the base image; it stands on the
	// line of its FROM.
	Trigger bool    `json:"trigger,omitempty"`
	Seconds float64 `json:"seconds,omitempty"` // time that it ran; 0 for a hit
	// LastRunSeconds is the time of its last run, this build's or an earlier
	// one's; nil where no record knows it.
	LastRunSeconds *float64 `json:"lastRunSeconds,omitempty"`
	// DependsOn has the ids of the steps whose results enter this one.
	DependsOn []string `json:"dependsOn,omitempty"`
	// HangsOn says what an undecided step waits for: the ids of the steps, or the
	// names of the sources, whose content decides.
	HangsOn []string `json:"hangsOn,omitempty"`
	// Args and Env are the build arguments and the environment in scope when
	// the instruction is evaluated, redacted; where it has no operation, those
	// that its text may name.
	Args map[string]string `json:"args,omitempty"`
	Env  map[string]string `json:"env,omitempty"`
	// Mentions are the variables that the frontend replaces in the instruction,
	// sorted, Unset those of them that nothing sets; nil also where the record does
	// not know them.
	Mentions []string `json:"mentions,omitempty"`
	Unset    []string `json:"unset,omitempty"`
	// Parsed is what was read in the instruction; nil in records of older versions.
	Parsed *Parsed `json:"parsed,omitempty"`
	// Vertices are the operations that it became, inputs before consumers.
	Vertices []Vertex `json:"vertices,omitempty"`
	// Layers are those that the step made in the exported image; for a FROM
	// those of its base.
	Layers []Layer `json:"layers,omitempty"`
	// DiskSize is what the step's result takes on the engine's disk in bytes, on
	// top of what it started from, as of its last run; nil where no record knows.
	DiskSize *int64 `json:"diskSize,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Vertex is one operation of BuildKit.
type Vertex struct {
	Digest string `json:"digest"` // identifies it in this build only
	Name   string `json:"name"`
	Op     Op     `json:"op"`
	// Inline says that it only makes inline documents, which count as inputs.
	Inline bool `json:"inline,omitempty"`
	// Key is the engine's stable cache key of the operation without its
	// inputs; "" where the engine did not tell.
	Key    string  `json:"key,omitempty"`
	Pin    string  `json:"pin,omitempty"` // what a source resolved to
	Inputs []Input `json:"inputs,omitempty"`
	// KeyImported says that a cache which the build imported knows the operation on
	// these inputs, and has no result for it.
	KeyImported bool `json:"keyImported,omitempty"`
	// NoCache says that the build asked not to reuse it.
	NoCache bool `json:"noCache,omitempty"`
	Ran     bool `json:"ran"`
	Done    bool `json:"done"` // its result is there, by running or from the cache
	// Cached is what speaks for the engine's cache having the result of an operation
	// that did not run in a build that failed or was cancelled; "" in any other.
	Cached Evidence `json:"cached,omitempty"`
	// CacheName is under what Record.EngineCache counts the result, where the engine
	// only claims to have it.
	CacheName string  `json:"cacheName,omitempty"`
	Seconds   float64 `json:"seconds,omitempty"`
	Error     string  `json:"error,omitempty"`
	// Held says of one that did not run that the engine listed a result of it when
	// the build was over, one that is older than what was made from it. Only of an
	// engine that cannot be asked what it would reuse.
	Held bool `json:"held,omitempty"`
	// Made is when the engine made its result, by the engine's clock, whether in this
	// build or before it; nil where that is not known.
	Made *Span `json:"made,omitempty"`
}

// Span is a time from a beginning to an end.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Contains says whether a moment lies in the span, ends included.
func (s Span) Contains(t time.Time) bool { return !t.Before(s.From) && !t.After(s.To) }

// Evidence is what speaks for a result being in the engine's cache.
type Evidence string

// All evidence but a claim is a proof: after a failure, BuildKit says of operations
// that it never looked at that they are cached.
const (
	Loaded   Evidence = "loaded"   // the engine loaded it
	Found    Evidence = "found"    // the engine had one for its key
	Used     Evidence = "used"     // what needs it was called, or was reused itself
	Recorded Evidence = "recorded" // claimed, and an earlier build of the same left it there
	Claimed  Evidence = "claimed"  // the engine says so, or knows the key alone, which proves nothing
)

// Proof says that the result is there.
func (e Evidence) Proof() bool { return e != "" && e != Claimed }

// Op is what an operation's own cache key is made from, in comparable form.
type Op struct {
	Kind string `json:"kind"` // "source", "exec", "file", "merge", "diff", "build"
	// Fields are its properties by name: for exec "args", "cwd", "user",
	// "network", "security", "mounts", …; for file "actions"; for source
	// "identifier" and its attributes.
	Fields map[string]string `json:"fields,omitempty"`
	// Env is an exec's environment, redacted.
	Env map[string]string `json:"env,omitempty"`
	// EnvOrder has the names of Env as the definition lists them, since their order
	// is part of the key; nil where the record does not know it.
	EnvOrder []string `json:"envOrder,omitempty"`
}

// Input is one input of an operation.
type Input struct {
	Step   string `json:"step,omitempty"`   // the step that made it
	Source string `json:"source,omitempty"` // else: the source it comes from, "context", "inline", a named context, an image or a URL
	// Hashed says that the content of the selected files counts, not the
	// identity of what made them.
	Hashed    bool       `json:"hashed,omitempty"`
	Selectors []Selector `json:"selectors,omitempty"`
	// Content is the checksum of the selected files; "" where nobody computed it.
	Content string `json:"content,omitempty"`
	// Carried says that Content is the last known one, from an earlier build:
	// this one was decided without it.
	Carried bool `json:"carried,omitempty"`
	// Files has the digest of every selected file by path, where the engine
	// told; files of a local source are in Record.Trees under Tree.
	Files map[string]string `json:"files,omitempty"`
	// RawFiles has those of Files whose path is no UTF-8, in a stored record alone.
	RawFiles []RawFile `json:"rawFiles,omitempty"`
	Tree     string    `json:"tree,omitempty"`
}

// Selector picks files of an input, as BuildKit's operations do.
type Selector struct {
	Path     string   `json:"path"`
	Wildcard bool     `json:"wildcard,omitempty"`
	Follow   bool     `json:"follow,omitempty"`
	Include  []string `json:"include,omitempty"`
	Exclude  []string `json:"exclude,omitempty"`
	Required []string `json:"required,omitempty"`
}

// Tree is the files of a local source, sorted by path.
type Tree []File

// File is one entry of a tree.
type File struct {
	Path   string `json:"path"`           // relative to the source, with "/"
	Type   string `json:"type"`           // "file", "dir", "symlink", "fifo", "device", "other"
	Mode   uint32 `json:"mode"`           // permission, setuid, setgid and sticky bits as in POSIX
	Size   int64  `json:"size,omitempty"` // bytes
	Target string `json:"target,omitempty"`
	Digest string `json:"digest,omitempty"` // BuildKit's, over header and content
	// MTime is when a regular file was last written, in nanoseconds since 1970;
	// 0 where it is not known. It enters no digest, yet BuildKit goes by it when it
	// decides what to have sent again.
	MTime int64 `json:"mtime,omitempty"`
	// Raw has the names that are no UTF-8, in a stored record alone.
	Raw *RawNames `json:"raw,omitempty"`
}

// Layer is one layer of an image.
type Layer struct {
	Digest string `json:"digest"`
	DiffID string `json:"diffID,omitempty"`
	Size   int64  `json:"size"` // bytes, as stored: mostly compressed
	// Uncompressed is the size of its archive, with headers, ContentSize that of the
	// files in it; they and Files are nil where the blob was not read.
	Uncompressed *int64 `json:"uncompressedSize,omitempty"`
	ContentSize  *int64 `json:"contentSize,omitempty"`
	Files        *int   `json:"files,omitempty"`
	Index        int    `json:"index"` // in the image, from 0
}

// Step returns the step with this id, nil if there is none.
func (r *Record) Step(id string) *Step {
	i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return &r.Steps[i]
}
