package rules

import (
	"fmt"
	"path"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

// secretFlags take a credential as their value, whatever the program.
var secretFlags = []string{"--password", "--passwd", "--http-password", "--ftp-password", "--proxy-password", "--token", "--auth-token",
	"--access-token", "--api-key", "--api-token", "--apikey", "--secret-key", "--client-secret"}

// secretLetters are the one-letter flags of some programs for a password.
var secretLetters = map[string]string{"sshpass": "-p", "podman": "-p", "docker": "-p", "mongo": "-p", "mongosh": "-p", "ldapadd": "-w", "svn": "--password"}

// secretHeader matches a header that hands over a credential.
var secretHeader = later(`(?i)^(?:proxy-)?authorization:\s*(?:\w+\s+)?(\S+)$|^(?:x-api-key|x-auth-token|private-token|job-token|api-key):\s*(\S+)$`)

// checkCommandSecrets looks for credentials that a command is handed in its text.
func checkCommandSecrets(p *lint.Pass, in *dockerfile.Instruction) {
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		w, what := commandSecret(c)
		if what == "" {
			w, what = writtenSecret(commands, i)
		}
		if what == "" {
			continue
		}
		p.ReportAt(wordSpan(p, in, c, w), fmt.Sprintf("%s in RUN %s; %s", what, stays(p, in), cureForSecret(in)), nil)
		return // one is enough to look at the whole step
	}
}

// commandSecret returns the word of a command that holds a credential, and what it
// is, "" without one. What is an expansion is none: it may come from a mount.
func commandSecret(c *shell.Command) (shell.Word, string) {
	for _, a := range c.Assigns {
		if (namesSecret(a.Name) || a.Name == "PGPASSWORD" || a.Name == "MYSQL_PWD") && isSecret(a.Value) {
			return a.Value, "the value of " + a.Name
		}
	}
	for _, flag := range secretFlags {
		if w, ok := c.Value(flag); ok && isSecret(w) {
			return w, "what " + flag + " is given"
		}
	}
	if flag, ok := secretLetters[c.Name]; ok {
		if w, ok := c.Value(flag); ok && isSecret(w) && (!c.Is("docker", "podman") || len(c.Args) > 0 && c.Args[0].Text == "login") {
			return w, fmt.Sprintf("what %s %s is given", c.Name, flag)
		}
	}
	switch c.Name {
	case "curl":
		if w, ok := c.Value("-u", "--user"); ok {
			if _, password, found := strings.Cut(w.Text, ":"); found && isSecret(shell.Word{Text: password, Dynamic: w.Dynamic}) {
				return w, "the password of curl --user"
			}
		}
		return headerSecret(c)
	case "wget", "http", "https":
		return headerSecret(c)
	case "mysql", "mysqladmin", "mysqldump", "mariadb":
		for _, a := range c.Args {
			if password, ok := strings.CutPrefix(a.Text, "-p"); ok && isSecret(shell.Word{Text: password, Dynamic: a.Dynamic}) {
				return a, "the password of " + c.Name
			}
		}
	}
	return shell.Word{}, ""
}

func headerSecret(c *shell.Command) (shell.Word, string) {
	for _, a := range c.Args {
		text := strings.TrimPrefix(strings.TrimPrefix(a.Text, "--header="), "-H")
		m := secretHeader().FindStringSubmatch(strings.TrimSpace(text))
		if m != nil && isSecret(shell.Word{Text: m[1] + m[2], Dynamic: a.Dynamic}) {
			return a, "the credential of a header"
		}
	}
	return shell.Word{}, ""
}

// isSecret reports whether a word has the value of a credential, rather than an
// expansion, the name of a file, or something that stands for one.
func isSecret(w shell.Word) bool {
	return !w.Dynamic && len(w.Text) >= 6 && !strings.ContainsAny(w.Text, "$ ") && !strings.ContainsAny(w.Text[:1], "-/@.~<{%") && !isPlaceholder(w.Text)
}

// credentialFile are the files in which programs look for credentials.
var credentialFile = map[string]bool{".npmrc": true, ".netrc": true, ".pypirc": true, ".git-credentials": true, "credentials": true, ".pgpass": true, ".yarnrc": true}

// fileSecret matches a credential in the text of such a file.
var fileSecret = later(`(?i)(?:_authToken|_auth|_password|password|aws_secret_access_key)\s*[=: ]\s*"?([^\s"$]+)`)

// writtenSecret returns the word of echo or printf that puts a credential into a
// file for one, or into chpasswd.
func writtenSecret(commands []shell.Command, i int) (shell.Word, string) {
	c := &commands[i]
	if !c.Is("echo", "printf") {
		return shell.Word{}, ""
	}
	if c.Piped && i+1 < len(commands) && commands[i+1].Is("chpasswd") {
		for _, a := range c.Args {
			if _, password, found := strings.Cut(a.Text, ":"); found && isSecret(shell.Word{Text: strings.TrimSuffix(password, `\n`), Dynamic: a.Dynamic}) {
				return a, "the password for chpasswd"
			}
		}
	}
	for _, r := range c.Redirects {
		if !strings.HasPrefix(r.Op, ">") || !credentialFile[path.Base(r.Target.Text)] {
			continue
		}
		line := make([]string, 0, len(c.Args))
		for _, a := range c.Args {
			line = append(line, a.Text)
		}
		if m := fileSecret().FindStringSubmatch(strings.Join(line, " ")); m != nil && isSecret(shell.Word{Text: m[1]}) {
			return c.Args[len(c.Args)-1], "a credential for " + path.Base(r.Target.Text)
		}
	}
	return shell.Word{}, ""
}
