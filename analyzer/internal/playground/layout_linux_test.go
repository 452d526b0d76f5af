package playground

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func mustLayout(t *testing.T, dir string, p ocispecs.Platform) ocispecs.Descriptor {
	t.Helper()
	desc, err := Layout(t.Context(), dir, p)
	if err != nil {
		t.Fatal(err)
	}
	return desc
}

func TestLayoutIsValid(t *testing.T) {
	dir := t.TempDir()
	desc := mustLayout(t, dir, linuxAMD64)

	var marker ocispecs.ImageLayout
	readJSON(t, filepath.Join(dir, ocispecs.ImageLayoutFile), &marker)
	if marker.Version != ocispecs.ImageLayoutVersion {
		t.Errorf("version %q", marker.Version)
	}
	var index ocispecs.Index
	readJSON(t, filepath.Join(dir, ocispecs.ImageIndexFile), &index)
	if len(index.Manifests) != 1 || index.Manifests[0].Digest != desc.Digest || index.SchemaVersion != 2 {
		t.Errorf("index: %+v", index)
	}
	if desc.Annotations != nil || desc.MediaType != ocispecs.MediaTypeImageManifest || desc.Platform.Architecture != "amd64" {
		t.Errorf("descriptor: %+v", desc)
	}
	checkBlob(t, dir, desc)
	var m ocispecs.Manifest
	readJSON(t, layout(dir).blob(desc.Digest), &m)
	checkBlob(t, dir, m.Config)
	if len(m.Layers) != 1 || m.Layers[0].MediaType != ocispecs.MediaTypeImageLayer {
		t.Fatalf("layers: %+v", m.Layers)
	}
	checkBlob(t, dir, m.Layers[0])
	var config ocispecs.Image
	readJSON(t, layout(dir).blob(m.Config.Digest), &config)
	if config.RootFS.DiffIDs[0] != m.Layers[0].Digest {
		t.Error("an uncompressed layer's diff id is its digest")
	}
	if config.OS != "linux" || config.Architecture != "amd64" || !slices.Equal(config.Config.Cmd, []string{"sh"}) || !slices.Contains(config.Config.Env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") {
		t.Errorf("config: %+v", config)
	}
}

func checkBlob(t *testing.T, dir string, d ocispecs.Descriptor) {
	t.Helper()
	f, err := os.Open(layout(dir).blob(d.Digest))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := digest.FromReader(f)
	if err != nil || got != d.Digest {
		t.Errorf("blob %s has the digest %s (%v)", d.Digest, got, err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != d.Size {
		t.Errorf("blob %s: size %d, not %d (%v)", d.Digest, info.Size(), d.Size, err)
	}
}

func TestLayoutIsReproducible(t *testing.T) {
	a, b := mustLayout(t, t.TempDir(), linuxAMD64), mustLayout(t, t.TempDir(), linuxAMD64)
	if a.Digest != b.Digest {
		t.Errorf("%s and %s", a.Digest, b.Digest)
	}
}

func TestLayoutOfTwoPlatformsSharesTheLayer(t *testing.T) {
	dir := t.TempDir()
	arm64 := ocispecs.Platform{OS: "linux", Architecture: "arm64"}
	a, b := mustLayout(t, dir, linuxAMD64), mustLayout(t, dir, arm64)
	if a.Digest == b.Digest {
		t.Error("the images of two platforms are one")
	}
	if again := mustLayout(t, dir, linuxAMD64); again.Digest != a.Digest {
		t.Error("the first platform's image was lost")
	}
	var ma, mb ocispecs.Manifest
	readJSON(t, layout(dir).blob(a.Digest), &ma)
	readJSON(t, layout(dir).blob(b.Digest), &mb)
	if ma.Layers[0].Digest != mb.Layers[0].Digest {
		t.Error("the layer was written twice")
	}
}

func TestLayoutRefusesOtherSystems(t *testing.T) {
	_, err := Layout(t.Context(), t.TempDir(), ocispecs.Platform{OS: "windows", Architecture: "amd64"})
	if err == nil || !strings.Contains(err.Error(), "linux only") {
		t.Errorf("%v", err)
	}
}

func TestLayoutWritesOnce(t *testing.T) {
	dir := t.TempDir()
	desc := mustLayout(t, dir, linuxAMD64)
	var m ocispecs.Manifest
	readJSON(t, layout(dir).blob(desc.Digest), &m)
	before, err := os.Stat(layout(dir).blob(m.Layers[0].Digest))
	if err != nil {
		t.Fatal(err)
	}
	mustLayout(t, dir, linuxAMD64)
	after, err := os.Stat(layout(dir).blob(m.Layers[0].Digest))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the layer was written again (%v)", err)
	}
}

func TestLayoutRepairsMissingAndShortBlobs(t *testing.T) {
	dir := t.TempDir()
	desc := mustLayout(t, dir, linuxAMD64)
	var m ocispecs.Manifest
	readJSON(t, layout(dir).blob(desc.Digest), &m)
	for _, harm := range []func() error{
		func() error { return os.Remove(layout(dir).blob(m.Layers[0].Digest)) },
		func() error { return os.Truncate(layout(dir).blob(m.Layers[0].Digest), 100) },
		func() error { return os.Remove(layout(dir).blob(desc.Digest)) },
		func() error { return os.WriteFile(filepath.Join(dir, ocispecs.ImageIndexFile), []byte("{"), 0o644) },
		func() error { return os.Remove(filepath.Join(dir, ocispecs.ImageIndexFile)) },
	} {
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		if again := mustLayout(t, dir, linuxAMD64); again.Digest != desc.Digest {
			t.Errorf("%s became %s", desc.Digest, again.Digest)
		}
		checkBlob(t, dir, m.Layers[0])
	}
}

func TestLayoutAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	digests := make([]digest.Digest, 8)
	for i := range digests {
		wg.Go(func() {
			desc, err := Layout(t.Context(), dir, linuxAMD64)
			if err != nil {
				t.Error(err)
			}
			digests[i] = desc.Digest
		})
	}
	wg.Wait()
	if len(slices.Compact(digests)) != 1 {
		t.Errorf("%v", digests)
	}
}

