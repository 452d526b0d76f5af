package dockerfile

import "github.com/moby/buildkit/frontend/dockerfile/command"

// Effect is what an instruction adds to the image.
type Effect string

// The effects. A reader of the file alone cannot tell a WORKDIR that makes a
// folder from one that finds it there, so WORKDIR counts as a layer.
const (
	EffectBase     Effect = "base"     // FROM
	EffectLayer    Effect = "layer"    // changes files
	EffectMetadata Effect = "metadata" // changes the image's configuration alone
	EffectNone     Effect = "none"     // leaves no trace by itself
)

// effects has every keyword that BuildKit knows.
var effects = map[string]Effect{
	command.From:        EffectBase,
	command.Run:         EffectLayer,
	command.Copy:        EffectLayer,
	command.Add:         EffectLayer,
	command.Workdir:     EffectLayer,
	command.Cmd:         EffectMetadata,
	command.Entrypoint:  EffectMetadata,
	command.Env:         EffectMetadata,
	command.Expose:      EffectMetadata,
	command.Healthcheck: EffectMetadata,
	command.Label:       EffectMetadata,
	command.Maintainer:  EffectMetadata,
	command.Onbuild:     EffectMetadata,
	command.Shell:       EffectMetadata,
	command.StopSignal:  EffectMetadata,
	command.User:        EffectMetadata,
	command.Volume:      EffectMetadata,
	command.Arg:         EffectNone,
}
