package rules

import (
	"net/netip"
	"strings"
)

// isForLocalUse reports whether a password in an address, at some bytes of a text, is
// nothing to keep: that of a service on the machine itself, or one that is made of
// the names beside it, for a host that no public name server knows, such as another
// container's.
func isForLocalUse(text string, start, end int) bool {
	before, after := text[:start], text[end:]
	user := before[strings.LastIndex(before, "/")+1:]
	user = strings.TrimSuffix(user, ":")
	after = strings.TrimPrefix(after, "@")
	stop := strings.IndexAny(after, " \t\r\n\"'`?#,;<>{}()|")
	if stop >= 0 {
		after = after[:stop]
	}
	host, name, _ := strings.Cut(after, "/")
	host, _, _ = strings.Cut(host, ":")
	if host == "localhost" {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	return host != "" && !strings.Contains(host, ".") && isMadeOf(text[start:end], user, host, name)
}

// isMadeOf reports whether a password is one of some names, or the beginning of one
// with "pass" or the like behind it.
func isMadeOf(password string, names ...string) bool {
	password = strings.ToLower(password)
	for _, ending := range []string{"", "password", "passwd", "pass", "pwd", "pw", "secret"} {
		stem, ok := strings.CutSuffix(password, ending)
		stem = strings.TrimRight(stem, "-_.")
		for _, n := range names {
			n = strings.ToLower(n)
			if ok && len(stem) > 1 && (n == stem || ending != "" && strings.HasPrefix(n, stem)) {
				return true
			}
		}
	}
	return false
}
