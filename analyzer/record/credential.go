package record

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// LooksSecret says whether a variable of this name holds a credential, as far
// as a name can tell. It looks at the words of the name, so that NPM_TOKEN,
// githubToken and DBPASSWORD do, AUTHOR, KEYBOARD and PUBLIC_KEY do not. It
// takes in the words of BuildKit's own check SecretsUsedInArgOrEnv.
func LooksSecret(name string) bool {
	words := splitWords(name)
	if slices.ContainsFunc(words, func(w string) bool { return harmlessWords[w] }) {
		return false
	}
	for _, w := range words {
		if secretWords[w] || secretWords[strings.TrimSuffix(w, "S")] {
			return true
		}
		for _, ending := range secretEndings {
			if strings.HasSuffix(w, ending) || strings.HasSuffix(w, ending+"S") {
				return true
			}
		}
	}
	// PWD alone is the working folder, DB_PWD is a password.
	return len(words) > 1 && words[len(words)-1] == "PWD"
}

// secretWords are words that name a credential when they stand alone.
var secretWords = map[string]bool{
	"APIKEY": true, "AUTH": true, "BEARER": true, "CRED": true, "CREDENTIAL": true, "JWT": true, "KEY": true,
	"OAUTH": true, "OAUTH2": true, "PASS": true, "PASSPHRASE": true, "PASSWD": true, "PASSWORD": true,
	"PAT": true, "PWORD": true, "SECRET": true, "TOKEN": true,
}

// secretEndings name a credential at the end of a longer word too, for names
// that are written together.
var secretEndings = []string{
	"TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "CREDENTIAL", "APIKEY", "PRIVATEKEY", "ACCESSKEY", "SECRETKEY",
}

// harmlessWords beside a word such as KEY say that it is none.
var harmlessWords = map[string]bool{
	"PUBLIC": true, "CACHE": true, "SORT": true, "PRIMARY": true, "FOREIGN": true,
}

// splitWords splits a name at everything that is no letter or digit and where
// lower case turns to upper case, in upper case.
func splitWords(name string) []string {
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			words = append(words, strings.ToUpper(string(word)))
			word = word[:0]
		}
	}
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			end()
			continue
		}
		if len(word) > 0 && unicode.IsUpper(c) && unicode.IsLower(word[len(word)-1]) {
			end()
		}
		word = append(word, c)
	}
	end()
	return words
}

// tokenShape matches credentials by the form that their issuer gives them.
type tokenShape struct {
	// marks are cheap to look for: a text with none of them has no match.
	marks []string
	// match's last group is the credential, the whole match where it has none.
	match *regexp.Regexp
	// named says that the group before it is a name, which has to be a credential's.
	named func(name string) bool
	// plain says of a match that it is no credential; nil where all are.
	plain func(text string) bool
}

func (s tokenShape) mayMatch(text string) bool {
	return slices.ContainsFunc(s.marks, func(mark string) bool { return strings.Contains(text, mark) })
}

func shape(pattern string, marks ...string) tokenShape {
	return tokenShape{marks: marks, match: regexp.MustCompile(pattern)}
}

// namedShape is a credential that only the name before it tells.
func namedShape(named func(string) bool, pattern string, marks ...string) tokenShape {
	s := shape(pattern, marks...)
	s.named = named
	return s
}

// plainShape is a credential unless its text is that of something else.
func plainShape(plain func(string) bool, pattern string, marks ...string) tokenShape {
	s := shape(pattern, marks...)
	s.plain = plain
	return s
}

// signsRequest says whether a parameter of a URL gives access to what the URL
// names: the links that stores sign, and whatever is called a secret.
func signsRequest(name string) bool {
	switch strings.ToLower(name) {
	case "sig", "signature", "x-amz-signature", "x-amz-credential", "x-amz-security-token", "x-goog-signature", "x-goog-credential", "code":
		return true
	}
	return LooksSecret(name)
}

// isSecretOption says whether an option is set to a credential, and not to where
// one lies or what it is called.
func isSecretOption(name string) bool {
	words := splitWords(name)
	if len(words) == 0 || name == "key" { // sort --key
		return false
	}
	switch words[len(words)-1] {
	case "FILE", "PATH", "DIR", "NAME", "STDIN", "URL", "URI", "SERVER", "TYPE", "LENGTH", "SIZE":
		return false
	}
	return LooksSecret(name)
}

// takesSecret says whether an option is followed by a credential. Many that have
// the word in their name are followed by a file, or by something public.
func takesSecret(name string) bool {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "-")) {
	case "password", "passwd", "pass", "passphrase", "token", "auth-token", "access-token", "api-token", "api-key", "apikey",
		"access-key", "secret-key", "secret-access-key", "client-secret", "http-password", "http-passwd", "proxy-password",
		"db-password", "admin-password", "root-password", "storepass", "keypass", "private-token", "github-token", "gitlab-token",
		"registry-token", "registration-token", "oauth-token":
		return true
	}
	return false
}

// isUserName says of the user in a URL that it is a name: words of letters with a
// few digits behind them. A token has others between, or says that it is one.
func isUserName(user string) bool {
	switch strings.ToLower(user) {
	case "oauth2", "x-access-token", "x-token-auth", "x-oauth-basic", "gitlab-ci-token":
		return true // what stores want beside a token
	}
	user = strings.ReplaceAll(user, "%40", "@")
	return len(user) < 20 && userName.MatchString(user) && !LooksSecret(user)
}

var userName = regexp.MustCompile(`^[A-Z]?[a-z]+(?:[._@+-]?[A-Z]?[a-z]+)*[0-9]{0,4}$`)

