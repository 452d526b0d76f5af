package solve

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"testing"

	contentapi "github.com/containerd/containerd/api/services/content/v1"
	"github.com/layerwise/layerwise/analyzer/image"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc"
)

// store is a content store of one blob that counts how often it is asked.
type store struct {
	contentapi.ContentClient
	blob  []byte
	reads int
}

func (s *store) Read(context.Context, *contentapi.ReadContentRequest, ...grpc.CallOption) (contentapi.Content_ReadClient, error) {
	s.reads++
	return &blobStream{rest: s.blob}, nil
}

type blobStream struct {
	grpc.ClientStream
	rest []byte
}

func (s *blobStream) Recv() (*contentapi.ReadContentResponse, error) {
	if len(s.rest) == 0 {
		return nil, io.EOF
	}
	part := s.rest[:min(len(s.rest), 100)]
	s.rest = s.rest[len(part):]
	return &contentapi.ReadContentResponse{Data: part}, nil
}

// TestLayersAreReadOnce: a layer is read by the first build that has it, and by no
// other.
func TestLayersAreReadOnce(t *testing.T) {
	var data bytes.Buffer
	w := tar.NewWriter(&data)
	w.WriteHeader(&tar.Header{Name: "a", Size: 5, Typeflag: tar.TypeReg})
	io.WriteString(w, "12345")
	w.Close()
	d := ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageLayer, Digest: digest.FromBytes(data.Bytes()), Size: int64(data.Len())}
	dir := t.TempDir()
	for i, want := range []struct {
		cache string
		reads int
	}{{dir, 1}, {dir, 0}, {"", 1}} {
		s := &store{blob: data.Bytes()}
		b := &blobs{client: s, cache: image.NewCache(want.cache), read: map[digest.Digest]image.Layer{}}
		for range 2 { // the same layer may be in an image twice
			l, err := b.layer(t.Context(), d)
			if err != nil || l.Content != 5 || l.Files != 1 || l.DiffID != d.Digest || l.Size != d.Size {
				t.Errorf("build %d: %+v, %v", i+1, l, err)
			}
		}
		if s.reads != want.reads {
			t.Errorf("build %d asked for the layer %d times, want %d", i+1, s.reads, want.reads)
		}
	}
}
