package record

import (
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
	s = r.replace.Replace(s)
	for _, shape := range tokenShapes() {
		if shape.mayMatch(s) {
			s = replaceShape(s, shape, r.hash)
		}
	}
	return s
}

// Mask replaces whatever has the shape of a credential in a text that is shown and
// not compared.
func Mask(s string) string {
	for _, shape := range tokenShapes() {
		if shape.mayMatch(s) {
			s = replaceShape(s, shape, func(string) string { return "***" })
		}
	}
	return s
}

// replaceShape replaces the matches of one token shape. References such as
// ${TOKEN}, plain switches and what is redacted already stay as they are.
func replaceShape(s string, shape tokenShape, by func(secret string) string) string {
	matches := shape.match.FindAllStringSubmatchIndex(s, -1)
	if len(matches) == 0 {
		return s
	}
	var out strings.Builder
	at := 0
	for _, m := range matches {
		from, to := m[len(m)-2], m[len(m)-1]
		secret := s[from:to]
		if strings.HasPrefix(secret, "$") || strings.HasPrefix(secret, redactedPrefix) || secret == "***" ||
			strings.HasSuffix(s[:from], redactedPrefix) || schemes[strings.ToLower(secret)] || isImageTag(s[m[1]:]) {
			continue
		}
		if shape.named != nil {
			name := s[m[len(m)-4]:m[len(m)-3]]
			if !shape.named(name) || len(secret) < minSecretText || switches[strings.ToLower(secret)] {
				continue
			}
		}
		out.WriteString(s[at:from])
		out.WriteString(by(secret))
		at = to
	}
	out.WriteString(s[at:])
	return out.String()
}

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
