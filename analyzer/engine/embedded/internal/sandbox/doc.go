// Package sandbox runs this program again in namespaces of its own, so that all
// that it starts and mounts is gone when it is.
//
// # Design
//
// Three processes take part. The caller (1) starts this program under the name
// of an init (2), in new PID and mount namespaces and, unless it is root, a new
// user namespace. The init is the first process of its PID namespace: it starts
// the program proper (3), reaps what it leaves behind, and ends with it, which
// makes the kernel end everything else in the namespace. The init dies with the
// caller, by the kernel's parent-death signal.
//
// Root can have the program run apart from itself, with a range of ids that
// belong to nobody. The init then starts with root's ids, which have no name in its
// user namespace, to open a folder that only root gets to, and changes to the
// range's first id before it starts the program.
//
// An init of its own, rather than the program proper as the first process,
// because reaping stray processes would take the exit status of those that the
// program has started and waits for.
package sandbox
