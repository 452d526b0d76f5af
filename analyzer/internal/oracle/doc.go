// Package oracle holds tests and nothing else: it really builds Dockerfiles,
// on the embedded engine and on a buildkitd process, and compares what the
// program says of every instruction with what BuildKit executed.
//
// Each archive in testdata is one case: a context, a scenario of edits, and the
// outcome and causes of every step of every build, reviewed by reading.
// Run with -update to write them anew. Each script in testdata/confirm confirms
// what is said of one kind of change, and may change what lies outside a context:
// base images, servers, the cache, the engine.
package oracle
