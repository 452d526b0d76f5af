package engine

// Capabilities is what an engine can do beyond what every BuildKit can. Code that
// builds asks for them, never for the kind of an engine.
type Capabilities struct {
	// Facts says that Engine.Facts tells what every operation did. Otherwise that is
	// inferred from status events, and checksums are computed here.
	Facts bool
	// DryRun says that the engine is a DryRunner. Otherwise what it would reuse is
	// told from records and from what it lists.
	DryRun bool
	// Private says that nobody but this program builds on the engine: all of its cache
	// and of its history is of this program's making, and may be removed.
	Private bool
	// CacheTypes are those of the caches that the engine exports and imports, nil for
	// all that BuildKit has.
	CacheTypes []string
}
