package cli

import (
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/engine/embedded"
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

// What an engine logs in with is in no message about an entry.
func TestCacheEntryMessages(t *testing.T) {
	for entry, want := range map[string]string{
		"type=s4,bucket=b,region=eu,access_key_id=S3cret,secret_access_key=S3cret": "type=s4,bucket=b,region=eu,access_key_id=***,secret_access_key=***: unknown",
		"bucket=b,session_token=S3cret":                                            "bucket=b,session_token=***: the type",
		"type=registry,password=S3cret":                                            "type=registry,password=***: type=registry needs",
		"type=s3,secret_access_key=a,S3cret,bucket=b":                              `"***" is no KEY=VALUE`,
		"type=s3,bucket=b,wJalrXUtnFEMIS3cret":                                     `"***" is no KEY=VALUE`,
		"type=s3,secret_access_key=secret,zqrest":                                  `"***" is no KEY=VALUE`,
		`type=s3,secret_access_key="S3cret`:                                        "type=s3,secret_access_key=***: ",
		"type=s4,endpoint_url=https://me:S3cret@host":                              "endpoint_url=https://me:***@host: unknown",
		"type=s4,Token=S3cret":                                                     "type=s4,Token=***: unknown",
		"type=azblob2,account_url=https://host/?sig=S3cret,account_key=":           "account_url=https://host/?sig=***,account_key=: unknown",
	} {
		for _, importing := range []bool{true, false} {
			_, err := cacheEntries([]string{entry}, importing)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "S3cret") || strings.Contains(err.Error(), "zqrest") {
				t.Errorf("%s: %v, want %s", entry, err, want)
			}
		}
	}
	err := checkCacheTypes([]string{"type=s3,bucket=b,secret_access_key=S3cret"}, (&embedded.Connector{}).Capabilities().CacheTypes, true)
	if err == nil || strings.Contains(err.Error(), "S3cret") || !strings.Contains(err.Error(), "bucket=b") {
		t.Error(err)
	}
}

func TestEmbeddedCaches(t *testing.T) {
	has := (&embedded.Connector{}).Capabilities().CacheTypes
	for _, importing := range []bool{true, false} {
		if err := checkCacheTypes([]string{"type=gha,url=u,token=t"}, nil, importing); err != nil {
			t.Errorf("an engine that has all: %v", err)
		}
		for _, entry := range []string{"type=gha,url=u,token=t", "type=s3,bucket=b,region=r", "type=azblob,name=n"} {
			if err := checkCacheTypes([]string{"type=registry,ref=a", entry}, has, importing); err == nil || !strings.Contains(err.Error(), "local, registry, or name") {
				t.Errorf("%s: %v", entry, err)
			}
		}
		if err := checkCacheTypes([]string{"type=registry,ref=a", "type=local,src=a"}, has, importing); err != nil {
			t.Error(err)
		}
	}
}
