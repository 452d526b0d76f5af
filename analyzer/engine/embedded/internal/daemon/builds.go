//go:build linux

package daemon

import (
	"context"

	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/opencontainers/go-digest"
	"google.golang.org/grpc"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// Facts takes what the operations of a build did that is over; see engine.Engine.
// Where none is going on, what the last ones left half-written is dropped.
func (d *Daemon) Facts(ctx context.Context, ref string) (map[digest.Digest]engine.Fact, error) {
	d.beginning.Lock()
	if d.recorder.Idle() {
		dropIngests(ctx, d.worker.ContentStore())
	}
	d.beginning.Unlock()
	return d.recorder.Take(ctx, ref)
}

// followSolve tells the recorder when a build begins and ends.
func (d *Daemon) followSolve(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if build, ok := request.(*controlapi.SolveRequest); ok {
		d.beginning.Lock()
		d.recorder.Begin(build.Ref, build.Session)
		d.beginning.Unlock()
		defer d.recorder.End(build.Ref)
	}
	return handler(ctx, request)
}

// followStatus tells the recorder which vertices a build has.
func (d *Daemon) followStatus(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if info.FullMethod == controlapi.Control_Status_FullMethodName {
		stream = &statusStream{ServerStream: stream, daemon: d}
	}
	return handler(server, stream)
}

// statusStream is a client that asks for the status of a build.
type statusStream struct {
	grpc.ServerStream
	daemon *Daemon
	ref    string
}

func (s *statusStream) RecvMsg(message any) error {
	err := s.ServerStream.RecvMsg(message)
	if request, ok := message.(*controlapi.StatusRequest); ok && err == nil {
		s.ref = request.Ref
	}
	return err
}

func (s *statusStream) SendMsg(message any) error {
	if status, ok := message.(*controlapi.StatusResponse); ok {
		var vertices []digest.Digest
		for _, v := range status.Vertexes {
			vertices = append(vertices, digest.Digest(v.Digest))
		}
		s.daemon.recorder.Told(s.ref, vertices...)
	}
	return s.ServerStream.SendMsg(message)
}
