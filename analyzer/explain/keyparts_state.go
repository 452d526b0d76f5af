package explain

import (
	"cmp"
	"strings"
)

// stateParts are the settings that step i inherits: those that are not as they are
// by default, and the others as what goes without saying.
func (k *keys) stateParts(i int) []KeyPart {
	var parts []KeyPart
	var usual, names []string
	add := func(name, value, byDefault string) {
		value = clip(plain(value), maxQuoted)
		if value == byDefault {
			names = append(names, name)
			usual = append(usual, strings.TrimSpace(name+" "+value))
			return
		}
		parts = append(parts, KeyPart{Kind: "state", Message: name + " " + value, Names: []string{name}})
	}
	s := &k.steps[i]
	for _, v := range s.Deciding() {
		f := v.Op.Fields
		switch {
		case v.Op.Kind == "exec":
			add("working directory", f["cwd"], "/")
			add("user", f["user"], "")
			if shell := shellOf(f["args"]); shell != "" && !s.Read().ExecForm {
				add("shell", shell, "/bin/sh -c")
			}
			add("network", modeName(cmp.Or(f["network"], "UNSET")), "default")
			add("security", modeName(cmp.Or(f["security"], "SANDBOX")), "sandbox")
			add("list of added hosts", f["extra hosts"], "")
			add("hostname", f["hostname"], "")
			add("platform", f["platform"], f["platform"])
		case s.IsBase():
			add("platform", f["platform"], f["platform"])
		case v.Op.Kind == "file":
			if k.usesWorkdir(i) {
				add("working directory", workdir(s), "/")
			}
			if s.Instruction == "WORKDIR" {
				add("user", s.Read().User, "")
			}
		}
	}
	if len(usual) > 0 {
		parts = append(parts, KeyPart{Kind: "state", Message: strings.Join(usual, ", "), Names: names, Usual: true})
	}
	return parts
}
