// Package daemon is BuildKit's controller, worker and Dockerfile frontend in
// one process: what buildkitd is, without its configuration file, set up for
// one state folder and with every operation recorded.
package daemon
