package rules

import (
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// passivePrograms read no environment variables but their own well-known ones,
// so that a variable with a name of the user's choice makes no difference to them.
var passivePrograms = words(`
	[ : addgroup adduser add-apt-repository apk apt apt-cache apt-get apt-key apt-mark awk base64 basename bunzip2 bzip2
	cat cd chgrp chmod chown chpasswd chsh cmp command comm cp curl cut date diff dirname dnf dpkg dpkg-query du echo
	expr false file find getent git gosu gpg grep egrep fgrep groupadd groupmod gunzip gzip head id install ldconfig
	ln locale-gen localedef ls microdnf mkdir mktemp mv pacman passwd printf pwd readlink realpath rm rmdir rpm sed
	sha1sum sha256sum sha512sum sleep sort stat tail tar tdnf tee test touch tr true truncate tzdata uname uniq unlink
	unxz unzip update-alternatives update-ca-certificates update-locale useradd userdel usermod wc wget which xz yum
	zcat zip zstd zypper`)

// isPassive reports whether a command reads no variables of the user's choice,
// as far as its name and arguments tell. Slow says that it fetches something;
// scripts that what it fetches may run code of its own.
func isPassive(c *shell.Command) (passive, slow, scripts bool) {
	if c.Name == "" {
		// Assignments alone; a command whose name is an expansion may be anything.
		return c.Program.Text == "" && !c.Program.Dynamic, false, false
	}
	if u, ok := packages.Classify(c); ok {
		passive = u.Action != packages.Build && !u.NeedsSource
		slow = passive && u.Action != packages.Clean && u.Action != packages.Other
		return passive, slow, slow && !u.Manager.System && c.Name != "go"
	}
	return passivePrograms[c.Name], fetches(c), false
}

// fetches reports whether a command of a program that is no package manager's
// downloads something.
func fetches(c *shell.Command) bool {
	switch c.Name {
	case "curl", "wget":
		return true
	case "git":
		operands := c.Operands("-C", "-c")
		return len(operands) > 0 && gitFetches[operands[0].Text]
	}
	return false
}

var gitFetches = words("clone fetch pull submodule")
