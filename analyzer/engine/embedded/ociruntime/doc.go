// Package ociruntime is the OCI runtime that BuildKit's executor runs build
// steps with where the machine has no runc. It has no binary of its own: the
// program is called again under the name [Name], and [Main] takes over.
//
// # Use
//
//	func main() {
//		ociruntime.Main() // returns at once unless this process is the runtime
//		...
//	}
//
// [Install] puts a symlink called [Name] into a folder; its path is what
// BuildKit's runc executor takes as its command.
//
// # Commands
//
// The command line is runc's, as far as github.com/containerd/go-runc uses it
// for building: run (in the foreground, with or without --keep), kill and delete.
// Detached containers, create, start, exec and state are refused.
//
// # Design
//
// run is two processes. The monitor reads and checks config.json, makes the
// namespaces by cloning a second copy of the program (the init stage), hands it
// the configuration over a socket, forwards signals, and ends with the
// container's exit code. The init stage builds the root file system, drops every
// privilege on one locked thread, and replaces itself with the container's
// program. It ends with the monitor (parent-death signal), and everything in the
// container's PID namespace ends with it. The kernel forgets a parent-death
// signal when the container's first process is a set-user-ID program or changes
// its user; then the PID namespace around the engine is what ends it.
//
// No path inside the container is ever used by name after a check of that name.
// Each is opened with openat2(RESOLVE_IN_ROOT) and mounted on through the handle
// with open_tree, fsmount, mount_setattr and move_mount, so that an image cannot
// lead a mount outside its root by swapping a symlink. This needs Linux 5.12;
// older kernels need runc. Mounting through /proc/self/fd, as older runtimes do,
// was turned down: it needs a trusted /proc and a second look-up to make a bind
// mount read-only.
//
// No mount lets a device be opened but /dev and its terminals, which hold those
// that the specification asks for and no other. In a user namespace these are the
// host's nodes, shown read-only so that only their content can be reached. Hidden
// files are covered by an empty file of the container's own.
//
// The program's own file cannot be written from inside a container: the init
// stage is executed from a detached read-only mount of it, or from a sealed copy
// in memory.
//
// What config.json asks for and this runtime cannot enforce is an error, with one
// exception: control groups. CgroupsPath and resource limits are not applied, since
// an ordinary user may not, and a step's limits are the engine's limits. User
// namespaces are not made here: the engine is in one already, unless root insists
// that it is not. In one with a single id, supplementary groups and owners that have no
// mapping are left out, as nothing there can belong to them.
package ociruntime

// Name is the name under which the program is the runtime: the base name of
// argv[0], and of the symlink that Install makes.
const Name = "layerwise-oci"
