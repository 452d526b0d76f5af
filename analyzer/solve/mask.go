package solve

import (
	"maps"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/record"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// early redacts what is shown before there is a plan, by the credentials that are
// known from the start.
func (r *run) early() *record.Redactor {
	named := []map[string]string{r.BuildArgs, r.Labels}
	if r.Source.File != nil {
		named = append(named, written(r.Source.File)...)
	}
	return record.NewRedactor(r.Salt, named...)
}

// written are the variables of a file as its instructions give them.
func written(file *dockerfile.File) []map[string]string {
	var all []map[string]string
	for _, in := range file.All() {
		values := map[string]string{}
		switch c := in.Command.(type) {
		case *instructions.ArgCommand:
			for _, a := range c.Args {
				if a.Value != nil {
					values[a.Key] = *a.Value
				}
			}
		case *instructions.EnvCommand:
			for _, kv := range c.Env {
				values[kv.Key] = kv.Value
			}
		case *instructions.LabelCommand:
			for _, kv := range c.Labels {
				values[kv.Key] = kv.Value
			}
		}
		if len(values) > 0 {
			all = append(all, values)
		}
	}
	return all
}

// masked is a status without credentials in what it says, with the logs that can
// be shown by now. The engine's own is left as it is, since names and errors in it
// are compared.
func masked(s *client.SolveStatus, logs *logMask) *client.SolveStatus {
	text := logs.redactor.Text
	out := &client.SolveStatus{Logs: logs.status(s)}
	for _, v := range s.Vertexes {
		v := *v
		v.Name, v.Error = text(v.Name), text(v.Error)
		if v.ProgressGroup != nil {
			v.ProgressGroup = v.ProgressGroup.CloneVT()
			v.ProgressGroup.Name = text(v.ProgressGroup.Name)
		}
		out.Vertexes = append(out.Vertexes, &v)
	}
	for _, st := range s.Statuses {
		st := *st
		st.ID, st.Name = text(st.ID), text(st.Name)
		out.Statuses = append(out.Statuses, &st)
	}
	for _, w := range s.Warnings {
		w := *w
		w.Short, w.URL = []byte(text(string(w.Short))), text(w.URL)
		w.Detail = nil
		for _, line := range s.Warnings[len(out.Warnings)].Detail {
			w.Detail = append(w.Detail, []byte(text(string(line))))
		}
		out.Warnings = append(out.Warnings, &w)
	}
	return out
}

// namedValues are the build arguments and variables of a file by name, as they
// are in scope and as they are written.
func (r *run) namedValues() []map[string]string {
	inScope := map[string]string{}
	for _, b := range r.plan.Builds {
		for _, s := range b.Steps {
			maps.Copy(inScope, s.Args)
			maps.Copy(inScope, s.Env)
		}
		for _, scope := range b.Scopes {
			maps.Copy(inScope, scope)
		}
	}
	return append([]map[string]string{inScope, r.BuildArgs, r.Labels}, written(r.plan.File)...)
}

// maskedError is an error without credentials in what it says.
type maskedError struct {
	error
	text string
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Unwrap() error { return e.error }

// maskError leaves out of an error what the build was given as a credential.
func (r *run) maskError(err error) error {
	if err == nil {
		return nil
	}
	redactor := r.redactor
	if redactor == nil {
		redactor = r.early()
	}
	if text := redactor.Text(err.Error()); text != err.Error() {
		return &maskedError{err, text}
	}
	return err
}
