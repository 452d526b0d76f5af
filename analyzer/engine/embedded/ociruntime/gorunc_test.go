//go:build linux

package ociruntime

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	runc "github.com/containerd/go-runc"
)

// stdio passes streams to go-runc as BuildKit's executor does.
type stdio struct{ out, err io.Writer }

func (s stdio) Close() error          { return nil }
func (s stdio) Stdin() io.WriteCloser { return nil }
func (s stdio) Stdout() io.ReadCloser { return nil }
func (s stdio) Stderr() io.ReadCloser { return nil }
func (s stdio) Set(cmd *exec.Cmd)     { cmd.Stdout, cmd.Stderr = s.out, s.err }

// The client that BuildKit uses gets what it expects.
func TestGoRunc(t *testing.T) {
	ctx := context.Background()
	b := newBundle(t, asRoot, "echo:one", "catch", "exit:9")
	b.command(t) // writes the configuration
	client := &runc.Runc{
		Command: filepath.Join(b.dir, Name), Log: filepath.Join(b.dir, "runc-log.json"), LogFormat: runc.JSON,
		Setpgid: true, PdeathSignal: syscall.SIGKILL,
	}
	started := make(chan int, 1)
	read, write := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := client.Run(ctx, "c1", filepath.Join(b.dir, "c1"), &runc.CreateOpts{
			Started: started, IO: stdio{write, &bytes.Buffer{}}, ExtraArgs: []string{"--keep"},
		})
		write.Close()
		done <- err
	}()
	if <-started == 0 {
		t.Error("no pid")
	}
	line := make([]byte, len("one\nwaiting\n"))
	if _, err := io.ReadFull(read, line); err != nil {
		t.Fatal(err)
	}
	if st, err := b.stored(t); err != nil || st.Status != statusRunning {
		t.Errorf("state %+v, %v", st, err)
	}
	go io.Copy(io.Discard, read)
	if err := client.Kill(ctx, "c1", int(syscall.SIGTERM), nil); err != nil {
		t.Error(err)
	}
	var exit *runc.ExitError
	if err := <-done; !errors.As(err, &exit) || exit.Status != 9 {
		t.Errorf("ended with %v", err)
	}
	if err := client.Delete(ctx, "c1", &runc.DeleteOpts{}); err != nil {
		t.Error(err)
	}
}
