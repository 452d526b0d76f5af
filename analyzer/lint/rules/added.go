package rules

import (
	"net/url"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/packages"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// added is a file or folder that an instruction puts into its layer.
type added struct {
	path string // absolute
	in   *dockerfile.Instruction
	by   string     // the program of a RUN, "" for COPY and ADD
	tree bool       // all of a folder, whose files are not known one by one
	file *lint.File // of the context, nil where it comes from elsewhere
}

// addedBy are the files and folders that an instruction is known to leave in its
// layer.
func addedBy(p *lint.Pass, in *dockerfile.Instruction) []added {
	switch in.Keyword {
	case "COPY", "ADD":
		return copied(p, in)
	case "RUN":
		return made(p, in)
	}
	return nil
}

// copied are the places of what a COPY or ADD copies.
func copied(p *lint.Pass, in *dockerfile.Instruction) []added {
	var out []added
	sources := p.Graph().Sources(in)
	for _, s := range sources {
		if s.Mount || s.Parents || strings.ContainsAny(s.Dest, "$") {
			return nil
		}
		dest := absolute(p, in, s.Dest)
		folder := strings.HasSuffix(s.Dest, "/") || s.Dest == "." || len(sources) > 1 || len(s.Paths) > 1
		switch s.Kind {
		case lint.SourceURL:
			if name := urlBase(s.Name); folder && name != "" {
				out = append(out, added{path: path.Join(dest, name), in: in})
			} else if !folder {
				out = append(out, added{path: dest, in: in})
			}
		case lint.SourceGit:
			out = append(out, added{path: dest, in: in, tree: true})
		case lint.SourceInline:
			if folder {
				dest = path.Join(dest, s.Name)
			}
			out = append(out, added{path: dest, in: in})
		case lint.SourceContext:
			out = append(out, fromContext(p, in, s, dest, folder)...)
		default:
			for _, from := range s.Paths {
				out = append(out, unseen(in, from, dest, folder)...)
			}
		}
	}
	return out
}

// fromContext are the files that a source of the context brings, one by one
// where the context is known.
func fromContext(p *lint.Pass, in *dockerfile.Instruction, s lint.Source, dest string, folder bool) []added {
	if p.Context == nil {
		var out []added
		for _, from := range s.Paths {
			if in.Keyword == "ADD" && isArchive(from) {
				continue // unpacked
			}
			out = append(out, unseen(in, from, dest, folder)...)
		}
		return out
	}
	var out []added
	for _, from := range s.Paths {
		one := s
		one.Paths = []string{from}
		for _, f := range p.Context.Matches(one) {
			to := dest
			switch rel, inside := within(from, f.Path); {
			case strings.ContainsAny(from, "*?["):
				to = path.Join(dest, path.Base(f.Path))
			case inside && rel != "":
				to = path.Join(dest, rel)
			case !f.Type.IsDir() && folder:
				to = path.Join(dest, path.Base(f.Path))
			}
			if in.Keyword == "ADD" && isArchive(from) {
				continue
			}
			out = append(out, added{path: to, in: in, tree: f.Type.IsDir(), file: &f})
		}
		if path.Clean(from) == "." {
			out = append(out, added{path: dest, in: in, tree: true})
		}
	}
	return out
}

// unseen is the place of a source of which only the name is known: a file, or a
// folder whose files go right below the destination.
func unseen(in *dockerfile.Instruction, from, dest string, folder bool) []added {
	switch {
	case path.Clean(from) == ".":
		return []added{{path: dest, in: in, tree: true}}
	case strings.ContainsAny(from, "*?[$"):
		return nil
	case !folder:
		return []added{{path: dest, in: in, tree: path.Ext(from) == ""}}
	case path.Ext(from) != "" && !strings.HasPrefix(path.Base(from), "."):
		return []added{{path: path.Join(dest, path.Base(from)), in: in}}
	}
	return nil
}

// made are the files that the commands of a RUN are known to leave behind.
func made(p *lint.Pass, in *dockerfile.Instruction) []added {
	var out []added
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		if c.Is("rm", "mv", "unlink") || c.Is("find") && c.Has("-delete", "-exec") {
			out = without(p, in, c, out)
			continue
		}
		if to, tree := writes(p, in, c); to != "" && !isMounted(p, in, to) {
			out = append(out, added{path: to, in: in, by: c.Name, tree: tree})
		}
	}
	return out
}

