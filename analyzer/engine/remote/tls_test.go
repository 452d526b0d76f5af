package remote

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	types "github.com/moby/buildkit/api/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/layerwise/layerwise/analyzer/engine"
)

// authority makes certificates for the name buildkit.test.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "authority"},
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	var der []byte
	a.key, der = sign(t, template, template, nil)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a.cert = cert
	return a
}

// sign makes a key and a certificate for it; without a parent it signs itself.
func sign(t *testing.T, template, parent *x509.Certificate, by *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if by == nil {
		by = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	return key, der
}

// folder writes the authority's certificate, and one that it issues with its
// key, under the given names.
func (a *authority) folder(ca, cert, key string) string {
	a.t.Helper()
	private, der := sign(a.t, &x509.Certificate{
		SerialNumber: big.NewInt(2),
		DNSNames:     []string{"buildkit.test"},
		NotAfter:     time.Now().Add(time.Hour),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, a.key)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	dir := a.t.TempDir()
	for name, block := range map[string]*pem.Block{
		ca:   {Type: "CERTIFICATE", Bytes: a.cert.Raw},
		cert: {Type: "CERTIFICATE", Bytes: der},
		key:  {Type: "PRIVATE KEY", Bytes: pkcs8},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	return dir
}

// serveTLS runs an engine on tcp that wants a certificate of the authority.
func serveTLS(t *testing.T, a *authority) string {
	t.Helper()
	dir := a.folder("ca.pem", "cert.pem", "key.pem")
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, l, &fakeBuildKit{version: "v0.34.2", workers: []*types.WorkerRecord{ociWorker}}, grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{pair},
		ClientCAs:    roots,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	})))
	return "tcp://" + l.Addr().String()
}

func TestDialTLS(t *testing.T) {
	a := newAuthority(t)
	address := serveTLS(t, a)
	dir := a.folder("ca.pem", "cert.pem", "key.pem")
	for name, opt := range map[string]Options{
		"files":       {CACert: filepath.Join(dir, "ca.pem"), Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")},
		"folder":      {CertDir: dir},
		"other names": {CertDir: a.folder("ca.crt", "tls.crt", "tls.key")},
	} {
		t.Run(name, func(t *testing.T) {
			opt.Address, opt.ServerName = address, "buildkit.test"
			r, err := Dial(t.Context(), opt)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if r.Info().CacheID != "w1" {
				t.Errorf("%+v", r.Info())
			}
		})
	}
}

func TestTLSMismatch(t *testing.T) {
	a := newAuthority(t)
	address := serveTLS(t, a)
	dir := a.folder("ca.pem", "cert.pem", "key.pem")
	stranger := newAuthority(t).folder("ca.pem", "cert.pem", "key.pem")
	for _, c := range []struct {
		name string
		opt  Options
		want string
	}{
		{"no TLS", Options{}, "server preface"},
		{"other name", Options{CertDir: dir, ServerName: "other.test"}, "buildkit.test, not other.test"},
		{"name of the address", Options{CertDir: dir}, "127.0.0.1"},
		{"other authority", Options{CertDir: stranger, ServerName: "buildkit.test"}, "unknown authority"},
		// The engine hangs up; whether its reason arrives first is a matter of luck.
		{"no certificate", Options{CACert: filepath.Join(dir, "ca.pem"), ServerName: "buildkit.test"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opt.Address = address
			if e := unreachable(t, t.Context(), c.opt); !strings.Contains(e.Error(), c.want) {
				t.Errorf("%q lacks %q", e, c.want)
			}
		})
	}

	t.Run("TLS to an engine without", func(t *testing.T) {
		l, address := listen(t)
		serve(t, l, &fakeBuildKit{version: "v0.34.2", workers: []*types.WorkerRecord{ociWorker}})
		unreachable(t, t.Context(), Options{Address: address, CertDir: dir})
	})
}

func TestTLSSettings(t *testing.T) {
	dir := newAuthority(t).folder("ca.pem", "cert.pem", "key.pem")
	file := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		name string
		opt  Options
		want string
	}{
		{"folder and file", Options{CertDir: dir, Key: file("key.pem")}, "excludes"},
		{"no such folder", Options{CertDir: file("none")}, "has neither ca.pem nor ca.crt"},
		{"not a folder", Options{CertDir: file("ca.pem")}, "ca.pem"},
		{"certificate without key", Options{Cert: file("cert.pem")}, "certificate/key"},
		{"key for an authority", Options{CACert: file("key.pem")}, "ca certs"},
		{"no such file", Options{CACert: file("none")}, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opt.Address = "tcp://127.0.0.1:1"
			_, err := Dial(t.Context(), c.opt)
			var u *engine.UnreachableError
			if err == nil || errors.As(err, &u) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	_, err := Dial(t.Context(), Options{Address: "tcp://127.0.0.1:1", CACert: file("none")})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not hold the system's error", err)
	}
}
