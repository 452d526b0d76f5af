// Package playground is the base image that stands in for every other when a build is offline: a
// shell with core tools, the same under any name.
//
// The image has one program, and that is the running binary itself, under another name: the image's
// /bin/sh, /bin/ls and so on are symbolic links to a copy of it. So the image is there wherever the
// binary is, with no registry, no tool chain and no other file beside it.
//
// # Design
//
// [Layout] writes the image as an OCI layout. The copy of the program ends in a mark, and [Main],
// the first call of the binary's main function, becomes a shell or a tool only when the file that
// runs ends in that mark. The name that a program was called by decides which tool it is, but never
// whether it is one: a user who links the binary to the name ls gets no surprise. A fixed path in
// the image was turned down as the test, because `COPY --from=build /bin/sh /bin/sh` into an empty
// image has to work.
//
// The shell (package shell) is mvdan.cc/sh. The tools (package tool) run inside the shell's
// process, each with a folder, environment and streams of its own, so that `ls` starts no process.
// They were written for this image, and each has the flags that RUN lines use. Of the pure-Go
// collections, u-root's fail the tests of every tool here: most flags are missing, and a mkdir that
// fails or a file that cannot be removed ends with the status 0. The sed, find and awk
// implementations found are unmaintained, under another kind of license, or not to be had as a
// module. A tool that is missing says what there is instead.
package playground