func TestLayoutRemovesOldImages(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(layout(dir).blobs(), strings.Repeat("0", 64))
	recent := filepath.Join(layout(dir).blobs(), strings.Repeat("1", 64))
	if err := os.MkdirAll(layout(dir).blobs(), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{old, recent} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * keep)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	mustLayout(t, dir, linuxAMD64)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an old blob is still there (%v)", err)
	}
	if _, err := os.Stat(recent); err != nil {
		t.Errorf("a blob that may be in use is gone: %v", err)
	}
}

func TestLayerLooksLikeABaseImage(t *testing.T) {
	root := unpack(t)
	for path, mode := range map[string]os.FileMode{
		"tmp": os.ModeDir | os.ModeSticky | 0o777, "var/tmp": os.ModeDir | os.ModeSticky | 0o777, "root": os.ModeDir | 0o700, "etc/ssl/certs": os.ModeDir | 0o755,
		"home/node": os.ModeDir | 0o777, "etc/passwd": 0o644, "usr/libexec/playground": 0o755, "bin/sh": 0o755, "usr/bin/env": 0o755, "usr/local/bin": os.ModeDir | 0o755,
	} {
		info, err := os.Stat(filepath.Join(root, path))
		if err != nil {
			t.Error(err)
		} else if info.Mode() != mode {
			t.Errorf("%s has the mode %v, not %v", path, info.Mode(), mode)
		}
	}
	release, err := os.ReadFile(filepath.Join(root, "etc/os-release"))
	if err != nil || !strings.Contains(string(release), "layerwise playground") {
		t.Errorf("os-release: %q (%v)", release, err)
	}
	for _, tool := range Tools() {
		if _, err := os.Stat(filepath.Join(root, "usr/bin", tool)); err != nil {
			t.Error(err)
		}
	}
}

func TestLayerIsSortedAndTimeless(t *testing.T) {
	dir := t.TempDir()
	var m ocispecs.Manifest
	readJSON(t, layout(dir).blob(mustLayout(t, dir, linuxAMD64).Digest), &m)
	f, err := os.Open(layout(dir).blob(m.Layers[0].Digest))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	last := ""
	for tr := tar.NewReader(f); ; {
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if name := strings.TrimSuffix(hdr.Name, "/"); name <= last {
			t.Errorf("%s comes after %s", name, last)
		} else {
			last = name
		}
		if !hdr.ModTime.Equal(epoch) || !hdr.AccessTime.IsZero() {
			t.Errorf("%s has the time %v", hdr.Name, hdr.ModTime)
		}
		if hdr.Uid != 0 && !strings.HasPrefix(hdr.Name, "home/") {
			t.Errorf("%s belongs to %d", hdr.Name, hdr.Uid)
		}
	}
}

func TestRunsInAnEmptyRoot(t *testing.T) {
	needRoot(t)
	roots := map[string]string{"this program": unpack(t)}
	if !testing.Short() {
		roots["static"] = unpackOther(t, false)
		roots["dynamic"] = unpackOther(t, true)
	}
	const script = `whoami; ls -d /etc/os-release; echo a b | tr ' ' '\n' | sort -r | tr '\n' ' '; cd /tmp && echo x > "f$(id -u)" && cat "f$(id -u)"; sh -c 'echo nested; exit 3'`
	for name, root := range roots {
		for user, who := range map[uint32]string{0: "root", 65534: "nobody"} {
			t.Run(name+" as "+who, func(t *testing.T) {
				out, status := inRoot(t, root, user, script)
				if want := who + "\n/etc/os-release\nb a x\nnested\n"; out != want || status != 3 {
					t.Errorf("status %d\n%s\nwant:\n%s", status, out, want)
				}
			})
		}
	}
}

