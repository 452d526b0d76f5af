//go:build unix && !linux

package buildcontext

func (r *root) openBeneath(rel string, flags int) (int, error) { return r.openEach(rel, flags) }
