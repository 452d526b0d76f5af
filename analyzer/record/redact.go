package record

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// redactedPrefix starts what stands for a credential in a record.
const redactedPrefix = "redacted:"

// minSecretText is the length in bytes from which Text looks for a secret
// value: replacing every "42" in a text would ruin it and hide nothing.
const minSecretText = 4

// Redactor replaces credentials by a salted hash: equal values have equal
// hashes, so that a change is still noticed, and no value can be guessed from
// a record without the salt. It is safe for concurrent use.
type Redactor struct {
	salt []byte
	// replace has the registered values and their hashes, alternating.
	replace *strings.Replacer
	// values has what Value returned: the steps of a stage share most of theirs.
	values sync.Map // of [2]string to string
}

// NewRedactor returns a redactor that knows the credentials among these named
// values: build arguments, environments. The salt is secret and stays the same
// for all records that are to be compared.
func NewRedactor(salt []byte, named ...map[string]string) *Redactor {
	r := &Redactor{salt: slices.Clone(salt)}
	hashes := map[string]string{}
	for _, values := range named {
		for name, value := range values {
			if !isSecret(name, value) || len(value) < minSecretText {
				continue
			}
			for _, form := range writtenForms(value) {
				hashes[form] = r.hash(value)
			}
		}
	}
	forms := make([]string, 0, len(hashes))
	for form := range hashes {
		forms = append(forms, form)
	}
	// The replacer prefers, at one position, what comes first.
	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range forms {
		pairs = append(pairs, form, hashes[form])
	}
	r.replace = strings.NewReplacer(pairs...)
	return r
}

// Value returns what a record holds for a named value: "redacted:" and a hash
// where the name is a credential's, else the value with every credential in it
// replaced as Text does. Empty values and plain switches (true, 0, none) stay.
func (r *Redactor) Value(name, value string) string {
	key := [2]string{name, value}
	if known, ok := r.values.Load(key); ok {
		return known.(string)
	}
	out := ""
	if isSecret(name, value) {
		out = r.hash(value)
	} else {
		out = r.Text(value)
	}
	r.values.Store(key, out)
	return out
}

// Values applies Value to a map. It returns nil for nil.
func (r *Redactor) Values(named map[string]string) map[string]string {
	if named == nil {
		return nil
	}
	out := make(map[string]string, len(named))
	for name, value := range named {
		out[name] = r.Value(name, value)
	}
	return out
}

// Text replaces every registered value in a longer text (arguments, parts of a
// Dockerfile, messages), the longest first, and whatever has the shape of a
// well-known token.
func (r *Redactor) Text(s string) string {
	return mask(r.replace.Replace(s), r.hash)
}

// Mask replaces whatever has the shape of a credential in a text that is shown and
// not compared.
func Mask(s string) string { return mask(s, func(string) string { return "***" }) }

// Blank is Mask for a text in which lines and columns count: every credential in it
// becomes as many bytes of "*", and keeps its line breaks.
func Blank(s string) string {
	return mask(s, func(secret string) string {
		blank := bytes.Repeat([]byte("*"), len(secret))
		for i := range blank {
			if secret[i] == '\n' || secret[i] == '\r' {
				blank[i] = secret[i]
			}
		}
		return string(blank)
	})
}

func mask(s string, by func(secret string) string) string {
	for _, shape := range tokenShapes() {
		if shape.mayMatch(s) {
			s = replaceShape(s, shape, by)
		}
	}
	return s
}

// replaceShape replaces the matches of one token shape.
func replaceShape(s string, shape tokenShape, by func(secret string) string) string {
	var out strings.Builder
	written, at := 0, 0
	for at < len(s) {
		m := shape.match.FindStringSubmatchIndex(s[at:])
		if m == nil {
			break
		}
		for i := range m {
			m[i] += at
		}
		from, to := m[len(m)-2], m[len(m)-1]
		for from < to && isQuote(s[from]) {
			from++
		}
		for from < to && isQuote(s[to-1]) {
			to--
		}
		if !shape.isSecret(s, m, from, to) {
			at = max(from, m[0]+1) // what is no secret may have one in it
			continue
		}
		out.WriteString(s[written:from])
		out.WriteString(by(s[from:to]))
		written, at = to, max(to, m[1])
	}
	if written == 0 {
		return s
	}
	out.WriteString(s[written:])
	return out.String()
}

// isSecret says of a match of the shape, with what may be a secret at from to to,
// that it is one: no reference such as ${TOKEN}, no plain switch, and not redacted
// already.
func (s tokenShape) isSecret(text string, match []int, from, to int) bool {
	secret := text[from:to]
	switch {
	case strings.Trim(secret, "*") == "", strings.HasPrefix(secret, "$"), strings.HasPrefix(secret, redactedPrefix),
		strings.HasSuffix(text[:from], redactedPrefix), schemes[strings.ToLower(secret)], isImageTag(text[match[1]:]):
		return false
	case s.plain != nil:
		return !s.plain(secret)
	case s.named != nil:
		name := text[match[len(match)-4]:match[len(match)-3]]
		return s.named(name) && len(secret) >= minSecretText && !switches[strings.ToLower(secret)]
	}
	return true
}

func isQuote(c byte) bool { return c == '"' || c == '\'' }

// isImageTag says, of what follows a URL's "name:word@", that the word is the
// tag of an image and no password: docker-image://alpine:3.22@sha256:….
func isImageTag(rest string) bool { return strings.HasPrefix(rest, "sha256:") }

// schemes stand before a credential in a header, and are none.
var schemes = map[string]bool{"basic": true, "bearer": true, "digest": true, "token": true}

// hash returns what stands for a credential.
func (r *Redactor) hash(value string) string {
	if strings.HasPrefix(value, redactedPrefix) {
		return value
	}
	mac := hmac.New(sha256.New, r.salt)
	mac.Write([]byte(value))
	return redactedPrefix + hex.EncodeToString(mac.Sum(nil)[:8])
}

// switches are values that are no credential under any name.
var switches = map[string]bool{
	"": true, "0": true, "1": true, "true": true, "false": true, "yes": true, "no": true, "on": true, "off": true,
	"none": true, "null": true, "auto": true,
}

func isSecret(name, value string) bool {
	return LooksSecret(name) && !switches[strings.ToLower(value)]
}

// writtenForms returns the ways in which a value may be written in a text:
// as it is, and escaped as part of a URL.
func writtenForms(value string) []string {
	forms := []string{value, url.QueryEscape(value), url.PathEscape(value)}
	slices.Sort(forms)
	return slices.Compact(forms)
}
