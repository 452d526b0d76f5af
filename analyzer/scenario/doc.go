// Package scenario runs rebuild experiments: a cold build, then edits with a
// build after each, so that one sees what every edit costs.
//
// All of it happens on a copy of the build context. The user's files are read,
// never written. Who builds, and on which engine, is the caller's choice: Run
// calls a function.
//
// # Scenario files
//
// A scenario is a YAML file that lists what comes after the cold build:
//
//	steps:
//	  - label: nothing changed
//	  - label: edit one source file
//	    edits: [{change: src/app.js}]
//	  - label: a new dependency
//	    edits:
//	      - add: {path: vendor/x.txt, content: "x\n", mode: "0644"}
//	      - replace: {path: package.json, old: '"a": 1', new: '"a": 2'}
//	      - delete: old.txt
//	      - chmod: {path: run.sh, mode: "0755"}
//	      - rename: {from: a.txt, to: b.txt}
//	      - touch: src/app.js
//	      - dockerfile: {old: "echo one", new: "echo two"}
//	      - dockerfile: {insert: "RUN true", after: "COPY . ."}
//	      - dockerfile: {delete: 7}
//	    build-args: {VERSION: "2"}
//	  - label: after a prune
//	    prune: true
//
// A step applies its edits in order, sets its build arguments, prunes the
// engine if asked, and builds. Everything stays as it is for the steps after
// it: edits add up, a build argument keeps its value. A step with nothing but a
// label is an unchanged rebuild; a label that is left out is made from the
// edits. Paths are relative to the context, with "/". They may lead through
// symbolic links of files and folders, as an editor would follow them, but never out
// of the copy; what is deleted or renamed is a link itself. A line of the Dockerfile
// is given by its number or by its whole text. A text to be replaced occurs
// exactly once.
//
// # Design
//
// An edit that cannot work is found before anything is built. A model of the
// file system that predicts each edit would be a second implementation of them
// all; instead they are rehearsed, by the code that makes them later, on a
// second copy that has only the files that the scenario names.
package scenario
