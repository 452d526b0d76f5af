package rules

import (
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
)

// secret is a credential in a text. What says of which kind it is; nothing here
// ever holds its value.
type secret struct {
	what       string
	start, end int
}

// secretForm is a kind of credential that can be told by its form.
type secretForm struct {
	marker string // a part of it that is quickly found
	form   func() *regexp.Regexp
	what   string
}

// secretForms are those whose issuers give them a fixed beginning so that they can
// be found.
var secretForms = []secretForm{
	{"PRIVATE KEY-----", later(`-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----`), "a private key"},
	{"AKIA", later(`\bAKIA[0-9A-Z]{16}\b`), "an AWS access key"},
	{"ASIA", later(`\bASIA[0-9A-Z]{16}\b`), "an AWS access key"},
	{"ghp_", later(`\bghp_[0-9A-Za-z]{36}`), "a GitHub token"},
	{"gho_", later(`\bgho_[0-9A-Za-z]{36}`), "a GitHub token"},
	{"ghs_", later(`\bghs_[0-9A-Za-z]{36}`), "a GitHub token"},
	{"github_pat_", later(`\bgithub_pat_[0-9A-Za-z_]{60,}`), "a GitHub token"},
	{"glpat-", later(`\bglpat-[0-9A-Za-z_-]{20,}`), "a GitLab token"},
	{"npm_", later(`\bnpm_[0-9A-Za-z]{36}\b`), "an npm token"},
	{"pypi-AgE", later(`\bpypi-AgE[0-9A-Za-z_-]{50,}`), "a PyPI token"},
	{"xox", later(`\bxox[abprs]-[0-9A-Za-z-]{16,}`), "a Slack token"},
	{"AIza", later(`\bAIza[0-9A-Za-z_-]{35}`), "a Google API key"},
	{"hf_", later(`\bhf_[A-Za-z]{34}\b`), "a Hugging Face token"},
	{"dckr_pat_", later(`\bdckr_pat_[0-9A-Za-z_-]{27}`), "a Docker token"},
	{"_live_", later(`\b[rs]k_live_[0-9A-Za-z]{20,}`), "a Stripe key"},
	{"sk-ant-", later(`\bsk-ant-[0-9A-Za-z_-]{32,}`), "an Anthropic key"},
	{"sk-proj-", later(`\bsk-proj-[0-9A-Za-z_-]{32,}`), "an OpenAI key"},
	{"eyJ", later(`\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}`), "a JSON web token"},
	{"://", later(`\b[a-z][a-z0-9+.-]*://[^\s/@:"'$<>{}()|]*:([^\s/@"'$<>{}()|]+)@[0-9A-Za-z]`), passwordInAddress},
	{"://", later(`\bhttps?://([0-9A-Za-z_-]{20,})@[0-9A-Za-z]`), "a token in an address"},
}

const passwordInAddress = "a password in an address"

// mayHoldSecret reports quickly whether any of the forms can be in a text.
func mayHoldSecret(text string) bool {
	for _, f := range secretForms {
		if f.marker != "://" && strings.Contains(text, f.marker) {
			return true
		}
	}
	_, after, found := strings.Cut(text, "://")
	return found && strings.Contains(after, "@")
}

// findSecret returns the first credential of a known form in a text.
func findSecret(text string) (secret, bool) {
	for _, f := range secretForms {
		if !strings.Contains(text, f.marker) {
			continue
		}
		for _, m := range f.form().FindAllStringSubmatchIndex(text, -1) {
			start, end := m[0], m[1]
			if len(m) > 2 {
				start, end = m[2], m[3]
			}
			if !isPlaceholder(text[start:end]) && (f.what != passwordInAddress || !isForLocalUse(text, start, end)) {
				return secret{f.what, start, end}, true
			}
		}
	}
	return secret{}, false
}

// placeholder matches what people write where a credential will stand, and what
// everybody uses for a database on their own desk.
var placeholder = later(`(?i)^(?:x+|\*+|\.+|_+|0+|1234\d*|<.*|\[.*|%.*|.*example.*|.*dummy.*|.*placeholder.*|.*change.?(?:me|it|this).*|.*replace.*|` +
	`your.*|my.?.*(?:pass|secret|token|key).*|.*(?:no|not|in|un)_?secure.*|fake.*|mock.*|sample.*|test(?:ing|er|user|pass.*)?|todo|` +
	`pass|passwd|password\d*|passw0rd|pwd|secret|token|root|toor|admin|administrator|user|username|guest|postgres(?:ql)?|mysql|mariadb|mongo|redis|rabbitmq|` +
	`none|null|nil|empty|foo|bar|foobar|default|demo|dev|local|docker|app|django|rails|laravel|vagrant)$`)

// isPlaceholder reports whether a value only stands for a credential.
func isPlaceholder(value string) bool {
	return value == "" || placeholder().MatchString(value) || strings.HasSuffix(value, "EXAMPLE") || strings.Trim(value, value[:1]) == ""
}

// secretName and publicName are BuildKit's: what its check SecretsUsedInArgOrEnv
// goes by (frontend/dockerfile/dockerfile2llb/validations.go).
var (
	secretName = later(`(?i)(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)`)
	publicName = later(`(?i)(?:_|^)(?:public|file|version)(?:_|$)`)
)

// namesSecret reports whether BuildKit takes a variable for a secret.
func namesSecret(name string) bool {
	return secretName().MatchString(name) && !publicName().MatchString(name)
}

// variableInAddress matches an address whose user or password is a variable.
var variableInAddress = later(`\bhttps?://[^\s/@"']*\$\{?(\w+)\}?@`)

// argumentInAddress finds a build argument that is used as a credential in an
// address, under a name that BuildKit does not take for one.
func argumentInAddress(p *lint.Pass, in *dockerfile.Instruction) (secret, bool) {
	if in.Stage == nil {
		return secret{}, false
	}
	m := variableInAddress().FindStringSubmatchIndex(in.Text)
	if m == nil {
		return secret{}, false
	}
	name := in.Text[m[2]:m[3]]
	if namesSecret(name) || !isDeclared(p, in, name) || strings.Contains(strings.ToLower(name), "user") {
		return secret{}, false
	}
	return secret{"the build argument " + name + ", a credential in an address,", m[2], m[3]}, true
}

// isDeclared reports whether an ARG or ENV above an instruction declares a name.
func isDeclared(p *lint.Pass, in *dockerfile.Instruction, name string) bool {
	for _, earlier := range lineage(p, in.Stage) {
		if earlier == in {
			return false
		}
		switch c := earlier.Command.(type) {
		case *instructions.ArgCommand:
			for _, a := range c.Args {
				if a.Key == name {
					return true
				}
			}
		case *instructions.EnvCommand:
			for _, e := range c.Env {
				if e.Key == name {
					return true
				}
			}
		}
	}
	return false
}
