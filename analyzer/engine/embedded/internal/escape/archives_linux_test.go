package escape

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"
)

// archives are what ADD unpacks at /x, entry by entry. HOST is a folder of the
// machine.
var archives = []struct {
	name    string
	entries []tar.Header // files hold "overwritten"
	step    string       // what the step does then
	want    string       // as in trick
}{
	{"above", []tar.Header{file("../../../../../../../../../../..HOST/new")}, readStep, "read: no secret"},
	{"above-secret", []tar.Header{file("../../../../../../../../../../..HOST/secret")}, readStep, "read: no secret"},
	{"absolute", []tar.Header{file("HOST/secret"), file("HOST/new")}, readStep, "read: no secret"},
	{"through-link", []tar.Header{link("m", "HOST"), file("m/secret"), file("m/new")}, readStep, "no such file or directory"},
	{"through-link-above", []tar.Header{link("m", "../../../../../../../../../../..HOST"), file("m/secret"), file("m/new")}, readStep, "no such file or directory"},
	{"through-two-links", []tar.Header{link("a", "/"), link("m", "aHOST"), file("m/secret")}, readStep, "no such file or directory"},
	{"folder-through-link", []tar.Header{link("m", "HOST"), folder("m/new"), folder("m/secret")}, readStep, "no such file or directory"},
	{"mode-through-link", []tar.Header{link("m", "HOST"), folder("m")}, readStep, "read: no secret"},
	{"over-link", []tar.Header{link("m", "HOST/secret"), file("m")}, readStep, "read: no secret"},
	{"hard-link", []tar.Header{hard("m", "HOST/secret")}, readStep, "no such file or directory"},
	{"hard-link-above", []tar.Header{hard("m", "../../../../../../../../../../..HOST/secret")}, readStep, "no such file or directory"},
	{"hard-link-write", []tar.Header{hard("m", "HOST/secret"), file("m")}, readStep, "no such file or directory"},
	{"hard-link-through-link", []tar.Header{link("l", "HOST"), hard("m", "l/secret")}, readStep, "no such file or directory"},
	{"hard-link-to-link", []tar.Header{link("l", "HOST/secret"), hard("m", "l")}, readStep, "read: no secret"},
	{"root-is-link", []tar.Header{link(".", "HOST"), file("secret")}, readStep, "read: no secret"},
	{"whiteout-through-link", []tar.Header{link("m", "HOST"), file("m/.wh.secret"), file("m/.wh..wh..opq")}, readStep, "no such file or directory"},
	{"redirect", []tar.Header{attribute("m", "user.overlay.redirect", "/../../../..HOST"), attribute("n", "trusted.overlay.redirect", "HOST")}, readStep, "read: no secret"},
	{"disk", []tar.Header{{Name: "m", Typeflag: tar.TypeBlock, Mode: 0o666, Devmajor: 8}}, `["/probe", "node", "/x/m"]`, "node: EPERM|node: EACCES|operation not permitted"},
	{"memory", []tar.Header{{Name: "m", Typeflag: tar.TypeChar, Mode: 0o666, Devmajor: 1, Devminor: 1}}, `["/probe", "node", "/x/m"]`, "node: EPERM|node: EACCES|operation not permitted"},
	{"log", []tar.Header{{Name: "m", Typeflag: tar.TypeChar, Mode: 0o666, Devmajor: 1, Devminor: 11}}, `["/probe", "node", "/x/m"]`, "node: EPERM|node: EACCES|operation not permitted"},
}

const overwritten = "overwritten"

func file(name string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o666, Size: int64(len(overwritten))}
}

func folder(name string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o700}
}

func link(name, target string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target, Mode: 0o777}
}

func hard(name, target string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeLink, Linkname: target, Mode: 0o666}
}

func attribute(name, key, value string) tar.Header {
	h := folder(name)
	h.PAXRecords = map[string]string{"SCHILY.xattr." + key: value}
	return h
}

func TestArchives(t *testing.T) {
	for _, s := range settings(t) {
		t.Run(s.String(), func(t *testing.T) {
			e := start(t, s)
			for _, a := range archives {
				t.Run(a.name, func(t *testing.T) {
					h := newHost(t)
					files := h.files(t)
					files["evil.tar"] = h.archive(t, a.entries)
					output, err := build(t, e, files, header+"FROM base\nADD evil.tar /x/\nRUN "+a.step+"\n")
					h.check(t)
					checkOutcome(t, a.want, output, err)
				})
			}
		})
	}
}

func (h *host) archive(t *testing.T, entries []tar.Header) string {
	t.Helper()
	toFolder := strings.NewReplacer("HOST", h.folder).Replace
	var text bytes.Buffer
	w := tar.NewWriter(&text)
	for _, entry := range entries {
		entry.Name, entry.Linkname = toFolder(entry.Name), toFolder(entry.Linkname)
		records := map[string]string{}
		for key, value := range entry.PAXRecords {
			records[key] = toFolder(value)
		}
		entry.PAXRecords = records
		err := w.WriteHeader(&entry)
		if err == nil && entry.Typeflag == tar.TypeReg {
			_, err = w.Write([]byte(overwritten))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