func TestOwners(t *testing.T) {
	needRoot(t)
	for script, want := range map[string]string{
		"touch /f; chown node:www-data /f; stat -c '%U:%G %u:%g' /f; chown :0 /f; stat -c %G /f":      "node:www-data 1000:33\nroot\n",
		"touch /f; chown nobody /f; find / -maxdepth 1 -user nobody; id -un nobody; id -g nobody":     "/f\nnobody\n65534\n",
		"mkdir /d; touch /d/f; chown -R 12:34 /d; stat -c %u:%g /d /d/f; ls -ln /d | cut -d' ' -f3,4": "12:34\n12:34\n\n12 34\n",
	} {
		out, _ := inRoot(t, unpack(t), 0, script)
		if out != want {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", script, out, want)
		}
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can change its root folder")
	}
}

// inRoot runs a script with the folder as its root.
func inRoot(t *testing.T, root string, user uint32, script string) (output string, status int) {
	t.Helper()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: user, Gid: user}}
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/bin"}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(detectorNote.ReplaceAll(out, nil)), cmd.ProcessState.ExitCode()
}

// detectorNote is what a program with the race detector in it says where there
// is no /proc.
var detectorNote = regexp.MustCompile(`(?m)^==\d+==WARNING: reading executable name failed .*\n`)

// unpackOther makes this package's test binary in another way of linking, has it make its image,
// and extracts that. A dynamic one is linked to libc where there is a C compiler, and else needs
// its ELF interpreter alone.
func unpackOther(t *testing.T, dynamic bool) (root string) {
	t.Helper()
	bin, root := filepath.Join(t.TempDir(), "playground.test"), t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", bin)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if dynamic {
		if _, err := exec.LookPath("gcc"); err == nil {
			build.Env = append(build.Env, "CGO_ENABLED=1")
		} else {
			build.Args = append(build.Args, "-buildmode=pie")
		}
	}
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	if interpreter, err := elfInterpreter(bin); err != nil || (interpreter != "") != dynamic {
		t.Fatalf("the binary's interpreter is %q (%v)", interpreter, err)
	}
	cmd := exec.CommandContext(t.Context(), bin, "-test.run=^TestUnpackHelper$")
	cmd.Env = append(os.Environ(), "PLAYGROUND_UNPACK="+root)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return root
}

// TestUnpackHelper is no test: unpackOther runs it.
func TestUnpackHelper(t *testing.T) {
	target := os.Getenv("PLAYGROUND_UNPACK")
	if target == "" {
		t.Skip("other tests run it")
	}
	root := unpack(t)
	cmd := exec.CommandContext(t.Context(), filepath.Join(root, "usr/bin/cp"), "-a", root+"/.", target)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestMainActsOnlyOnTheMark(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "ls")
	if err := os.Symlink(exe, link); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), link, "-test.run=^$").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("PASS")) {
		t.Errorf("a link named ls to the unmarked program: %v\n%s", err, out)
	}
	root := unpack(t)
	copied := filepath.Join(t.TempDir(), "elsewhere")
	program, err := os.ReadFile(filepath.Join(root, programPath))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), copied)
	cmd.Args = []string{"sh", "-c", "echo $((6*7))"}
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "42\n" {
		t.Errorf("the marked program outside of the image: %v\n%s", err, out)
	}
	cmd = exec.CommandContext(t.Context(), copied)
	out, err = cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 127 || !bytes.Contains(out, []byte("not a tool of the layerwise playground")) {
		t.Errorf("under a name that is no tool: %v\n%s", err, out)
	}
}

func TestMissingToolNamesThePlayground(t *testing.T) {
	bin := filepath.Join(unpack(t), "usr/bin")
	_, messages, status := runScript(t, filepath.Join(bin, "sh"), bin, "npm ci")
	if status != 127 || !strings.Contains(messages, "npm: not found") || !strings.Contains(messages, "layerwise playground") || !strings.Contains(messages, "--offline") || !strings.Contains(messages, "sha256sum") {
		t.Errorf("status %d: %s", status, messages)
	}
}

func TestParseList(t *testing.T) {
	glibc := "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n"
	if got := parseList([]byte(glibc)); !slices.Equal(got, []string{"/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"}) {
		t.Errorf("glibc: %q", got)
	}
	musl := "\t/lib/ld-musl-x86_64.so.1 (0x7f)\n\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f)\n"
	if got := parseList([]byte(musl)); !slices.Equal(got, []string{"/lib/ld-musl-x86_64.so.1"}) {
		t.Errorf("musl: %q", got)
	}
}

func BenchmarkLayoutAgain(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		if _, err := Layout(b.Context(), dir, linuxAMD64); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLayoutFirst(b *testing.B) {
	for b.Loop() {
		if _, err := Layout(b.Context(), b.TempDir(), linuxAMD64); err != nil {
			b.Fatal(err)
		}
	}
}
