package remote

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/moby/buildkit/client"
)

// tlsOptions does what buildctl does with its TLS flags (ResolveClient in
// cmd/buildctl/common).
func tlsOptions(opt Options) ([]client.ClientOpt, error) {
	if opt.CertDir != "" {
		if opt.CACert != "" || opt.Cert != "" || opt.Key != "" {
			return nil, errors.New("a folder of TLS certificates excludes a CA certificate, certificate or key given by itself")
		}
		if err := opt.useCertDir(); err != nil {
			return nil, err
		}
	}
	serverName := opt.ServerName
	if serverName == "" {
		if u, err := url.Parse(opt.Address); err == nil {
			serverName = u.Hostname()
		}
	}
	var opts []client.ClientOpt
	if opt.CACert != "" {
		opts = append(opts, client.WithServerConfig(serverName, opt.CACert))
	}
	if opt.Cert != "" || opt.Key != "" {
		opts = append(opts, client.WithCredentials(opt.Cert, opt.Key))
	}
	return opts, nil
}

func (opt *Options) useCertDir() error {
	for _, f := range []struct {
		path  *string
		names [2]string
	}{
		{&opt.CACert, [2]string{"ca.pem", "ca.crt"}},
		{&opt.Cert, [2]string{"cert.pem", "tls.crt"}},
		{&opt.Key, [2]string{"key.pem", "tls.key"}},
	} {
		path, err := firstOf(opt.CertDir, f.names)
		if err != nil {
			return err
		}
		*f.path = path
	}
	return nil
}

func firstOf(dir string, names [2]string) (string, error) {
	for _, name := range names {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("TLS certificates: %w", err)
		}
	}
	return "", fmt.Errorf("TLS certificates: %s has neither %s nor %s", dir, names[0], names[1])
}

// setupError is for what fails before anything is sent.
func setupError(opt Options, err error) error {
	if opt.CACert != "" || opt.Cert != "" || opt.Key != "" || opt.CertDir != "" {
		return fmt.Errorf("TLS for BuildKit at %s: %w", opt.Address, err)
	}
	return &AddressError{Address: opt.Address, Reason: err.Error()}
}
