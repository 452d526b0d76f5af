//go:build linux

package stepnet

import (
	"net"
	"strings"
	"testing"
	"time"
)

// A port from which a connection went that the other side ended may be used
// again at once.
func TestPortAgain(t *testing.T) {
	ns := newStep(t)
	at := listen(t, "tcp", machine4+":0", func(net.Conn) {})
	start := time.Now()
	if _, err := run(t, ns, "again", at, "5"); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

// Of many short connections none waits for long.
func TestManyConnections(t *testing.T) {
	for name, kind := range devices(t) {
		t.Run(name, func(t *testing.T) {
			ns := newStep(t, kind)
			at := listen(t, "tcp", machine4+":0", answer)
			said, err := run(t, ns, "many", at, "1000")
			if err != nil {
				t.Fatal(err)
			}
			if longest, err := time.ParseDuration(strings.TrimSpace(said)); err != nil || longest > 5*time.Second {
				t.Errorf("the longest took %s (%v)", said, err)
			}
		})
	}
}
