package playground

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// programPath is where the program lies in the image.
const programPath = "usr/libexec/playground"

// epoch is the modification time of every file in the image.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// The users that images which are often built on have, so that USER and chown find them.
const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nginx:x:101:101:nginx:/var/cache/nginx:/bin/false
node:x:1000:1000:node:/home/node:/bin/sh
nonroot:x:65532:65532:nonroot:/home/nonroot:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
`

const group = `root:x:0:
daemon:x:1:
tty:x:5:
www-data:x:33:
nginx:x:101:
node:x:1000:
nonroot:x:65532:
nobody:x:65534:
nogroup:x:65534:
`

const osRelease = `NAME="layerwise playground"
ID=layerwise-playground
PRETTY_NAME="layerwise playground (stand-in base image)"
`

// file is one entry of the layer. Its name is relative to the root, without a leading or trailing slash.
type file struct {
	name     string
	mode     int64
	typeflag byte
	link     string // target of a symbolic link
	data     []byte // content, unless source is set
	source   string // path on this machine of the content
	tail     string // what follows the source's content
	uid, gid int
}

func folder(name string, mode int64) file {
	return file{name: name, mode: mode, typeflag: tar.TypeDir}
}

func regular(name, content string) file {
	return file{name: name, mode: 0o644, typeflag: tar.TypeReg, data: []byte(content)}
}

func symlink(name, target string) file {
	return file{name: name, mode: 0o777, typeflag: tar.TypeSymlink, link: target}
}

// tree returns the files of the image, sorted by name. The program and the libraries that it needs
// are read from this machine.
func tree(program string, libraries []string) []file {
	files := []file{
		symlink("bin", "usr/bin"), symlink("sbin", "usr/sbin"), symlink("lib", "usr/lib"), symlink("lib64", "usr/lib64"),
		folder("tmp", 0o1777), folder("var/tmp", 0o1777), folder("root", 0o700),
		// Owned by root: an engine with a single user id cannot unpack any other owner.
		{name: "home/node", mode: 0o777, typeflag: tar.TypeDir},
		regular("etc/passwd", passwd), regular("etc/group", group), regular("etc/os-release", osRelease),
		{name: programPath, mode: 0o755, typeflag: tar.TypeReg, source: program, tail: mark},
	}
	for _, dir := range []string{
		"dev", "etc/ssl/certs", "home", "mnt", "opt", "proc", "run", "srv", "sys",
		"usr/bin", "usr/lib", "usr/lib64", "usr/libexec", "usr/sbin", "usr/share", "usr/src",
		"usr/local/bin", "usr/local/lib", "usr/local/sbin", "usr/local/share", "var/cache", "var/lib", "var/log",
	} {
		files = append(files, folder(dir, 0o755))
	}
	for _, name := range slices.Concat(multicall, Tools()) {
		files = append(files, symlink("usr/bin/"+name, "../libexec/playground"))
	}
	for _, lib := range libraries {
		files = append(files, file{name: inImage(lib), mode: 0o755, typeflag: tar.TypeReg, source: lib})
	}
	return withParents(files)
}

// inImage returns the name of a library's path where /lib and its like are links into /usr, as they
// are in the image.
func inImage(lib string) string {
	name := strings.TrimPrefix(path.Clean(lib), "/")
	if top, _, _ := strings.Cut(name, "/"); top == "lib" || top == "lib64" {
		return "usr/" + name
	}
	return name
}

// withParents adds the folders that hold the files, removes duplicates, and sorts: a parent comes
// before its children.
func withParents(files []file) []file {
	byName := map[string]file{}
	for _, f := range files {
		byName[f.name] = f
		for dir := path.Dir(f.name); dir != "."; dir = path.Dir(dir) {
			if _, ok := byName[dir]; !ok {
				byName[dir] = folder(dir, 0o755)
			}
		}
	}
	all := make([]file, 0, len(byName))
	for _, f := range byName {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return all
}

// writeLayer writes the files as a tar archive; the same files give the same bytes.
func writeLayer(w io.Writer, files []file) error {
	tw := tar.NewWriter(w)
	for _, f := range files {
		if err := writeFile(tw, f); err != nil {
			return fmt.Errorf("write %s of the playground image: %w", f.name, err)
		}
	}
	return tw.Close()
}

func writeFile(tw *tar.Writer, f file) error {
	hdr := &tar.Header{
		Name: f.name, Mode: f.mode, Typeflag: f.typeflag, Linkname: f.link, Uid: f.uid, Gid: f.gid,
		ModTime: epoch, Format: tar.FormatPAX,
	}
	var content io.Reader = bytes.NewReader(f.data)
	switch {
	case f.typeflag == tar.TypeDir:
		hdr.Name += "/"
	case f.source != "":
		src, err := os.Open(f.source)
		if err != nil {
			return err
		}
		defer src.Close()
		info, err := src.Stat()
		if err != nil {
			return err
		}
		hdr.Size = info.Size() + int64(len(f.tail))
		content = io.MultiReader(io.LimitReader(src, info.Size()), strings.NewReader(f.tail))
	default:
		hdr.Size = int64(len(f.data))
	}
	if err := tw.WriteHeader(hdr); err != nil {
		return err
	}
	_, err := io.Copy(tw, content)
	return err
}
