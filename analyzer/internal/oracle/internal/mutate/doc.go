// Package mutate makes random Dockerfiles with their contexts, and random edits
// of them, for tests that really build them.
//
// A World is what a build reads: files, Dockerfile, options, base image. It is a
// model and not text, so that every edit keeps a file that makes sense, and so
// that the package knows what each step depends on (Steps) without asking the
// code that is tested. What two worlds differ in says why a step must run again
// (Truth), which holds an explanation to account.
//
// Everything follows from a seed: the same one gives the same worlds and edits.
package mutate
