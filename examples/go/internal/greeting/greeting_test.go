package greeting

import "testing"

func TestFor(t *testing.T) {
	if For("Ada") != For("Ada") || For("Ada") == For("Bob") {
		t.Error("the greeting does not follow the name")
	}
}
