package packages

// scripting are the package managers of Ruby and PHP.
var scripting = []*Manager{bundler, gem, composer}

var bundler = &Manager{
	Name:      "bundler",
	Programs:  []string{"bundle", "bundler"},
	Manifests: []string{"Gemfile"},
	Locks:     []string{"Gemfile.lock"},
	Settings:  []string{".ruby-version", ".tool-versions", ".bundle/", "vendor/cache/"},
	Output:    []string{"vendor/bundle"},
	Caches:    []Cache{{Path: "/usr/local/bundle/cache", Env: "BUNDLE_PATH", Left: true}},
	values:    []string{"-j", "--jobs", "--path", "--without", "--with", "--gemfile", "--retry"},
	verbs: []verb{
		{words: "", action: Install},
		{words: "install", action: Install},
		{words: "clean", action: Clean},
	},
}

var gem = &Manager{
	Name:     "gem",
	Programs: []string{"gem"},
	values:   []string{"-v", "--version", "-i", "--install-dir", "-n", "--bindir", "-s", "--source"},
	verbs:    []verb{{words: "install", action: Add}},
}

var composer = &Manager{
	Name:      "composer",
	Programs:  []string{"composer", "composer.phar"},
	Manifests: []string{"composer.json"},
	Locks:     []string{"composer.lock"},
	Settings:  []string{"symfony.lock", "auth.json", "patches/"},
	Output:    []string{"vendor"},
	Caches:    []Cache{{Path: "~/.composer/cache", Env: "COMPOSER_CACHE_DIR", Left: true}, {Path: "~/.cache/composer", Env: "COMPOSER_CACHE_DIR", Left: true}},
	values:    []string{"-d", "--working-dir"},
	verbs: []verb{
		{words: "install", action: Install, manifestOnly: []string{"--no-scripts"}, advice: "--no-scripts --no-autoloader"},
		{words: "require", action: Add, source: true, global: nodeGlobal},
		{words: "global require", action: Add},
		{words: "clear-cache", action: Clean},
		{words: "clearcache", action: Clean},
		{words: "cc", action: Clean},
	},
	special: inPrefix("-d", "--working-dir"),
}
