//go:build linux

package probe

import (
	"maps"
	"slices"
	"testing"

	"github.com/moby/buildkit/cache/contenthash"
	"github.com/moby/buildkit/solver/pb"
)

func copyOf(src string, wildcard bool, include, exclude []string) *pb.Op {
	return &pb.Op{Op: &pb.Op_File{File: &pb.FileOp{Actions: []*pb.FileAction{{
		Input:          0,
		SecondaryInput: 1,
		Action: &pb.FileAction_Copy{Copy: &pb.FileActionCopy{
			Src: src, AllowWildcard: wildcard, FollowSymlink: true, IncludePatterns: include, ExcludePatterns: exclude,
		}},
	}}}}}
}

func TestPick(t *testing.T) {
	records := []*contenthash.CacheRecordWithPath{
		{Path: "", Record: &contenthash.CacheRecord{Type: contenthash.CacheRecordTypeDir}},
		{Path: "/", Record: &contenthash.CacheRecord{Type: contenthash.CacheRecordTypeDirHeader, Digest: "header"}},
		{Path: "/a", Record: &contenthash.CacheRecord{Type: contenthash.CacheRecordTypeDir, Digest: "dir"}},
		{Path: "/a/b.go", Record: &contenthash.CacheRecord{Digest: "b"}},
		{Path: "/a/b.txt", Record: &contenthash.CacheRecord{Digest: "t"}},
		{Path: "/a/deep/c.go", Record: &contenthash.CacheRecord{Digest: "c"}},
		{Path: "/ab", Record: &contenthash.CacheRecord{Digest: "ab"}},
		{Path: "/link", Record: &contenthash.CacheRecord{Type: contenthash.CacheRecordTypeSymlink, Linkname: "a/deep", Digest: "l"}},
		{Path: "/tool.lnk", Record: &contenthash.CacheRecord{Type: contenthash.CacheRecordTypeSymlink, Linkname: "ab", Digest: "tl"}},
		{Path: "/up", Record: &contenthash.CacheRecord{Type: contenthash.CacheRecordTypeSymlink, Linkname: "a", Digest: "u"}},
		{Path: "/loop", Record: &contenthash.CacheRecord{Type: contenthash.CacheRecordTypeSymlink, Linkname: "loop", Digest: "o"}},
		{Path: "/pending", Record: &contenthash.CacheRecord{}},
	}
	all := []string{"/a/b.go", "/a/b.txt", "/a/deep/c.go", "/ab", "/link", "/loop", "/tool.lnk", "/up"}
	tests := []struct {
		name     string
		op       *pb.Op
		want     []string
		complete bool
	}{
		{"folder", copyOf("/a", false, nil, nil), []string{"/a/b.go", "/a/b.txt", "/a/deep/c.go"}, true},
		{"trailing slash", copyOf("/a/", false, nil, nil), []string{"/a/b.go", "/a/b.txt", "/a/deep/c.go"}, true},
		{"file", copyOf("/ab", false, nil, nil), []string{"/ab"}, true},
		{"missing", copyOf("/none", false, nil, nil), nil, false},
		{"everything", copyOf("/", false, nil, nil), all, false},
		{"pattern", copyOf("/a/*.go", true, nil, nil), []string{"/a/b.go"}, true},
		{"pattern of a folder", copyOf("/?", true, nil, nil), []string{"/a/b.go", "/a/b.txt", "/a/deep/c.go"}, true},
		{"pattern in the middle", copyOf("/*/deep", true, nil, nil), []string{"/a/deep/c.go"}, true},
		{"star without wildcards", copyOf("/a/*.go", false, nil, nil), nil, false},
		{"exclude", copyOf("/a", false, nil, []string{"**/*.go"}), []string{"/a/b.txt"}, true},
		{"exclude a folder", copyOf("/a", false, nil, []string{"deep"}), []string{"/a/b.go", "/a/b.txt"}, true},
		{"include", copyOf("/a", false, []string{"*.txt"}, nil), []string{"/a/b.txt"}, true},
		{"through a link", copyOf("/link", false, nil, nil), []string{"/a/deep/c.go"}, true},
		{"pattern behind a link", copyOf("/link/*.go", true, nil, nil), []string{"/a/deep/c.go"}, true},
		{"pattern behind two links", copyOf("/up/deep/*", true, nil, nil), []string{"/a/deep/c.go"}, true},
		{"pattern of a link to a file", copyOf("/*.lnk", true, nil, nil), []string{"/ab"}, true},
		{"pattern of a link to a folder", copyOf("/lin?", true, nil, nil), []string{"/a/deep/c.go"}, true},
		{"pattern of a loop", copyOf("/loo*", true, nil, nil), []string{"/loop"}, true},
		{"through a loop", copyOf("/loop", false, nil, nil), []string{"/loop"}, true},
		{"unfinished", copyOf("/pending", false, nil, nil), nil, false},
		{"mount", &pb.Op{Op: &pb.Op_Exec{Exec: &pb.ExecOp{Mounts: []*pb.Mount{{Input: 1, Selector: "a/deep"}}}}}, []string{"/a/deep/c.go"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, complete := pick(records, selectionsOf(tt.op)[1])
			if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, tt.want) || complete != tt.complete {
				t.Errorf("got %q, complete %t; want %q, %t", got, complete, tt.want, tt.complete)
			}
		})
	}
}

func TestFollowQuotes(t *testing.T) {
	records := []*contenthash.CacheRecordWithPath{
		{Path: "/link", Record: &contenthash.CacheRecord{Type: contenthash.CacheRecordTypeSymlink, Linkname: "odd*", Digest: "l"}},
		{Path: "/odd*/d.go", Record: &contenthash.CacheRecord{Digest: "d"}},
		{Path: "/odder/d.go", Record: &contenthash.CacheRecord{Digest: "e"}},
	}
	files, complete := pick(records, selectionsOf(copyOf("/link/*.go", true, nil, nil))[1])
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, []string{"/odd*/d.go"}) || !complete {
		t.Errorf("got %q, complete %t", got, complete)
	}
}

func TestSelectionsOfOtherOps(t *testing.T) {
	for name, op := range map[string]*pb.Op{
		"empty":         {},
		"mkdir":         {Op: &pb.Op_File{File: &pb.FileOp{Actions: []*pb.FileAction{{Action: &pb.FileAction_Mkdir{Mkdir: &pb.FileActionMkDir{}}}}}}},
		"tmpfs mount":   {Op: &pb.Op_Exec{Exec: &pb.ExecOp{Mounts: []*pb.Mount{{Input: -1}}}}},
		"copy of empty": {Op: &pb.Op_File{File: &pb.FileOp{Actions: []*pb.FileAction{{SecondaryInput: -1, Action: &pb.FileAction_Copy{Copy: &pb.FileActionCopy{}}}}}}},
	} {
		if got := selectionsOf(op); len(got) != 0 {
			t.Errorf("%s: selects %v", name, got)
		}
	}
}
