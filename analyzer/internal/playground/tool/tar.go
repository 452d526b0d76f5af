//go:build linux

package tool

import (
	"archive/tar"
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// tarTool is the tool tar: it makes, lists and extracts archives, with gzip compression if asked for.
func tarTool(ctx context.Context, p *Process) int {
	a := archiver{p: p, ctx: ctx, file: "-", dir: p.Dir, uid: -1, gid: -1}
	operands, err := a.parse()
	if err != nil {
		p.errorf("%v", err)
		return 2
	}
	switch a.mode {
	case 'c', 'r', 'u':
		err = a.create(operands)
	case 't', 'x':
		err = a.read(operands)
	default:
		err = errors.New("you must specify one of the '-ctx' options")
	}
	if err != nil {
		p.errorf("%s", reason(err))
		return 2
	}
	if a.failed {
		p.errorf("Exiting with failure status due to previous errors")
		return 2
	}
	return 0
}

type archiver struct {
	p                                                        *Process
	ctx                                                      context.Context
	mode                                                     byte // c, t or x
	file, dir                                                string
	dirs                                                     map[int]string // -C before the operand of this index
	verbose, gzip, auto, keepOld, toStdout, keepPermissions  bool
	absolute, noOwner, sameOwner, follow, noRecursion, touch bool
	strip, uid, gid                                          int
	exclude                                                  []string
	transforms                                               []*substitution
	mtime                                                    string
	failed                                                   bool
}

// parse reads the options. The first word may be a bundle without a dash, whose arguments follow in order.
func (a *archiver) parse() (operands []string, err error) {
	args := slices.Clone(a.p.Args)
	if len(args) > 1 && args[1] != "" && args[1][0] != '-' {
		bundle, rest := args[1], args[2:]
		args = append([]string{args[0]}, "")
		var values []string
		for _, letter := range bundle {
			if strings.ContainsRune("fCXTb", letter) {
				if len(rest) == 0 {
					return nil, fmt.Errorf("option requires an argument -- '%c'", letter)
				}
				values = append(values, "-"+string(letter), rest[0])
				rest = rest[1:]
			} else {
				values = append(values, "-"+string(letter))
			}
		}
		args = append(append(args[:1], values...), rest...)
	}
	names := *a.p
	names.Args = args
	o := names.options("ctxruf:vzajJC:pkOhPmoX:T:b:SU", `
		create=c list=t extract=x get=x file=f verbose=v gzip=z gunzip=z ungzip=z auto-compress=a
		bzip2=j xz=J directory=C preserve-permissions=p same-permissions=p keep-old-files=k
		to-stdout=O dereference=h absolute-names=P touch=m no-same-owner=o exclude-from=X
		files-from=T same-owner no-same-permissions strip-components: exclude: owner: group: mtime:
		sort: numeric-owner no-recursion format: overwrite zstd transform: xform: warning: no-xattrs
		xattrs acls selinux no-acls no-selinux pax-option: skip-old-files unlink-first=U exclude-vcs
		posix`)
	for o.next() {
		switch o.name {
		case "C":
			if a.dirs == nil {
				a.dirs = map[int]string{}
			}
			if a.dir = join(a.dir, o.arg); filepath.IsAbs(o.arg) {
				a.dir = o.arg
			}
			a.dirs[len(o.args)] = a.dir
		case "T":
			text, err := a.p.readAll(o.arg)
			if err != nil {
				return nil, fmt.Errorf("%s: %s", o.arg, reason(err))
			}
			for line := range strings.Lines(text) {
				o.args = append(o.args, strings.TrimSuffix(line, "\n"))
			}
		default:
			if err := a.set(o.name, o.arg); err != nil {
				return nil, err
			}
		}
	}
	return o.args, o.err
}

func (a *archiver) set(name, arg string) (err error) {
	switch name {
	case "c", "t", "x":
		if a.mode != 0 && a.mode != name[0] {
			return errors.New("you may not specify more than one '-ctx' option")
		}
		a.mode = name[0]
	case "f":
		a.file = arg
	case "v":
		a.verbose = true
	case "z":
		a.gzip = true
	case "a":
		a.auto = true
	case "j", "J", "zstd":
		if a.mode != 'x' && a.mode != 't' || name != "j" {
			return fmt.Errorf("compression with -%s is not supported in the playground; gzip (-z) is", name)
		}
	case "k", "skip-old-files":
		a.keepOld = true
	case "O":
		a.toStdout = true
	case "h":
		a.follow = true
	case "P":
		a.absolute = true
	case "p":
		a.keepPermissions = true
	case "o":
		a.noOwner = true
	case "same-owner":
		a.sameOwner = true
	case "m":
		a.touch = true
	case "no-recursion":
		a.noRecursion = true
	case "strip-components":
		a.strip, err = strconv.Atoi(arg)
	case "exclude":
		a.exclude = append(a.exclude, strings.TrimSuffix(arg, "/"))
	case "owner":
		a.uid = ownerID(passwdFile, arg)
	case "group":
		a.gid = ownerID(groupFile, arg)
	case "mtime":
		a.mtime = arg
	case "transform", "xform":
		err = a.addTransform(arg)
	case "r", "u", "X":
		return fmt.Errorf("-%s is not supported in the playground", name)
	}
	return err
}

// addTransform reads a rule of --transform: an s command of sed, which renames members.
func (a *archiver) addTransform(rule string) error {
	commands, err := parseSed(rule, basic)
	if err != nil || len(commands) != 1 || commands[0].subst == nil || commands[0].subst.re == nil {
		return fmt.Errorf("invalid transform expression '%s'", rule)
	}
	a.transforms = append(a.transforms, commands[0].subst)
	return nil
}

// transformed is a member's name after the rules of --transform.
func (a *archiver) transformed(name string) string {
	for _, t := range a.transforms {
		text, _ := t.apply(t.re, []byte(name))
		name = string(text)
	}
	return name
}

// ownerID reads NAME, NAME:ID or ID.
func ownerID(file, text string) int {
	if _, id, ok := strings.Cut(text, ":"); ok {
		text = id
	}
	id, _ := idOf(file, text)
	return id
}

func (a *archiver) excluded(name string) bool {
	name = strings.TrimSuffix(name, "/")
	for _, pattern := range a.exclude {
		for part := name; part != ""; {
			if ok, _ := filepath.Match(pattern, part); ok || part == pattern || strings.HasPrefix(part, pattern+"/") {
				return true
			}
			_, after, found := strings.Cut(part, "/")
			if !found {
				break
			}
			part = after
		}
	}
	return false
}

// read lists or extracts the archive. With operands, only those and what lies below them.
func (a *archiver) read(operands []string) error {
	in, err := a.p.open(a.file)
	if err != nil {
		return told(fmt.Sprintf("%s: Cannot open: %s", a.file, reason(err)))
	}
	defer in.Close()
	r, err := decompress(in)
	if err != nil {
		return err
	}
	x, err := newExtraction(a)
	if err != nil {
		return err
	}
	found := make([]bool, len(operands))
	for tr := tar.NewReader(r); ; {
		hdr, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("this does not look like a tar archive: %w", err)
		}
		if a.ctx.Err() != nil {
			return a.ctx.Err()
		}
		if !selectedMember(hdr.Name, operands, found) || a.excluded(hdr.Name) {
			continue
		}
		if a.mode == 't' {
			a.list(hdr)
			continue
		}
		if err := x.member(hdr, tr); err != nil {
			a.p.errorf("%s: %s", hdr.Name, reason(err))
			a.failed = true
		}
	}
	x.finish()
	for i, name := range operands {
		if !found[i] {
			a.p.errorf("%s: Not found in archive", name)
			a.failed = true
		}
	}
	return nil
}

