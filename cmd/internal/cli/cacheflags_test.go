package cli

import (
	"strings"
	"testing"
)

func TestCacheEntries(t *testing.T) {
	for _, c := range []struct {
		given    string
		from, to string // or the error, after "!"
	}{
		{"inline", "!it lies in the image", "type=inline"},
		{"type=inline", "!it lies in the image", "type=inline"},
		{"example.org/app:cache", "type=registry,ref=example.org/app:cache", "type=registry,ref=example.org/app:cache"},
		{"inline2", "type=registry,ref=inline2", "type=registry,ref=inline2"},
		{"a,b", "type=registry,ref=a type=registry,ref=b", "type=registry,ref=a type=registry,ref=b"},
		{"type=registry,ref=a,mode=max", "type=registry,ref=a,mode=max", "type=registry,ref=a,mode=max"},
		{"type=registry", "!needs ref=", "!needs ref="},
		{"local", "!needs src=", "!needs dest="},
		{"type=local,dest=d", "!needs src=", "type=local,dest=d"},
		{"type=local,src=d", "type=local,src=d", "!needs dest="},
		{"gha", "type=gha", "type=gha"},
		{"type=bogus,ref=a", "!unknown type bogus: use azblob, gha, local, registry, s3", "!unknown type bogus"},
		{"ref=a", "!the type is missing", "!the type is missing"},
		{"type=", "!the type is missing", "!the type is missing"},
		{"type=registry,ref=a,x", `!"x" is no KEY=VALUE`, `!"x" is no KEY=VALUE`},
	} {
		for importing, want := range map[bool]string{true: c.from, false: c.to} {
			got, err := cacheEntries([]string{c.given}, importing)
			if message, fails := strings.CutPrefix(want, "!"); fails {
				if err == nil || !strings.Contains(err.Error(), message) {
					t.Errorf("%s, import %v: %v, %v, want the error %s", c.given, importing, got, err, message)
				}
			} else if err != nil || strings.Join(got, " ") != want {
				t.Errorf("%s, import %v: %v, %v, want %s", c.given, importing, got, err, want)
			}
		}
	}
}

func TestEmbeddedCaches(t *testing.T) {
	for _, importing := range []bool{true, false} {
		for _, entry := range []string{"type=gha,url=u,token=t", "type=s3,bucket=b,region=r", "type=azblob,name=n"} {
			if err := checkEmbeddedCache([]string{"type=registry,ref=a", entry}, importing); err == nil || !strings.Contains(err.Error(), "local, registry, or name") {
				t.Errorf("%s: %v", entry, err)
			}
		}
		if err := checkEmbeddedCache([]string{"type=registry,ref=a", "type=local,src=a"}, importing); err != nil {
			t.Error(err)
		}
	}
}
