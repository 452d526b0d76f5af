package packages

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/layerwise/layerwise/analyzer/lint/internal/shell"
)

var actions = map[Action]string{Install: "install", Add: "add", Build: "build", Refresh: "refresh", Upgrade: "upgrade", Clean: "clean"}

// show prints a use: manager, action, then what else is known of it.
func show(u Use) string {
	var b strings.Builder
	b.WriteString(u.Manager.Name + " " + actions[u.Action])
	if u.Dir != "" {
		b.WriteString(" in " + u.Dir)
	}
	if u.DirUnknown {
		b.WriteString(" somewhere")
	}
	for _, f := range u.Files {
		b.WriteString(" file:" + f.Text)
	}
	for _, p := range u.Patterns {
		b.WriteString(" " + p)
	}
	for _, p := range u.Packages {
		b.WriteString(" [" + p.Text + "]")
	}
	if u.NeedsSource {
		b.WriteString(" source")
	}
	if u.ManifestsWith != "" {
		fmt.Fprintf(&b, " unless %s", u.ManifestsWith)
	}
	if u.Global {
		b.WriteString(" global")
	}
	if u.Refreshes {
		b.WriteString(" refreshing")
	}
	return b.String()
}

func TestClassify(t *testing.T) {
	tests := []struct{ script, want string }{
		{"npm ci", "npm install package.json"},
		{"npm ci --omit=dev --prefix web", "npm install in web package.json"},
		{"cd /app && npm -C sub install", "npm install in /app/sub package.json"},
		{"npm --prefix $DIR ci", "npm install somewhere package.json"},
		{"npm install", "npm install package.json"},
		{"npm install --registry http://x", "npm install package.json"},
		{"npm i -g yarn@1", "npm add [yarn@1] global"},
		{"npm install express", "npm add [express]"},
		{"npm install ./x", "npm add [./x] source"},
		{"npm run build", ""},
		{"npm cache clean --force", "npm clean"},
		{"yarn", "yarn install package.json"},
		{"yarn --frozen-lockfile", "yarn install package.json"},
		{"yarn --cwd web install", "yarn install in web package.json"},
		{"yarn build", ""},
		{"yarn --version", ""},
		{"yarn -v", ""},
		{"yarn --cwd web --version", ""},
		{"yarn install --help", ""},
		{"corepack yarn --version", ""},
		{"npm --version", ""},
		{"npm config set cache /c", ""},
		{"npm install -h", ""},
		{"pip --version", ""},
		{"python3 -m pip --version", ""},
		{"gem install rails --version 8.0.0", "gem add [rails] global"},
		{"yarn global add serve", "yarn add [serve] global"},
		{"pnpm fetch", "pnpm install pnpm-lock.yaml"},
		{"corepack pnpm i", "pnpm install package.json"},
		{"bun install --production", "bun install package.json"},
		{"bun add -g x", "bun add [x] global"},
		{"pip install -r requirements.txt", "pip install file:requirements.txt"},
		{"python3 -m pip install --no-cache-dir -r a.txt -c b.txt", "pip install file:a.txt file:b.txt"},
		{"pip3 install -rdev.txt", "pip install file:dev.txt"},
		{"pip install flask==2.0 gunicorn", "pip add [flask==2.0] [gunicorn] global"},
		{"pip install .", "pip add [.] source global"},
		{"pip install -e .[test]", "pip add source"},
		{"pip install -e git+https://x/y", "pip add"},
		{"pip install -r a.txt --find-links=wheels", "pip install file:a.txt source"},
		{"pip install dist/x.whl", "pip add [dist/x.whl] source global"},
		{"pip install git+https://github.com/a/b", "pip add [git+https://github.com/a/b] global"},
		{"pip freeze", ""},
		{"pipenv install --system --deploy", "pipenv install Pipfile"},
		{"pipenv install flask", "pipenv add [flask] global"},
		{"poetry install", "poetry install pyproject.toml source unless --no-root"},
		{"poetry install --no-root --with dev", "poetry install pyproject.toml"},
		{"uv sync --frozen", "uv install pyproject.toml source unless --no-install-project"},
		{"uv sync --frozen --no-install-project", "uv install pyproject.toml"},
		{"uv pip install --system -r requirements.txt", "uv install file:requirements.txt"},
		{"uv pip install -e .", "uv add source"},
		{"uv pip sync requirements.txt", "uv install file:requirements.txt"},
		{"pdm sync --no-self", "pdm install pyproject.toml"},
		{"conda env create -f env.yml", "conda install file:env.yml"},
		{"conda install -y -c conda-forge numpy", "conda add [numpy] global"},
		{"conda clean -afy", "conda clean"},
		{"go mod download", "go install go.mod"},
		{"go mod tidy", ""},
		{"go build -o /x ./cmd/x", "go build go.mod source"},
		{"go install ./...", "go build go.mod source"},
		{"go install golang.org/x/tools/gopls@latest", "go add [golang.org/x/tools/gopls@latest] global"},
		{"go run golang.org/x/x@v1", ""},
		{"go version", ""},
		{"cargo build --release", "cargo build Cargo.toml source"},
		{"cargo +nightly build", "cargo build Cargo.toml source"},
		{"cargo install ripgrep", "cargo add [ripgrep] global"},
		{"cargo install --path .", "cargo build Cargo.toml source"},
		{"cargo chef cook --release --recipe-path recipe.json", "cargo install file:recipe.json"},
		{"mvn -B dependency:go-offline", "maven install pom.xml"},
		{"./mvnw -f sub/pom.xml clean package -DskipTests", "maven build file:sub/pom.xml source"},
		{"mvn --version", ""},
		{"./gradlew --no-daemon :app:bootJar -x test", "gradle build build.gradle build.gradle.kts source"},
		{"gradle dependencies", "gradle install build.gradle build.gradle.kts"},
		{"dotnet restore", "dotnet install *.csproj *.fsproj *.vbproj *.sln *.slnx"},
		{"dotnet restore src/App/App.csproj", "dotnet install file:src/App/App.csproj"},
		{"dotnet restore src/App", "dotnet install in src/App *.csproj *.fsproj *.vbproj *.sln *.slnx"},
		{"dotnet publish -c Release -o out", "dotnet build *.csproj *.fsproj *.vbproj *.sln *.slnx source"},
		{"mix do deps.get, deps.compile", "mix install mix.exs"},
		{"mix local.hex --force", ""},
		{"bundle install --jobs 4", "bundler install Gemfile"},
		{"bundle exec rake", ""},
		{"gem install bundler -v 2", "gem add [bundler] global"},
		{"composer install --no-dev", "composer install composer.json source unless --no-scripts --no-autoloader"},
		{"composer install --no-scripts -d app", "composer install in app composer.json"},
		{"apt-get update", "apt refresh global"},
		{"apt-get -qq -o A=b install -y curl git", "apt add [curl] [git] global"},
		{"apt install ./x.deb", "apt add [./x.deb] source global"},
		{"apt-get upgrade -y", "apt upgrade global"},
		{"apt-get install -qqUy curl", "apt add [curl] global refreshing"},
		{"apt install --update curl", "apt add [curl] global refreshing"},
		{"apt-get upgrade -U", "apt upgrade global refreshing"},
		{"add-apt-repository -y ppa:x/y", "apt refresh global"},
		{"apk add --no-cache -t .build gcc", "apk add [gcc] global"},
		{"apk del gcc", ""},
		{"dnf -y install x && y", "dnf add [x] global"},
		{"yum clean all", "dnf clean global"},
		{"zypper --non-interactive in x", "zypper add [x] global"},
		{"pacman -Syu --noconfirm", "pacman upgrade global refreshing"},
		{"pacman -S --noconfirm x", "pacman add [x] global"},
		{"pacman -Q", ""},
		{"make", ""},
	}
	for _, tt := range tests {
		t.Run(tt.script, func(t *testing.T) {
			commands, err := shell.Parse(tt.script)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i := range commands {
				if u, ok := Classify(&commands[i]); ok && got == "" {
					got = show(u)
				}
			}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestTable wants each entry to be whole, and no program to have two.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range All() {
		if m.Name == "" || len(m.Programs) == 0 || len(m.verbs) == 0 && m.special == nil {
			t.Errorf("%q: not whole", m.Name)
		}
		for _, p := range m.Programs {
			if seen[p] || !IsProgram(p) {
				t.Errorf("%s: program %s stands twice, or is not found", m.Name, p)
			}
			seen[p] = true
		}
		for _, pattern := range append(append([]string{}, m.Manifests...), m.Locks...) {
			if _, err := path.Match(pattern, ""); err != nil {
				t.Errorf("%s: pattern %q: %v", m.Name, pattern, err)
			}
		}
		for _, c := range m.Caches {
			if !strings.HasPrefix(c.Path, "/") && !strings.HasPrefix(c.Path, "~/") {
				t.Errorf("%s: cache %q is neither absolute nor below the home", m.Name, c.Path)
			}
		}
	}
}
