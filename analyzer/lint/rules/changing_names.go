package rules

import (
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
)

var (
	// changingName matches the names under which people hand a build what differs
	// each time.
	changingName = later(`^(?:(?:APP|BUILD|CURRENT|DOCKER|GIT|HEAD|IMAGE|LAST|PROJECT|RELEASE|REPO|SCM|SOURCE|SRC|VCS)_?)?` +
		`(?:COMMIT|SHA|SHA1|REVISION|REV|HASH)(?:_?(?:DATE|HASH|ID|LONG|REF|SHA|SHA1|SHORT|SHORT_SHA|TIME|TIMESTAMP))?$` +
		`|^(?:BUILD|CREATED|RELEASE|IMAGE)_?(?:AT|DATE|TIME|DATETIME|TIMESTAMP|STAMP|NUMBER|NUM|NO|ID)$` +
		`|^(?:VCS_REF|GIT_REF|GIT_DESCRIBE|SOURCE_DATE_EPOCH|TIMESTAMP|DATE|K_REVISION|CREATED)$` +
		`|^(?:CI|GITHUB|GITLAB|CIRCLE|CIRCLECI|TRAVIS|BUILDKITE|DRONE|BITBUCKET|JENKINS|SEMAPHORE|TEAMCITY|VERCEL|RAILWAY|RENDER)_` +
		`(?:\w+_)?(?:COMMIT|SHA|SHA1|BUILD|RUN_ID|RUN_NUMBER|RUN_ATTEMPT|PIPELINE_ID|PIPELINE_IID|JOB_ID|BUILD_NUM|BUILD_NUMBER|BUILD_ID)$`)
	// versionName matches those that may also pin what a step downloads.
	versionName = later(`^(?:(?:APP|BUILD|GIT|IMAGE|PROJECT|RELEASE|PACKAGE|SERVICE)_?)?(?:VERSION|SEMVER)$`)
	// unset matches defaults that wait for a real value.
	unset = later(`(?i)^(?:|dev|devel|develop|development|local|unknown|none|null|n/a|na|unset|undefined|unspecified|latest|` +
		`snapshot|head|main|master|dirty|0+|0\.0\.0|0\.0\.0[-+.](?:dev|snapshot|local|unknown)\w*|0\.0\.1-(?:dev|snapshot)|v0\.0\.0|` +
		`1970-01-01(?:T00:00:00Z)?|date|commit|sha|version|not[_-]set)$`)
)

// changingArgument is the name that an ARG declares without a real value for
// something that differs in each build, "" where there is none.
func changingArgument(p *lint.Pass, in *dockerfile.Instruction) string {
	c, ok := in.Command.(*instructions.ArgCommand)
	if !ok || len(c.Args) != 1 {
		return ""
	}
	arg := c.Args[0]
	name := strings.ToUpper(arg.Key)
	if !changingName().MatchString(name) && !versionName().MatchString(name) {
		return ""
	}
	value := arg.Value
	if value == nil { // a global ARG of the same name may have a default
		for _, g := range p.File.Global {
			if c, ok := g.Command.(*instructions.ArgCommand); ok {
				for _, a := range c.Args {
					if a.Key == arg.Key {
						value = a.Value
					}
				}
			}
		}
	}
	if value != nil && !unset().MatchString(strings.Trim(*value, `"'`)) {
		return ""
	}
	return arg.Key
}
