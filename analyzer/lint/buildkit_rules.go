package lint

import "github.com/moby/buildkit/frontend/dockerfile/linter"

// BuildKit returns the checks of BuildKit's own linter, in the order in which it
// lists them.
func BuildKit() []*Rule {
	return []*Rule{
		buildKitRule(linter.RuleStageNameCasing, Doc{
			Why:  "BuildKit takes stage names in any case, and prints and stores them in lower case; a name with capitals reads like two.",
			Bad:  "FROM debian:12 AS Build\n",
			Good: "FROM debian:12 AS build\n",
		}),
		buildKitRule(linter.RuleFromAsCasing, Doc{
			Why:  "FROM and AS belong together; in different cases the name of the stage is easily overlooked.",
			Bad:  "FROM debian:12 as build\n",
			Good: "FROM debian:12 AS build\n",
		}),
		buildKitRule(linter.RuleNoEmptyContinuation, Doc{
			Why:  "An empty line after a continuation still belongs to the instruction, which nobody sees; BuildKit will refuse it one day. A comment line is allowed.",
			Bad:  "FROM debian:12\nRUN echo \\\n\n  hello\n",
			Good: "FROM debian:12\nRUN echo \\\n  hello\n",
		}),
		buildKitRule(linter.RuleConsistentInstructionCasing, Doc{
			Why:  "One style of keywords makes instructions easy to find.",
			Bad:  "FROM debian:12\nRUN true\nRun false\n",
			Good: "FROM debian:12\nRUN true\nRUN false\n",
		}),
		buildKitRule(linter.RuleDuplicateStageName, Doc{
			Why:  "A stage whose name another one takes cannot be built as a target, and a reference to it means the other one.",
			Bad:  "FROM debian:12 AS build\nFROM golang:1.24 AS build\n",
			Good: "FROM debian:12 AS tools\nFROM golang:1.24 AS build\n",
		}, "DL3024"),
		buildKitRule(linter.RuleReservedStageName, Doc{
			Why:  "The names scratch and context mean an empty base and the build context; a stage of that name cannot be referred to.",
			Bad:  "FROM debian:12 AS context\n",
			Good: "FROM debian:12 AS sources\n",
		}, "DL3063"),
		buildKitRule(linter.RuleJSONArgsRecommended, Doc{
			Why:  "The shell form runs the program below a shell, which passes no signals on, so that docker stop waits and then kills it.",
			Bad:  "FROM debian:12\nCMD server --port 80\n",
			Good: "FROM debian:12\nCMD [\"server\", \"--port\", \"80\"]\n",
		}, "DL3025"),
		buildKitRule(linter.RuleMaintainerDeprecated, Doc{
			Why:  "MAINTAINER is deprecated; a label can be read and searched like any other.",
			Bad:  "FROM debian:12\nMAINTAINER me@example.com\n",
			Good: "FROM debian:12\nLABEL org.opencontainers.image.authors=\"me@example.com\"\n",
		}, "DL4000"),
		buildKitRule(linter.RuleUndefinedArgInFrom, Doc{
			Why:  "A variable in FROM has a value only from an ARG above the first FROM; without one it is empty.",
			Bad:  "FROM debian:12${SUFFIX}\n",
			Good: "ARG SUFFIX=-slim\nFROM debian:12${SUFFIX}\n",
		}),
		buildKitRule(linter.RuleWorkdirRelativePath, Doc{
			Why:  "A relative folder hangs on what the base image set, which may change with the next version of it.",
			Bad:  "FROM debian:12\nWORKDIR app\n",
			Good: "FROM debian:12\nWORKDIR /app\n",
		}, "DL3000"),
		buildKitRule(linter.RuleUndefinedVar, Doc{
			Why:  "A variable that nothing sets is empty, and the path or value that it stands in is not what was meant.",
			Bad:  "FROM debian:12\nCOPY $source /app\n",
			Good: "FROM debian:12\nARG source=src\nCOPY $source /app\n",
		}, "DL3044"),
		buildKitRule(linter.RuleMultipleInstructionsDisallowed, Doc{
			Why:  "An image has one CMD, ENTRYPOINT and HEALTHCHECK: all but the last one are dead.",
			Bad:  "FROM debian:12\nCMD [\"old\"]\nCMD [\"new\"]\n",
			Good: "FROM debian:12\nCMD [\"new\"]\n",
		}, "DL3012", "DL4003", "DL4004"),
		buildKitRule(linter.RuleLegacyKeyValueFormat, Doc{
			Why:  "The form without = takes all that follows as the value, spaces included, so that a second pair on the line is lost.",
			Bad:  "FROM debian:12\nENV KEY value\n",
			Good: "FROM debian:12\nENV KEY=value\n",
		}),
		noBaseImages(buildKitRule(linter.RuleInvalidBaseImagePlatform, Doc{
			Why: "An image of another platform does not run on the one that the build is for. BuildKit sees this when it looks at the base image; lint reads no registry, and never reports it.",
		})),
		buildKitRule(linter.RuleRedundantTargetPlatform, Doc{
			Why:  "Base images are taken for the target's platform anyway.",
			Bad:  "FROM --platform=$TARGETPLATFORM debian:12\n",
			Good: "FROM debian:12\n",
		}),
		showsSecrets(buildKitRule(linter.RuleSecretsUsedInArgOrEnv, Doc{
			Why:  "The values of ENV stay in the image and those of ARG in its history, for everybody who can pull it. A secret mount leaves nothing behind, and its value is no part of the cache key.",
			Bad:  "FROM debian:12\nARG API_TOKEN\nRUN fetch\n",
			Good: "FROM debian:12\nRUN --mount=type=secret,id=api_token,env=API_TOKEN fetch\n",
		})),
		buildKitRule(linter.RuleInvalidDefaultArgInFrom, Doc{
			Why:  "Without a default the file can only be built by those who know the argument, and its base cannot be looked up by tools.",
			Bad:  "ARG VERSION\nFROM debian:${VERSION}\n",
			Good: "ARG VERSION=12\nFROM debian:${VERSION}\n",
		}),
		buildKitRule(linter.RuleFromPlatformFlagConstDisallowed, Doc{
			Why:  "A fixed platform keeps the file from being built for any other, and makes it run emulated, slowly, on machines of another kind.",
			Bad:  "FROM --platform=linux/amd64 debian:12\n",
			Good: "FROM --platform=$BUILDPLATFORM debian:12\n",
		}, "DL3029"),
		buildKitRule(linter.RuleCopyIgnoredFile, Doc{
			Why:  "What .dockerignore leaves out is not sent to the builder, and the build fails when the file is to be copied.",
			Bad:  "-- Dockerfile --\nFROM debian:12\nCOPY dist/app /usr/bin/app\n-- .dockerignore --\ndist\n",
			Good: "-- Dockerfile --\nFROM debian:12\nCOPY dist/app /usr/bin/app\n-- .dockerignore --\ntmp\n",
		}),
		buildKitRule(linter.RuleInvalidDefinitionDescription, Doc{
			Why:  "A comment right above a named stage or an ARG is printed as its description by docker build --call=outline. BuildKit looks for it only where the file has check=experimental=InvalidDefinitionDescription.",
			Bad:  "# check=experimental=InvalidDefinitionDescription\n# compiles\nFROM debian:12 AS build\n",
			Good: "# check=experimental=InvalidDefinitionDescription\n# build compiles\nFROM debian:12 AS build\n",
		}),
		buildKitRule(linter.RuleExposeProtoCasing, Doc{
			Why:  "Protocols are written in lower case everywhere else.",
			Bad:  "FROM debian:12\nEXPOSE 80/TCP\n",
			Good: "FROM debian:12\nEXPOSE 80/tcp\n",
		}),
		buildKitRule(linter.RuleExposeInvalidFormat, Doc{
			Why:  "EXPOSE names ports of the container. A mapping to the host belongs to docker run, is ignored here, and will be refused one day.",
			Bad:  "FROM debian:12\nEXPOSE 8080:80\n",
			Good: "FROM debian:12\nEXPOSE 80\n",
		}),
	}
}

// noBaseImages takes the check from a rule that needs the configs of base images.
func noBaseImages(r *Rule) *Rule {
	r.Check = nil
	return r
}

func showsSecrets(r *Rule) *Rule {
	r.ShowsSecrets = true
	return r
}
