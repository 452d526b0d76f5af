package packages

import (
	"strings"

	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// AptLists is where apt keeps the index of packages.
const AptLists = "/var/lib/apt/lists"

// system are the package managers of distributions.
var system = []*Manager{apt, apk, dnf, zypper, pacman}

var apt = &Manager{
	Name:     "apt",
	Programs: []string{"apt-get", "apt", "aptitude", "add-apt-repository"},
	System:   true,
	Caches: []Cache{
		{Path: AptLists, Sharing: "locked", Left: true},
		{Path: "/var/cache/apt", Sharing: "locked"},
	},
	values: []string{"-o", "--option", "-t", "--target-release", "--default-release", "-c", "--config-file", "-a", "--host-architecture"},
	verbs: []verb{
		{words: "update", action: Refresh},
		{words: "install", action: Add},
		{words: "reinstall", action: Add},
		{words: "build-dep", action: Add},
		{words: "upgrade", action: Upgrade},
		{words: "dist-upgrade", action: Upgrade},
		{words: "full-upgrade", action: Upgrade},
		{words: "safe-upgrade", action: Upgrade},
		{words: "clean", action: Clean},
		{words: "autoclean", action: Clean},
		{words: "distclean", action: Clean},
		{words: "dist-clean", action: Clean},
	},
	special: aptUse,
}

// aptUse reads the program that adds a source, which refreshes the index then, and
// an install that is told to refresh it first.
func aptUse(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
	if c.Name != "add-apt-repository" {
		return aptRefreshing(m, c, words)
	}
	u := Use{Global: true}
	if !has(words, []string{"-n", "--no-update", "-r", "--remove"}) {
		u.Action = Refresh
	}
	return u, true
}

// aptRefreshing reads "apt-get install -U"; it is false for other commands.
func aptRefreshing(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
	v, rest := m.verb(m.operands(words))
	if v == nil || v.action != Add && v.action != Upgrade || c.Name == "aptitude" || !c.HasLetter("U") && !has(words, []string{"--update"}) {
		return Use{}, false
	}
	u := Use{Manager: m, Command: c, Action: v.action, Verb: v.words, Dir: c.Dir, DirUnknown: c.DirUnknown, Refreshes: true}
	u.read(v, words, rest)
	return u, true
}

var apk = &Manager{
	Name:     "apk",
	Programs: []string{"apk"},
	System:   true,
	Caches:   []Cache{{Path: "/var/cache/apk", Left: true}},
	values:   []string{"-t", "--virtual", "-X", "--repository", "-p", "--root", "--arch", "--keys-dir", "--repositories-file", "--cache-dir"},
	verbs: []verb{
		{words: "update", action: Refresh},
		{words: "add", action: Add},
		{words: "upgrade", action: Upgrade},
		{words: "fix", action: Upgrade},
		{words: "cache clean", action: Clean},
	},
}

var dnf = &Manager{
	Name:     "dnf",
	Programs: []string{"dnf", "dnf5", "yum", "microdnf", "tdnf"},
	System:   true,
	Caches: []Cache{
		{Path: "/var/cache/dnf", Left: true},
		{Path: "/var/cache/libdnf5", Left: true},
		{Path: "/var/cache/yum", Left: true},
	},
	values: []string{"-c", "--config", "--installroot", "--releasever", "-x", "--exclude", "--enablerepo", "--disablerepo", "--repo", "--repoid", "--setopt", "-d", "-e"},
	verbs: []verb{
		{words: "makecache", action: Refresh},
		{words: "check-update", action: Refresh},
		{words: "install", action: Add},
		{words: "reinstall", action: Add},
		{words: "localinstall", action: Add},
		{words: "groupinstall", action: Add},
		{words: "group install", action: Add},
		{words: "groups install", action: Add},
		{words: "module install", action: Add},
		{words: "builddep", action: Add},
		{words: "update", action: Upgrade},
		{words: "upgrade", action: Upgrade},
		{words: "distro-sync", action: Upgrade},
		{words: "clean", action: Clean},
	},
}

var zypper = &Manager{
	Name:     "zypper",
	Programs: []string{"zypper"},
	System:   true,
	Caches:   []Cache{{Path: "/var/cache/zypp", Left: true}},
	values:   []string{"-R", "--root", "-r", "--repo", "-t", "--type", "--from"},
	verbs: []verb{
		{words: "refresh", action: Refresh},
		{words: "ref", action: Refresh},
		{words: "install", action: Add},
		{words: "in", action: Add},
		{words: "update", action: Upgrade},
		{words: "up", action: Upgrade},
		{words: "dist-upgrade", action: Upgrade},
		{words: "dup", action: Upgrade},
		{words: "patch", action: Upgrade},
		{words: "clean", action: Clean},
		{words: "cc", action: Clean},
	},
}

var pacman = &Manager{
	Name:     "pacman",
	Programs: []string{"pacman"},
	System:   true,
	Caches:   []Cache{{Path: "/var/cache/pacman/pkg", Left: true}},
	special:  pacmanUse,
}

// pacmanUse reads a cluster of letters: -Syu, -S --noconfirm, -Scc.
func pacmanUse(m *Manager, c *shell.Command, words []shell.Word) (Use, bool) {
	u := Use{Global: true, Packages: (&shell.Command{Args: words}).Operands("-r", "-b", "--root", "--dbpath", "--cachedir")}
	letters := ""
	for _, w := range words {
		switch {
		case w.Text == "--sync":
			letters += "S"
		case w.Text == "--refresh":
			letters += "y"
		case w.Text == "--sysupgrade":
			letters += "u"
		case w.Text == "--clean":
			letters += "c"
		case strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--"):
			letters += w.Text[1:]
		}
	}
	if !strings.Contains(letters, "S") {
		return u, true
	}
	u.Verb = "-" + letters
	u.Refreshes = strings.Contains(letters, "y")
	switch {
	case strings.Contains(letters, "c"):
		u.Action = Clean
	case len(u.Packages) > 0:
		u.Action = Add
	case strings.Contains(letters, "u"):
		u.Action = Upgrade
	case u.Refreshes:
		u.Action = Refresh
	}
	return u, true
}
