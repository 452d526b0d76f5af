// Package probe records what the operations of BuildKit's solver did: their
// cache keys, the content that those keys took from their inputs, and whether
// they ran.
//
// # Design
//
// BuildKit's status events do not say why an operation missed, so the recorder
// stands between the solver and the worker. Operations other than sources are
// wrapped one by one. Sources are not: the solver writes a build's provenance
// by looking for BuildKit's own source operation among them, so that type has
// to stay, and the source behind it is wrapped instead. The same search looks
// for BuildKit's own exec operation, which the wrapper hides; see provenance.go
// for how its share of the provenance is put back.
package probe