// bare is a value in a command or in a URL; word may be quoted, with spaces in it,
// and argument may be the next one in the list of an exec form.
const (
	bare     = `[^\s"'&|;<>()` + "`" + `]+`
	word     = `("(?:[^"\\\n]|\\[^\n])+"|'[^'\n]+'|["']{0,2}` + bare + `)`
	argument = `(?:[ \t]+|["'],\s*["'])`
)

// arguments is what may stand between a command and an argument of it that is
// looked for.
const arguments = `(?:(?:\\\r?\n|[^\n|;&])*?[\s"'])?`

// command is the name of a program where a command may have it, as the shell or as
// a list has it.
func command(names string) string { return `(?:^|[\s"'(;&|/])(?:` + names + `)["']?[\s,]` + arguments }

// tokenShapes are built at first use: they cost a program that redacts nothing
// as much as the rest of its start.
var tokenShapes = sync.OnceValue(func() []tokenShape {
	return []tokenShape{
		shape(`-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)`, "PRIVATE KEY"),
		shape(`\bgh[pousr]_[A-Za-z0-9]{20,}`, "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
		shape(`\bgithub_pat_[A-Za-z0-9_]{20,}`, "github_pat_"),
		shape(`\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_-]{16,}`, "gl"), // GitLab
		shape(`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`, "AKIA", "ASIA"),                        // AWS
		shape(`\bxox[abeoprs]-[A-Za-z0-9-]{10,}`, "xox"),                              // Slack
		shape(`\bnpm_[A-Za-z0-9]{30,}`, "npm_"),
		shape(`\bpypi-[A-Za-z0-9_-]{40,}`, "pypi-"),
		shape(`\bdckr_pat_[A-Za-z0-9_-]{20,}`, "dckr_pat_"),                       // Docker Hub
		shape(`\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}`, "k_live_", "k_test_"),     // Stripe
		shape(`\bsk-[A-Za-z0-9_-]{32,}`, "sk-"),                                   // OpenAI, Anthropic
		shape(`\bAIza[A-Za-z0-9_-]{30,}`, "AIza"),                                 // Google
		shape(`\bhf_[A-Za-z0-9]{30,}`, "hf_"),                                     // Hugging Face
		shape(`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[\w-]*`, "eyJ"),      // JSON web token
		shape(`\b[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s:@"']*:([^/?#\s@"']+)@`, "://"), // URL with a password
		shape(`\b[A-Za-z][A-Za-z0-9+.-]*://([A-Za-z0-9_-]{20,})@`, "://"),         // URL with a token
		plainShape(isUserName, `\b(?i:https?)://([^/?#\s:@"']+)(?::[^/?#\s@"']*)?@`, "://"),
		namedShape(signsRequest, `[?&;]([A-Za-z][A-Za-z0-9_.-]*)=([^&\s"'#;]+)`, "="),
		namedShape(LooksSecret, `(?:^|[^\w?&-])([A-Za-z_][A-Za-z0-9_.-]*)=`+word, "="),
		namedShape(isSecretOption, `(?:^|[\s"'])--?([A-Za-z][A-Za-z0-9_-]*)=`+word, "="),
		namedShape(takesSecret, `(?:^|[\s"'])--?([A-Za-z][A-Za-z0-9_-]*)`+argument+word, "-"),
		// An ENV or LABEL without "=", alone or in an excerpt with numbered lines.
		namedShape(LooksSecret, `(?m)^(?:[ \t]*[0-9]+ \|(?: >>>)?)?[ \t]*(?i:ENV|LABEL)[ \t]+([A-Za-z_][A-Za-z0-9_.-]*)[ \t]+([^\s=][^\n]*)`, "ENV", "LABEL", "env", "label"),
		namedShape(isSecretOption, `"([A-Za-z_][A-Za-z0-9_.-]*)"\s*:\s*"((?:[^"\\\n]|\\[^\n])+)"`, `":`, `" :`), // JSON
		namedShape(LooksSecret, `(?:-H|--header)[ =]*"?'?([A-Za-z][\w-]*):\s*(?:[A-Za-z]+\s+)?([^\s"']{4,})`, "-H", "--header"),
		shape(`(?i)\bauthorization:\s*(?:[a-z]+\s+)?([^\s"']{4,})`, "uthorization", "UTHORIZATION"),
		shape(`\b[Bb](?:earer|EARER)\s+([A-Za-z0-9._~+/=-]*[A-Z0-9][A-Za-z0-9._~+/=-]*)`, "earer", "EARER"),
		shape(command(`curl`)+`(?:-u|--user)[ =]?["']{0,2}[^\s:"']+:([^\s"']+)`, "curl"),
		shape(command(`(?:mysql|mariadb)(?:-?(?:dump|admin|check|import|show|slap|binlog|upgrade))?|mysqlsh`)+`-p`+word, "mysql", "mariadb"),
		shape(command(`sshpass`)+`-p`+argument+`?`+word, "sshpass"),
		shape(command(`docker|podman|buildah|skopeo|nerdctl|oras|crane|helm`)+`login["']?,?\s`+arguments+`-p`+argument+word, "login"),
		shape(command(`redis-cli`)+`-a`+argument+word, "redis-cli"),
		shape(command(`mongo(?:sh|dump|restore|import|export)?`)+`-p`+argument+word, "mongo"),
		shape(`\becho\s+(?:-\w+\s+)?["']?[\w.-]+:([^\s"'|;&]+)["']?\s*\|\s*(?:sudo\s+)?chpasswd\b`, "chpasswd"),
		shape(`\blogin\s+\S+\s+password\s+`+word, "password"), // netrc
	}
})
