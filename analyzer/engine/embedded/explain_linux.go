package embedded

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// explain says why a call failed when it failed because the engine's process is
// gone, which gRPC knows only as a broken connection.
func (e *Engine) explain(err error) error {
	if status.Code(err) != codes.Unavailable {
		return err
	}
	select {
	case <-e.closing:
		return err
	default:
		return status.Error(codes.Unavailable, e.child.gone(err).Error())
	}
}

func (e *Engine) explainUnary(ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return e.explain(invoker(ctx, method, request, reply, cc, opts...))
}

func (e *Engine) explainStream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := streamer(ctx, desc, cc, method, opts...)
	if err != nil {
		return nil, e.explain(err)
	}
	return &explainedStream{ClientStream: stream, engine: e}, nil
}

type explainedStream struct {
	grpc.ClientStream
	engine *Engine
}

func (s *explainedStream) RecvMsg(message any) error {
	return s.engine.explain(s.ClientStream.RecvMsg(message))
}
