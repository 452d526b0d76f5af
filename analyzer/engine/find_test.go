package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// fakeWay is a connector that finds something, or not.
type fakeWay struct {
	Connector
	kind string
	look Look
	err  error
}

func (f fakeWay) Kind() string                       { return f.kind }
func (f fakeWay) Look(context.Context) (Look, error) { return f.look, f.err }

// The first way that leads to an engine is taken, and none after it is looked at.
func TestFind(t *testing.T) {
	broken := errors.New("no such builder")
	nothing := fakeWay{kind: "a"}
	flag := fakeWay{kind: "b", look: Look{Found: true, By: "--addr"}}
	fails := fakeWay{kind: "c", err: broken}
	for _, tt := range []struct {
		name string
		ways []Connector
		want string
		err  error
	}{
		{"the first", []Connector{flag, fails}, "b", nil},
		{"what is not there is passed over", []Connector{nothing, flag}, "b", nil},
		{"what cannot be looked at is not", []Connector{nothing, fails, flag}, "", broken},
		{"none", []Connector{nothing, nothing}, "", ErrNone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, look, err := Find(t.Context(), tt.ways...)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				if tt.err == broken && !strings.Contains(err.Error(), "c: ") {
					t.Errorf("the error does not say what was looked at: %v", err)
				}
				return
			}
			if found.Kind() != tt.want || look.By != "--addr" {
				t.Errorf("found %s by %q, want %s", found.Kind(), look.By, tt.want)
			}
		})
	}
}
