package lint

import (
	"slices"
	"sync"
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

// list returns the files of a context, listed by whoever comes first.
func (l *listings) list(c *Context) *tree {
	one := l.of(c.root, string(c.readIgnore().data))
	one.once.Do(func() { one.tree = walk(c.root, c.readIgnore().matcher) })
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
