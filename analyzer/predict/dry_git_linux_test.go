package predict_test

import (
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/layerwise/layerwise/analyzer/predict"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/layerwise/layerwise/analyzer/solve"
)

// repository is a git repository on a server.
type repository struct {
	t   *testing.T
	dir string
	url string
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	r := &repository{t: t, dir: filepath.Join(root, "work.git")}
	if err := os.Mkdir(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.git("init", "--initial-branch=main", ".")
	server := httptest.NewServer(&cgi.Handler{Path: git, Args: []string{"http-backend"}, Env: []string{
		"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "HOME=" + root, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
	}})
	t.Cleanup(server.Close)
	r.url = server.URL + "/work.git/.git"
	return r
}

func (r *repository) git(args ...string) {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.dir, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// commit writes files and commits them.
func (r *repository) commit(files map[string]string) {
	r.t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
	r.git("add", "-A")
	r.git("commit", "--allow-empty", "-m", "m")
}

// A repository as the context, and one that is added.
func TestDryRunOfRepositories(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for real; not with -short")
	}
	added, context := newRepository(t), newRepository(t)
	added.commit(map[string]string{"lib": "1"})
	context.commit(map[string]string{"f": "1", "Dockerfile": "FROM busybox\nADD " + added.url + "#main /lib\nRUN ls /lib > /x\nCOPY f /f\nRUN cat /f > /y\n"})
	p := newProject(t, startEngine(t), nil)
	src, err := solve.Open(context.url+"#main", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"cold", func() {}},
		{"nothing", func() {}},
		{"context", func() { context.commit(map[string]string{"f": "2"}) }},
		{"a commit without a change", func() { context.commit(nil) }},
		{"repository", func() { added.commit(map[string]string{"lib": "2"}) }},
	} {
		step.do()
		o := p.options
		o.Source = src
		predicted, err := predict.Run(t.Context(), p.eng, predict.Options{Build: o})
		if err != nil {
			t.Fatal(err)
		}
		built, err := solve.Run(t.Context(), p.eng, o)
		if err != nil {
			t.Fatal(err)
		}
		p.compare(step.name, predicted, built)
		if step.name == "context" && slices.IndexFunc(predicted.Steps, func(s record.Step) bool { return s.Outcome == record.Run }) != 3 {
			t.Errorf("after a commit: %s", outcomes(predicted))
		}
	}
	if p.undecided > 0 {
		t.Errorf("%d of %d are undecided", p.undecided, p.verdicts)
	}
}
