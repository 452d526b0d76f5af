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
	a := archiver{p: p, ctx: ctx, file: "-", dir: p.Dir, dirs: map[int]string{}, uid: -1, gid: -1}
	operands, err := a.parse()
	if err == nil && a.mode == 'c' {
		err = a.create(operands)
	} else if err == nil {
		err = a.read(operands)
	}
	if err != nil {
		p.report(err)
		return 2
	}
	if a.failed {
		p.errorf("Exiting with failure status due to previous errors")
		return 2
	}
	return 0
}

type archiver struct {
	flags
	p               *Process
	ctx             context.Context
	mode            byte // c, t or x
	file            string
	dir             string         // of the last -C
	dirs            map[int]string // of -C before the operand of this index
	strip, uid, gid int
	rooted, failed  bool // rooted: it was said that leading slashes are removed
}

// parse reads the options. The first word may be a bundle without a dash, whose arguments follow in order.
func (a *archiver) parse() (operands []string, err error) {
	args := slices.Clone(a.p.Args)
	if len(args) > 1 && args[1] != "" && args[1][0] != '-' {
		words, rest := args[:1:1], args[2:]
		for _, letter := range args[1] {
			words = append(words, "-"+string(letter))
			if strings.ContainsRune("fC", letter) && len(rest) > 0 {
				words, rest = append(words, rest[0]), rest[1:]
			}
		}
		args = append(words, rest...)
	}
	named := *a.p
	named.Args = args
	o := named.options("ctxf:vzaC:pOhPmo", `create=c list=t extract=x get=x file=f verbose=v gzip=z
		auto-compress=a directory=C preserve-permissions=p to-stdout=O dereference=h absolute-names=P touch=m
		no-same-owner=o same-owner strip-components: exclude: owner: group: mtime: numeric-owner
		no-same-permissions`)
	a.given = map[string][]string{}
	for o.next() {
		a.given[o.name] = append(a.given[o.name], o.arg)
		if o.name == "C" {
			if a.dir = join(a.dir, o.arg); filepath.IsAbs(o.arg) {
				a.dir = o.arg
			}
			a.dirs[len(o.args)] = a.dir
		}
	}
	for _, mode := range "ctx" {
		if a.on(string(mode)) {
			a.mode = byte(mode)
		}
	}
	switch {
	case o.err != nil:
		return nil, o.err
	case len(a.given["c"])+len(a.given["t"])+len(a.given["x"]) != 1:
		return nil, errors.New("you must specify one of the '-ctx' options")
	}
	if a.on("f") {
		a.file = a.value("f")
	}
	if a.on("strip-components") {
		a.strip, err = strconv.Atoi(a.value("strip-components"))
	}
	if a.on("owner") {
		a.uid, _ = idOf(passwdFile, a.value("owner"))
	}
	if a.on("group") {
		a.gid, _ = idOf(groupFile, a.value("group"))
	}
	return o.args, err
}

// excluded tells whether --exclude means a name: a pattern, or a folder that it lies in.
func (a *archiver) excluded(name string) bool {
	for _, pattern := range a.given["exclude"] {
		pattern = strings.TrimSuffix(pattern, "/")
		for part, more := strings.TrimSuffix(name, "/"), true; more; _, part, more = strings.Cut(part, "/") {
			if ok, _ := filepath.Match(pattern, part); ok || part == pattern || strings.HasPrefix(part, pattern+"/") {
				return true
			}
		}
	}
	return false
}

// read lists or extracts the archive. With operands, only those and what lies below them.
func (a *archiver) read(operands []string) error {
	in, err := a.p.open(a.file)
	if err != nil {
		return because(err, "%s: Cannot open", a.file)
	}
	defer in.Close()
	r, err := decompress(in)
	if err != nil {
		return err
	}
	x := &extraction{a: a}
	if a.mode == 'x' && !a.on("O") {
		if x.root, err = os.OpenRoot(a.dir); err != nil {
			return because(err, "%s: Cannot open", a.dir)
		}
		defer x.root.Close()
	}
	found := make([]bool, len(operands))
	for tr := tar.NewReader(r); a.ctx.Err() == nil; {
		hdr, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("this does not look like a tar archive: %w", err)
		}
		if !selectedMember(hdr.Name, operands, found) || a.excluded(hdr.Name) {
			continue
		}
		if a.mode == 't' {
			a.list(hdr)
		} else if err := x.member(hdr, tr); err != nil {
			a.fail(hdr.Name, "Cannot extract", err)
		}
	}
	x.finish()
	for i, name := range operands {
		if !found[i] {
			a.fail(name, "Not found in archive", os.ErrNotExist)
		}
	}
	return a.ctx.Err()
}

// fail reports a member, and the rest goes on.
func (a *archiver) fail(name, what string, err error) {
	a.p.errorf("%s: %s: %s", name, what, reason(err))
	a.failed = true
}

// relative removes leading slashes from a member's name, and says so once.
func (a *archiver) relative(name string) string {
	trimmed := strings.TrimLeft(name, "/")
	if trimmed != name && !a.rooted {
		a.p.errorf("Removing leading `/' from member names")
		a.rooted = true
	}
	return trimmed
}

func selectedMember(name string, operands []string, found []bool) bool {
	for i, o := range operands {
		if within(name, o) {
			found[i] = true
			return true
		}
	}
	return len(operands) == 0
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
	case strings.HasPrefix(string(start), "\xfd7zXZ\x00"), strings.HasPrefix(string(start), "\x28\xb5\x2f\xfd"):
		return nil, errors.New("the archive is compressed with xz or zstd, which the playground does not have")
	}
	return br, nil
}

func (a *archiver) list(hdr *tar.Header) {
	if !a.on("v") {
		fmt.Fprintln(a.p.out, hdr.Name)
		return
	}
	user, group := hdr.Uname, hdr.Gname
	if user == "" || a.on("numeric-owner") {
		user = strconv.Itoa(hdr.Uid)
	}
	if group == "" || a.on("numeric-owner") {
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
