package rules

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// maxSecretFile bounds what is read of a file that may hold credentials, in bytes.
const maxSecretFile = 64 << 10

// keyNames are files that hold nothing but credentials.
var keyNames = map[string]string{
	"id_rsa": "a private key", "id_dsa": "a private key", "id_ecdsa": "a private key", "id_ed25519": "a private key",
	".netrc": "passwords", ".git-credentials": "passwords", ".pgpass": "passwords",
}

// secretReader is the function that looks for credentials in a file of a name,
// nil for a name that says nothing. It returns what it found, "" for nothing.
func secretReader(name string) func(text string) string {
	base := path.Base(name)
	if keyNames[base] == "a private key" {
		return privateKey
	}
	switch base {
	case ".npmrc", ".yarnrc", ".yarnrc.yml", ".pypirc", ".netrc", ".git-credentials", ".pgpass", "auth.json", ".htpasswd":
		return token
	case "credentials":
		if path.Base(path.Dir(name)) == ".aws" {
			return token
		}
	case "config.json":
		if path.Base(path.Dir(name)) == ".docker" {
			return token
		}
	}
	switch ext := path.Ext(base); {
	case base == ".env" || strings.HasPrefix(base, ".env.") || ext == ".env":
		return variables
	case ext == ".pem", ext == ".key", ext == ".ppk":
		return privateKey
	case ext == ".json" && (strings.Contains(base, "service") || strings.Contains(base, "credential")):
		return privateKey
	case ext == ".tfvars":
		return variables
	}
	return nil
}

var privateKeyHead = later(`-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----`)

func privateKey(text string) string {
	if privateKeyHead().MatchString(text) {
		return "a private key"
	}
	return ""
}

// tokens match a value behind the name that registries and clouds give it.
var tokens = later(`(?im)(?:_authToken|_auth|_password|npmAuthToken|aws_secret_access_key|"auth"|"password"|^\s*password|\bpassword)\s*["']?\s*[:= ]\s*["']?([^\s"',}]+)`)

// address matches a password in an address, as .git-credentials has it.
var address = later(`(?m)^[a-z+]+://[^/\s:@]+:([^/\s@]+)@`)

func token(text string) string {
	for _, re := range []*regexp.Regexp{tokens(), address()} {
		for _, m := range re.FindAllStringSubmatch(text, 64) {
			if !isNoSecret(m[1]) {
				return "a token or password"
			}
		}
	}
	return ""
}

// secretVariable matches an assignment to a variable whose name says that its
// value is to be kept secret.
var secretVariable = later(`(?im)^\s*(?:export\s+)?([A-Z0-9_.]*(?:SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?)[A-Z0-9_]*)\s*[=:]\s*["']?([^\s"'#]+)`)

func variables(text string) string {
	for _, m := range secretVariable().FindAllStringSubmatch(text, 256) {
		name := strings.ToUpper(m[1])
		if isNoSecret(m[2]) || strings.HasSuffix(name, "_FILE") || strings.HasSuffix(name, "_PATH") || strings.HasSuffix(name, "_URL") ||
			strings.Contains(name, "PUBLIC") || strings.HasPrefix(name, "NEXT_") || strings.HasPrefix(name, "VITE_") || strings.HasPrefix(name, "REACT_APP_") ||
			strings.Contains(name, "EXPIR") || strings.Contains(name, "_TTL") || strings.Contains(name, "LENGTH") {
			continue
		}
		return fmt.Sprintf("a value for %s", cut(m[1], 40))
	}
	return ""
}

// isNoSecret reports whether a value waits for a real one, is one that everybody
// uses, or too short to be any.
func isNoSecret(value string) bool {
	switch strings.ToLower(value) {
	case "true", "false", "yes", "no", "on", "off":
		return true
	}
	return isPlaceholder(value) || value[0] == '$' || value[0] == '{' || len(value) < 4
}
