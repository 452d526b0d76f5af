package explain

// Kind says what sort of thing made a step miss. The kinds are part of the
// report's contract: new ones may come, none changes its meaning.
type Kind string

// The kinds.
const (
	// FirstBuild: nothing was recorded before and the engine had nothing that fits.
	FirstBuild Kind = "first-build"
	// NewStep: the instruction was not there before.
	NewStep Kind = "new-step"
	// InstructionChanged: its text changed.
	InstructionChanged Kind = "instruction-changed"
	// BuildArgumentChanged: a build argument that enters its key has another
	// value, even one that its text does not mention.
	BuildArgumentChanged Kind = "build-argument-changed"
	// EnvironmentChanged: ENV from above or from the base image changed.
	EnvironmentChanged Kind = "environment-changed"
	// StateChanged: WORKDIR, USER, SHELL, network, platform, what a named build
	// context is, or another inherited setting changed.
	StateChanged Kind = "state-changed"
	// FilesChanged: files that it copies or mounts from a build context or an
	// inline document changed.
	FilesChanged Kind = "files-changed"
	// BaseImageChanged: the reference resolves to another digest.
	BaseImageChanged Kind = "base-image-changed"
	// StageOutputChanged: files that it takes from another stage or image came
	// out different.
	StageOutputChanged Kind = "stage-output-changed"
	// RemoteSourceChanged: what ADD or a git or http context fetches changed.
	RemoteSourceChanged Kind = "remote-source-changed"
	// NoCacheRequested: the build asked not to reuse it.
	NoCacheRequested Kind = "no-cache-requested"
	// Evicted: same key as before, no longer in this engine's cache.
	Evicted Kind = "evicted"
	// OtherEngine: the build before ran on an engine that this one shares no
	// cache with.
	OtherEngine Kind = "other-engine"
	// ImportMissed: an imported cache had no entry for it.
	ImportMissed Kind = "import-missed"
	// PreviousIncomplete: in the build before it failed, was cancelled, or was
	// not reached.
	PreviousIncomplete Kind = "previous-incomplete"
	// InputsChanged: its inputs came from the cache, but this step did not run
	// on top of them in the build before.
	InputsChanged Kind = "inputs-changed"
	// ParentRebuilt: only because of its inputs, which were made anew.
	ParentRebuilt Kind = "parent-rebuilt"
	// Unknown: evidence is missing.
	Unknown Kind = "unknown"
)
