package record

import (
	"strings"
	"testing"
)

func TestLooksSecret(t *testing.T) {
	secret := strings.Fields(`TOKEN NPM_TOKEN github_token githubToken GITHUBTOKEN DB_PASSWORD DBPASSWORD PASSWD MYSQL_PWD
		CLIENT_SECRET secrets API_KEY APIKEY api-key AWS_SECRET_ACCESS_KEY PRIVATE_KEY PrivateKey AUTH BASIC_AUTH NPM_AUTH
		GOOGLE_CREDENTIALS SSH_PASSPHRASE TOKENS app.token`)
	open := strings.Fields(`AUTHOR KEYBOARD MONKEY PWD OLDPWD VERSION PUBLIC_KEY CACHE_KEY SECRETARY TOKENIZER COMPASS BYPASS PATH
		NODE_ENV PASSENGER_VERSION PATTERN GOFLAGS KEYSERVER`)
	for _, name := range secret {
		if !LooksSecret(name) {
			t.Errorf("%s should look secret", name)
		}
	}
	for _, name := range append(open, "", "_", "é") {
		if LooksSecret(name) {
			t.Errorf("%s should not look secret", name)
		}
	}
}

func TestRedactorValue(t *testing.T) {
	r := NewRedactor([]byte("salt"))
	for _, c := range []struct{ name, value string }{
		{"VERSION", "1.2.3"}, {"AUTHOR", "Ann"}, {"USE_TOKEN", "true"}, {"TOKEN", ""}, {"AUTH", "None"},
		{"BASE", "docker-image://alpine:3.22@sha256:0123"}, {"URL", "http://localhost:8080/a@b"}, {"URL", "https://user@host/x"},
		{"LIB", "glibc-locale-source-and-more"}, {"URL", "https://me:${PASS}@host"},
	} {
		if got := r.Value(c.name, c.value); got != c.value {
			t.Errorf("%s=%s became %s", c.name, c.value, got)
		}
	}
	for _, c := range []struct{ name, value, keep string }{
		{"NPM_TOKEN", "hunter2", ""}, {"PIN_SECRET", "7", ""},
		{"X", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", ""},
		{"X", "AKIAIOSFODNN7EXAMPLE", ""},
		{"X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w", ""},
		{"X", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----", ""},
		{"REGISTRY", "https://me:hunter2@npm.example/x", "https://me:redacted:"},
	} {
		got := r.Value(c.name, c.value)
		if !strings.HasPrefix(got, c.keep) || !strings.Contains(got, redactedPrefix) || strings.Contains(got, "hunter2") {
			t.Errorf("%s=%s became %s", c.name, c.value, got)
		}
		if again := r.Value(c.name, got); again != got {
			t.Errorf("redacting twice: %s became %s", got, again)
		}
	}
}

func TestRedactorHash(t *testing.T) {
	one, other := NewRedactor([]byte("one")), NewRedactor([]byte("other"))
	if one.Value("TOKEN", "abc") != one.Value("A_KEY", "abc") {
		t.Error("equal values have different hashes")
	}
	if one.Value("TOKEN", "abc") == one.Value("TOKEN", "abd") {
		t.Error("different values have one hash")
	}
	if one.Value("TOKEN", "abc") == other.Value("TOKEN", "abc") {
		t.Error("the salt does not matter")
	}
}

func TestRedactorText(t *testing.T) {
	r := NewRedactor([]byte("salt"),
		map[string]string{"TOKEN": "abcd", "LONG_TOKEN": "abcdef/+", "VERSION": "1.26", "PIN_KEY": "42"},
		map[string]string{"DB_PASSWORD": "p w"})
	short, long := r.Value("TOKEN", "abcd"), r.Value("TOKEN", "abcdef/+")
	for in, want := range map[string]string{
		"":                               "",
		"go 1.26, 42 files":              "go 1.26, 42 files",
		"a abcdef/+ b abcd c":            "a " + long + " b " + short + " c",
		"?q=abcdef%2F%2B":                "?q=" + long,
		"RUN curl https://u:pw1@h/a.tgz": "RUN curl https://u:" + r.Value("TOKEN", "pw1") + "@h/a.tgz",
		"RUN git clone https://u:$T@h":   "RUN git clone https://u:$T@h",
	} {
		if got := r.Text(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	// A value that another variable passes on is hidden there too.
	if got := r.Value("GREETING", "hello abcd"); got != "hello "+short {
		t.Errorf("got %q", got)
	}
	if got := r.Values(map[string]string{"TOKEN": "abcd"})["TOKEN"]; got != short {
		t.Errorf("got %q", got)
	}
	if r.Values(nil) != nil {
		t.Error("nil became a map")
	}
}

// TestShapes replaces credentials wherever they may stand in a text, and leaves
// what is none.
func TestShapes(t *testing.T) {
	for _, secret := range []string{
		"https://user:S3cret@host/x.git#main",
		"https://S3cretS3cretS3cretS3cret@github.com/a/b",
		"https://host/x?a=b&token=S3cret&c=d",
		"https://host/x?X-Amz-Signature=S3cret&X-Amz-Date=2",
		"https://host/x?sv=1&sig=S3cret",
		"RUN npm login --password=S3cret --user me",
		"RUN npm login --password S3cret",
		"RUN mysql --password='S3cret' x",
		"RUN AWS_SECRET_ACCESS_KEY=S3cret aws s3 ls",
		`RUN export GITHUB_TOKEN="S3cret" && make`,
		`RUN curl -H "Authorization: Bearer S3cret" https://host`,
		"RUN curl -H 'PRIVATE-TOKEN: S3cret' https://host",
		"RUN curl --header=X-Api-Key:S3cret https://host",
		"RUN curl -fsSL -u me:S3cret https://host",
		"header Authorization: Basic S3cret",
		"sent Bearer S3cret to host",
		"LABEL com.example.api-token=S3cret",
		`"AWS_SECRET_ACCESS_KEY=S3cret"`,
		"https://S3cretT0ken@host/x.git", "https://1a2b3S3cret@host/x.git#main:sub", "http://my-S3cret-token@host",
		"https://S3cretT0ken:x-oauth-basic@host/x.git", "https://S3cretT0ken:@host/x.git", "HTTPS://S3cretT0ken@host/x",
		"RUN mysql -uroot -pS3cret -e 'select 1'", "RUN mysqldump -p'S3cret' db > x", "RUN /usr/bin/mariadb-dump -pS3cret db",
		"RUN service mysql start && mysqladmin -u root \\\n  -pS3cret ping", `RUN ["mysql", "-uroot", "-pS3cret"]`,
		`RUN ["login", "--password", "S3cret"]`, `RUN ["login", "--token=S3cret"]`, "RUN x --password 'S3cret word'",
		`ENV TOKEN="S3cret word"`, "ENV DB_PASSWORD S3cret", "   3 | >>> ENV DB_PASSWORD S3cret", "FROM a\nLABEL api.token S3cret\nRUN b",
		`{"password": "S3cret"}`, `{"auths":{"host":{"auth":"S3cret"}}}`,
		"RUN sshpass -p S3cret ssh host", "RUN sshpass -pS3cret ssh host", "RUN docker login -u me -p S3cret host",
		"RUN redis-cli -h host -a S3cret ping", "RUN mongosh -u me -p S3cret", "RUN echo 'root:S3cret' | chpasswd",
		"machine host login me password S3cret", "type=s3,bucket=b,secret_access_key=S3cret", "type=gha,token=S3cret,url=https://host",
	} {
		for what, got := range map[string]string{"Text": NewRedactor([]byte("salt")).Text(secret), "Mask": Mask(secret)} {
			if strings.Contains(got, "S3cret") || got == secret {
				t.Errorf("%s of %s: %s", what, secret, got)
			}
			if Mask(got) != got {
				t.Errorf("%s of %s changes when it is masked again: %s", what, secret, Mask(got))
			}
		}
	}
	for _, plain := range []string{
		"FROM alpine:3.22@sha256:0123456789abcdef", "docker-image://alpine:3.22@sha256:0123456789abcdef",
		"RUN --mount=type=secret,id=npm_token,target=/x cat /x", "RUN --mount=type=cache,target=/root/.cache make",
		`secret NPM_TOKEN: not found`, "RUN gpg --recv-keys 7169605F62C751356D054A26A821E680E5FA6305",
		"RUN TOKEN=$(cat /run/secrets/token) make", `RUN curl -H "Authorization: Bearer $TOKEN" https://host`,
		"RUN docker login --password-stdin registry", "RUN useradd -u 1000:1000 app", "https://host/x?page=2&sort=key",
		"RUN sort --key=2,2nr x", "RUN vault --token-file=/run/token login", "ARG CACHE_KEY=abcdef", "RUN git clone git@github.com:a/b", "uses bearer authentication", "ENV USE_TOKEN=true",
		"https://git@host/x.git", "https://oauth2@host/x.git", "https://user@host/x", "https://jane.doe@host/x", "https://JaneDoe@host/x",
		"https://gitlab-ci-token@host/x", "https://x-access-token@host/x", "https://deploy-bot1@host/x", "https://jane%40corp.example@host/x",
		"ssh://git@host/x.git", "ssh://S3rvice@host:22/x.git", "https://${TOKEN}@host/x", "https://host/a@b", "http://localhost:8080/a@b",
		"RUN apt-get install -y mysql-client -parallel", "RUN mysql --protocol=tcp -P3306 -p", "RUN mysql -p db", "RUN mysql -p$PASS db", `RUN mysql -p"$PASS" db`,
		"RUN mkdir -p/var/lib/mysql", "RUN install mysql; mkdir -pv /x", "RUN cp -pr mysql /x", "RUN adduser --disabled-password app", "RUN docker run -p 80:80 x",
		`{"key": "name", "token_file": "/run/t"}`, "the ENV TOKEN is set", "ENV TOKEN", "ENV PATH /usr/bin", `RUN TOKEN="$(cat /t)" make`,
	} {
		if got := Mask(plain); got != plain {
			t.Errorf("%s became %s", plain, got)
		}
	}
}

// Blank keeps lines and columns where they are.
func TestBlank(t *testing.T) {
	for in, want := range map[string]string{
		"FROM a\nENV TOKEN=S3cret\r\nRUN b":      "FROM a\nENV TOKEN=******\r\nRUN b",
		"RUN git clone https://T0kéN12@host/x":   "RUN git clone https://********@host/x",
		"RUN login --password 'S3cret x' && y":   "RUN login --password '********' && y",
		"-----BEGIN PRIVATE KEY-----\nab\r\nc\n": "***************************\n**\r\n*\n",
		"RUN make":                               "RUN make",
	} {
		got := Blank(in)
		if got != want || len(got) != len(in) {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
		if again := Blank(got); again != got {
			t.Errorf("%q became %q the second time", got, again)
		}
	}
}