// without drops what a command of the same step takes away.
func without(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command, all []added) []added {
	var kept []added
	for _, a := range all {
		gone := false
		for _, o := range c.Operands() {
			pattern, ok := place(p, in, c, o)
			gone = gone || !ok || takes(pattern, a)
		}
		if !gone {
			kept = append(kept, a)
		}
	}
	return kept
}

// takes reports whether a pattern of the shell names what was added, a folder that
// it lies in, or, as "folder/*", all of it.
func takes(pattern string, a added) bool {
	return covers(pattern, a.path) || a.tree && pattern == strings.TrimSuffix(a.path, "/")+"/*"
}

// writes is the file, or the folder with all below it, that a command is known
// to make, "" where there is none.
func writes(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command) (to string, tree bool) {
	if c.Conditional || c.Tolerated && c.Op != "" && !c.Is("curl", "wget", "git") || packages.Informs(c) {
		return "", false
	}
	at := func(w shell.Word) string {
		to, _ := place(p, in, c, w)
		return to
	}
	switch c.Name {
	case "curl", "wget":
		return download(p, in, c), false
	case "git":
		operands := c.Operands("-b", "--branch", "--depth", "-c", "-C", "--config", "-o", "--origin", "-j", "--jobs", "--filter")
		if len(operands) < 2 || operands[0].Text != "clone" || c.Has("-C") {
			return "", false
		}
		if len(operands) > 2 {
			return at(operands[2]), true
		}
		name := strings.TrimSuffix(path.Base(strings.TrimRight(operands[1].Text, "/")), ".git")
		return at(shell.Word{Text: name, Dynamic: operands[1].Dynamic}), true
	case "apt-get", "apt":
		if o := c.Operands(); len(o) > 0 && o[0].Text == "update" {
			return "/var/lib/apt/lists", true
		}
	case "npm", "pnpm", "yarn", "bun":
		if o := c.Operands(); !c.HasLetter("g") && !c.Has("--global", "--prefix", "--cwd", "-C", "--dir") &&
			(len(o) == 0 && c.Name == "yarn" || len(o) > 0 && nodeInstalls[o[0].Text]) {
			return at(shell.Word{Text: "node_modules"}), true
		}
	case "composer":
		if o := c.Operands(); len(o) > 0 && o[0].Text == "install" && !c.Has("-d", "--working-dir") {
			return at(shell.Word{Text: "vendor"}), true
		}
	}
	return "", false
}

var nodeInstalls = words("add ci clean-install i install")

// download is the file that curl or wget writes.
func download(p *lint.Pass, in *dockerfile.Instruction, c *shell.Command) string {
	at := func(w shell.Word) string {
		to, _ := place(p, in, c, w)
		return to
	}
	for _, r := range c.Redirects {
		if r.Op == ">" && r.FD == "" {
			return device(at(r.Target))
		}
	}
	remote := c.Name == "wget"
	output, ok := c.Value("-o", "--output")
	if remote {
		output, ok = c.Value("-O", "--output-document")
	}
	if !ok {
		output, ok = clustered(c, map[bool]byte{true: 'O', false: 'o'}[remote])
	}
	if ok {
		return device(at(output))
	}
	if !remote && (c.Has("--remote-name") || c.HasLetter("O")) {
		remote = true
	}
	if !remote || c.Piped {
		return ""
	}
	folder, _ := c.Value("-P", "--directory-prefix", "--output-dir")
	for _, o := range c.Operands("-P", "--directory-prefix", "--output-dir", "-H", "--header", "-t", "-T", "--tries", "--timeout", "-U", "-e") {
		if strings.Contains(o.Text, "://") {
			o.Text = path.Join(folder.Text, urlBase(o.Text))
			o.Dynamic = o.Dynamic || folder.Dynamic
			return at(o)
		}
	}
	return ""
}

// clustered is the value of a one-letter flag at the end of a cluster: "-sSLo f".
func clustered(c *shell.Command, letter byte) (shell.Word, bool) {
	for i, a := range c.Args {
		if len(a.Text) > 2 && a.Text[0] == '-' && a.Text[1] != '-' && a.Text[len(a.Text)-1] == letter &&
			!strings.ContainsAny(a.Text, "=/.") && i+1 < len(c.Args) {
			return c.Args[i+1], true
		}
	}
	return shell.Word{}, false
}

// device is "" for standard output and what is no file.
func device(to string) string {
	if to == "/dev/null" || to == "/dev/stdout" || path.Base(to) == "-" {
		return ""
	}
	return to
}

// urlBase is the last element of an address's path, "" where it has none.
func urlBase(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Path == "" || strings.HasSuffix(u.Path, "/") {
		return ""
	}
	return path.Base(u.Path)
}