func selectedMember(name string, operands []string, found []bool) bool {
	if len(operands) == 0 {
		return true
	}
	clean := strings.TrimSuffix(name, "/")
	for i, o := range operands {
		o = strings.TrimSuffix(o, "/")
		if clean == o || strings.HasPrefix(clean, o+"/") {
			found[i] = true
			return true
		}
	}
	return false
}

// decompress looks at the first bytes to know whether and how an archive is compressed.
func decompress(r io.Reader) (io.Reader, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	start, _ := br.Peek(6)
	switch {
	case strings.HasPrefix(string(start), "\x1f\x8b"):
		return gzip.NewReader(br)
	case strings.HasPrefix(string(start), "BZh"):
		return bzip2.NewReader(br), nil
	case strings.HasPrefix(string(start), "\xfd7zXZ\x00"):
		return nil, errors.New("the archive is compressed with xz, which the playground does not have")
	case strings.HasPrefix(string(start), "\x28\xb5\x2f\xfd"):
		return nil, errors.New("the archive is compressed with zstd, which the playground does not have")
	}
	return br, nil
}

func (a *archiver) list(hdr *tar.Header) {
	if !a.verbose {
		fmt.Fprintln(a.p.out, hdr.Name)
		return
	}
	user, group := hdr.Uname, hdr.Gname
	if user == "" {
		user = strconv.Itoa(hdr.Uid)
	}
	if group == "" {
		group = strconv.Itoa(hdr.Gid)
	}
	name := hdr.Name
	switch hdr.Typeflag {
	case tar.TypeSymlink:
		name += " -> " + hdr.Linkname
	case tar.TypeLink:
		name += " link to " + hdr.Linkname
	}
	pad := max(18-len(user)-len(group), 1)
	when := hdr.ModTime.In(a.p.zone()).Format("2006-01-02 15:04")
	fmt.Fprintf(a.p.out, "%s %s/%s %*d %s %s\n", modeString(hdr.FileInfo().Mode()), user, group, pad, hdr.Size, when, name)
}

// create writes an archive of the operands.
func (a *archiver) create(operands []string) (err error) {
	if len(operands) == 0 {
		return errors.New("cowardly refusing to create an empty archive")
	}
	var out io.Writer = a.p.out
	if a.file != "-" {
		f, err := os.Create(a.p.path(a.file))
		if err != nil {
			return told(fmt.Sprintf("%s: Cannot open: %s", a.file, reason(err)))
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	buffered := bufio.NewWriterSize(out, 64<<10)
	defer func() { err = errors.Join(err, buffered.Flush()) }()
	out = buffered
	if a.gzip || a.auto && (strings.HasSuffix(a.file, ".gz") || strings.HasSuffix(a.file, ".tgz")) {
		zw := gzip.NewWriter(buffered)
		defer func() { err = errors.Join(zw.Close(), err) }()
		out = zw
	}
	w, err := newTarWriter(a, out)
	if err != nil {
		return err
	}
	for i, name := range operands {
		if d, ok := a.dirs[i]; ok {
			w.dir = d
		}
		if err := w.add(name); err != nil {
			return err
		}
	}
	return w.tw.Close()
}
