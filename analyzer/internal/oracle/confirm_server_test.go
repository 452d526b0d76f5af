package oracle_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// server is what the steps of a script reach over the network: files, git
// repositories and images, on the machine's own address.
type server struct {
	http.Server
	listener net.Listener
	registry registry
}

// newServer serves a folder: repositories, whose names end in .git, by git's own
// program, anything else as files that have no name but their content.
func newServer(dir string) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{listener: listener}
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, err
	}
	repositories := &cgi.Handler{Path: git, Args: []string{"http-backend"}, Dir: dir,
		Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "HOME=" + dir, "GIT_CONFIG_COUNT=1",
			"GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}}
	mux := http.NewServeMux()
	mux.Handle("/v2/", &s.registry)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, ".git/") {
			repositories.ServeHTTP(w, r)
			return
		}
		serveFile(w, r, filepath.Join(dir, filepath.FromSlash(path.Clean("/"+r.URL.Path))))
	})
	s.Handler = mux
	go s.Serve(listener)
	return s, nil
}

// serveFile sends a file with its digest as the tag by which clients notice a
// change, and without a time.
func serveFile(w http.ResponseWriter, r *http.Request, name string) {
	data, err := os.ReadFile(name)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	tag := `"` + digest.FromBytes(data).Encoded() + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write(data)
}

func (s *server) addr() string { return s.listener.Addr().String() }

func (s *server) Close() { s.Server.Close() }

// registry answers pulls.
type registry struct {
	mu   sync.Mutex
	tags map[string]string // "name:tag" to the file of a manifest
	dir  string            // of the blobs
}

// tag offers an image as name:tag.
func (r *registry) tag(ref string, d digest.Digest, from *images) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tags == nil {
		r.tags = map[string]string{}
	}
	r.tags[ref] = d.String()
	r.dir = filepath.Dir(from.blob(d))
}

// ServeHTTP answers /v2/NAME/manifests/TAG-OR-DIGEST and /v2/NAME/blobs/DIGEST.
func (r *registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	parts := strings.Split(strings.TrimPrefix(req.URL.Path, "/v2/"), "/")
	if len(parts) < 3 {
		return // an empty answer says that there is a registry
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	name, kind, ref := strings.Join(parts[:len(parts)-2], "/"), parts[len(parts)-2], parts[len(parts)-1]
	if d, ok := r.tags[name+":"+ref]; ok && kind == "manifests" {
		ref = d
	}
	d, err := digest.Parse(ref)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	file := filepath.Join(r.dir, d.Encoded())
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		http.Error(w, "not here", http.StatusNotFound)
		return
	}
	if w.Header().Set("Docker-Content-Digest", d.String()); kind == "manifests" {
		w.Header().Set("Content-Type", ocispecs.MediaTypeImageManifest)
	} else {
		w.Header().Set("Content-Type", "application/octet-stream")
	}
	http.ServeFile(w, req, file)
}
