package rules

import (
	"slices"

	"github.com/layerwise/layerwise/analyzer/lint"
)

// All are the rules in the order in which they are listed: those about a file as
// a whole, those about comments that ignore findings, ours, and BuildKit's.
func All() []*lint.Rule {
	return slices.Concat(lint.Driver(), ignores(), own(), lint.BuildKit())
}

func own() []*lint.Rule {
	return []*lint.Rule{
		copySourceMissing,
		copyBeforeInstall,
		contextNoise,
		secretFileCopied,
		indexRefreshApart,
		packageCacheLeft,
		cacheMountIdle,
		cacheMountSpares,
		aptRecommends,
		unpinnedPackages,
		changingArgEarly,
		removedInLaterLayer,
		recursiveChown,
		copiedTwice,
		addWithoutChecksum,
		archiveLeft,
		unpinnedBase,
		undigestedBase,
		basePlatformFixed,
		unusedStage,
		sharedStageCopy,
		copyLink,
		buildToolsInFinalImage,
		changingRunCached,
		pipeHidesFailure,
		heredocHidesFailure,
		secretInBuild,
		addInsteadOfCopy,
		highUIDLog,
	}
}
