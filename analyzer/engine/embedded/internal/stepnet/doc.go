// Package stepnet gives each build step a network namespace of its own, and
// carries what the step sends to the outside through ordinary sockets of this
// process. It needs no rights on the machine's network, no daemon and no other
// program.
//
// # Design
//
// A step's namespace has a loopback interface and eth0, whose other end is a
// descriptor of this process: a TUN device or, where /dev/net/tun is missing
// or closed to us, a packet socket on the far side of a veth pair. A TCP/IP
// stack in this process (gVisor's) answers there for every address. For each
// connection and each UDP flow it opens a socket of the machine and copies
// between the two, as slirp4netns and pasta do. So a step
//
//   - reaches what this process reaches by TCP and UDP, but for loopback
//     addresses and the like (see forbidden);
//   - has none of the machine's sockets: not the abstract ones, not the
//     loopback ones, and no interface to send raw packets to;
//   - is reached by nobody, and does not reach other steps: a stack serves one.
//
// A connection that the machine refuses or cannot make is refused to the step;
// it is accepted only once it stands, so programs that choose among addresses
// choose as they would on the machine.
//
// The gateway's one service is DNS. It hands each query to the name servers of
// the machine's /etc/resolv.conf, so that resolvers which listen on the
// machine's loopback, as systemd-resolved does, serve steps too.
//
// Nothing of a namespace has a name in the file system but the step's
// resolv.conf: it is made of descriptors, and ends with them, also when this
// process is killed.
package stepnet
