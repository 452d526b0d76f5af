// Package lint looks at Dockerfiles for what costs cache, space or safety. The
// rules themselves are in package rules; here is what they are made of, what they
// are told of a file and its context, and what runs them over many files.
//
// # Design
//
// A rule is a value with a function. It is handed a Subject: the parsed file; the
// simple commands of each RUN; the Graph, which says what depends on what; and the
// Context, with the names of the files beside it. All but the file is made when a
// rule first asks for it, so that rules that look at the text first cost little.
//
// The graph is not read from the text. BuildKit's own converter turns the file
// into its build graph, all stages of it, and package plan ties the operations to
// the instructions. One run of the converter serves both the graph and the checks
// of BuildKit's own linter, which are rules here like any other: they say in the
// same words and places what BuildKit says, down to the order. A grammar and
// dependencies of our own would be faster and would be wrong sooner or later.
// Where BuildKit refuses the file, the graph is what the text suggests.
//
// Nothing asks an engine or a registry: of base images nothing is known but the
// name. A build argument without a default, which only the command line gives a
// value, is no reason to refuse a file.
//
// The files are untrusted. BuildKit expands variables without a bound, so that a
// few lines could take all memory; such a file is refused before BuildKit sees it.
// The context is never left, and never listed without end.
package lint
