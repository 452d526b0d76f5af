package lint

import (
	"slices"
	"sync"

	"github.com/layerwise/layerwise/analyzer/buildcontext"
)

// mostListings bounds how many contexts are kept listed. Dockerfiles that share a
// context mostly follow one another.
const mostListings = 4

// listings share what is listed of a context between the Dockerfiles that are
// built from it.
type listings struct {
	mu   sync.Mutex
	kept []*listing // the one used last comes last
}

type listing struct {
	root, ignore string
	once         sync.Once
	tree         *tree
}

// mostFiles bounds what is listed of a context, which may be somebody's home
// folder by mistake.
const mostFiles = 100_000

// tree is a listed context.
type tree struct {
	files    []File
	complete bool
}

func listFiles(root string, ignore *ignoreFile) *tree {
	names, complete, err := buildcontext.Names(root, ignore.patterns, mostFiles)
	return &tree{names, complete && err == nil}
}

// list returns the files of a context, listed by whoever comes first.
func (l *listings) list(c *Context) *tree {
	one := l.of(c.root, string(c.readIgnore().data))
	one.once.Do(func() { one.tree = listFiles(c.root, c.readIgnore()) })
	return one.tree
}

func (l *listings) of(root, ignore string) *listing {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := &listing{root: root, ignore: ignore}
	if i := slices.IndexFunc(l.kept, func(k *listing) bool { return k.root == root && k.ignore == ignore }); i >= 0 {
		one = l.kept[i]
		l.kept = slices.Delete(l.kept, i, i+1)
	}
	l.kept = append(l.kept, one)
	if len(l.kept) > mostListings {
		l.kept = slices.Delete(l.kept, 0, 1)
	}
	return one
}
