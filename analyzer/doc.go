// Package analyzer is the map of the code below it; it has none of its own.
//
// Data flows one way:
//
//	Dockerfile, options and context
//	  → dockerfile     bytes to stages and instructions, exact ranges, effects;
//	                   dockerfile/scope: what each instruction sees
//	  → plan           the build graph, every vertex tied to its instruction
//	  → engine         a BuildKit to ask: a given address, or engine/embedded
//	  → solve          one solve, followed to its end, tied to steps → record
//	  → explain        two records → a typed cause for every miss
//	  → report         one model → text, JSON, …
//
// Beside that line stand predict, which says what a build would reuse before it
// runs; buildcontext, which lists the files that an engine would see and computes
// the checksums that it would compute; image, which says what layers hold; absent,
// which says what became of a name that is not there; history, which keeps records
// on disk; scenario, which edits a copy of a context between builds; and standin,
// which answers base images with one made here when there is no registry in reach.
// Package lint looks at Dockerfiles without an engine; lint/driver is all of it, from
// files to findings and fixed text, for the command and for editors.
//
// # Design
//
// Nothing is guessed. BuildKit's own Dockerfile frontend runs in this process,
// and a wrapper around its client copies each definition that it asks an
// engine to solve. A vertex is named by the digest of its definition, so the
// status events of any engine tie to instructions exactly, with no reading of
// progress text.
//
// What a step's cache key was made of is known in full with the embedded engine,
// where every operation is wrapped; with another engine it is the definition,
// the last status event of every vertex, and the checksums of buildcontext.
// Package record holds what is known, package explain compares two of them, and
// the tests of package oracle build a table of Dockerfiles and edits for real
// and hold each answer against what BuildKit executed.
//
// Imports run the way that data does. No package here imports report or cmd,
// prints, or ends the process; only engine/embedded knows BuildKit's worker and
// solver. The tests beside this file enforce that.
package analyzer
