// Package hadolint has the rules of hadolint, the linter that many projects come
// from, with the reasons why some have no rule here.
package hadolint

import "slices"

// Rule is one of hadolint's rules.
type Rule struct {
	ID    string
	About string // what it finds, in a few words
	// Why says why no rule here takes its place, "" where one does. Which one is in
	// the rule: lint.Rule.Hadolint.
	Why string
}

// The reasons that several have.
const (
	prompts = "the build fails at once, and says what it asks for"
	labels  = "a policy about labels, not about the cache or the layers"
)

// rules are those that hadolint's README lists, in its order.
var rules = []Rule{
	{"DL1000", "the file does not parse", ""},
	{"DL1001", "comments that ignore rules", "a policy; unused-ignore finds the ones without use"},
	{"DL3000", "a relative WORKDIR", ""},
	{"DL3001", "commands without sense in a container", "it guesses from names"},
	{"DL3002", "the last user is root", "nothing to do with the cache or the layers; a policy that a scanner of images checks better"},
	{"DL3003", "cd in place of WORKDIR", "style: cd in a RUN makes no layer of its own"},
	{"DL3004", "sudo", "nothing to do with the cache or the layers"},
	{"DL3005", "apt-get dist-upgrade", ""},
	{"DL3006", "a base image without a tag", ""},
	{"DL3007", "a base image with the tag latest", ""},
	{"DL3008", "versions with apt-get", ""},
	{"DL3009", "apt lists that stay in a layer", ""},
	{"DL3010", "COPY of an archive that is unpacked later", ""},
	{"DL3011", "a port that does not exist", ""},
	{"DL3012", "several HEALTHCHECKs", ""},
	{"DL3013", "versions with pip", ""},
	{"DL3014", "apt-get without -y", prompts},
	{"DL3015", "apt-get without --no-install-recommends", ""},
	{"DL3016", "versions with npm", ""},
	{"DL3017", "apk upgrade", ""},
	{"DL3018", "versions with apk", ""},
	{"DL3019", "apk without --no-cache", ""},
	{"DL3020", "ADD where COPY does", ""},
	{"DL3021", "COPY of several files to what is no folder", ""},
	{"DL3022", "COPY --from something that is no stage", "images and named contexts are good sources; what does not exist fails the build"},
	{"DL3023", "COPY --from its own stage", ""},
	{"DL3024", "two stages of one name", ""},
	{"DL3025", "CMD and ENTRYPOINT in shell form", ""},
	{"DL3026", "registries that are not trusted", "a policy of an organisation, for which BuildKit has source policies"},
	{"DL3027", "apt in place of apt-get", "both do the same in a RUN"},
	{"DL3028", "versions with gem", ""},
	{"DL3029", "a fixed platform in FROM", ""},
	{"DL3030", "yum without -y", prompts},
	{"DL3031", "yum update", ""},
	{"DL3032", "yum's cache that stays in a layer", ""},
	{"DL3033", "versions with yum", ""},
	{"DL3034", "zypper without -n", prompts},
	{"DL3035", "zypper dist-upgrade", ""},
	{"DL3036", "zypper's cache that stays in a layer", ""},
	{"DL3037", "versions with zypper", ""},
	{"DL3038", "dnf without -y", prompts},
	{"DL3039", "dnf update", ""},
	{"DL3040", "dnf's cache that stays in a layer", ""},
	{"DL3041", "versions with dnf", ""},
	{"DL3042", "pip's cache that stays in a layer", ""},
	{"DL3043", "ONBUILD of what it cannot be", ""},
	{"DL3044", "a variable used in the ENV that sets it", ""},
	{"DL3045", "COPY to a relative path without WORKDIR", "the path is then below /, or below the WORKDIR of the base image, on purpose as a rule"},
	{"DL3046", "useradd with a high id and without -l", ""},
	{"DL3047", "wget without --progress", "about logs alone"},
	{"DL3048", "a label's key that is not valid", labels},
	{"DL3049", "a label that is missing", labels},
	{"DL3050", "a label that is superfluous", labels},
	{"DL3051", "a label that is empty", labels},
	{"DL3052", "a label that is no URL", labels},
	{"DL3053", "a label that is no time", labels},
	{"DL3054", "a label that is no licence", labels},
	{"DL3055", "a label that is no git hash", labels},
	{"DL3056", "a label that is no version", labels},
	{"DL3057", "no HEALTHCHECK", "a policy; orchestrators have checks of their own"},
	{"DL3058", "a label that is no mail address", labels},
	{"DL3059", "several RUNs in a row", "fewer layers are not a better cache: apart, a change re-runs less"},
	{"DL3060", "yarn's cache that stays in a layer", ""},
	{"DL3061", "an instruction before FROM", ""},
	{"DL3062", "versions with go install", ""},
	{"DL3063", "a stage with a reserved name", ""},
	{"DL4000", "MAINTAINER", ""},
	{"DL4001", "both wget and curl", "style"},
	{"DL4003", "several CMDs", ""},
	{"DL4004", "several ENTRYPOINTs", ""},
	{"DL4005", "ln in place of SHELL", "style"},
	{"DL4006", "a pipe that hides a failure", ""},
}

// Rules are all of them, in the order of their ids.
func Rules() []Rule { return slices.Clone(rules) }

// Why says why one of hadolint's rules has no rule here; ok is false where one has,
// or hadolint has no such rule.
func Why(id string) (why string, ok bool) {
	for _, r := range rules {
		if r.ID == id && r.Why != "" {
			return r.Why, true
		}
	}
	return "", false
}
