// Package escape holds no code, only tests: what a build step can do to the
// machine that builds it, tried from inside steps of real builds.
//
// Each test runs with every runtime, as the user that it is started by. It is to
// be run as root, and as ordinary users with and without subordinate ids.
package escape
