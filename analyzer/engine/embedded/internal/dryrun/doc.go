// Package dryrun runs BuildKit's solver without running a step: it tells what a
// build would reuse.
//
// # Design
//
// Which operation a build runs is decided by BuildKit's solver, in an order that
// depends on every key and every checksum on the way. So that solver does it here,
// too, unchanged, with three things put under it:
//
//   - operations that know their keys and give, in place of what Exec would
//     make, a phantom: a result without files (op.go, phantom.go);
//   - a store of cache keys in memory, on top of the engine's own, which is only
//     read (overlay.go): the solver finds the results of the dry run in the same
//     build, as it would, and nobody finds them later;
//   - results that are loaded without a trace (results.go).
//
// There is no switch between wet and dry: these operations have no way to run.
//
// A step that takes files from a phantom has a key that nobody can know. The
// solver is asked twice (world.go): once with a checksum that fits nothing, once
// with one that fits everything (index.go). What runs both times runs whatever
// the files are; what runs the first time alone hangs on them. More matches never
// make more run, so that the two are bounds.
//
// Stopping at Exec with an error was turned down: the solver gives up a build at
// the first error, and what it has seen by then depends on the order in which it
// looked.
package dryrun
