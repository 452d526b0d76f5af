package driver_test

import (
	"context"
	"fmt"
	"log"

	"github.com/layerwise/layerwise/analyzer/lint/driver"
)

// An editor looks at text that it has not saved, and asks what a fix would make of
// it. Nothing is written.
func Example() {
	ctx := context.Background()
	run, err := driver.Open(ctx, driver.Options{
		Paths: []string{"project/Dockerfile"},
		Overlay: map[string][]byte{"project/Dockerfile": []byte(`FROM debian:12
RUN apt-get update
RUN apt-get install -y --no-install-recommends curl
`)},
		Disable: []string{driver.AllRules},
		Enable:  []string{"index-refresh-apart"},
	})
	if err != nil {
		log.Fatal(err)
	}
	err = run.Look(ctx, func(r driver.Result) error {
		for _, f := range r.Findings {
			fmt.Printf("%s:%d %s %s\n", r.Path, f.Line, f.Severity, f.Rule)
		}
		return r.Err
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := run.Fix(ctx, driver.FixOptions{}); err != nil {
		log.Fatal(err)
	}
	for _, c := range run.Changes() {
		fmt.Printf("%s", c.New)
	}
	// Output:
	// project/Dockerfile:2 warning index-refresh-apart
	// FROM debian:12
	// RUN apt-get update && \
	//     apt-get install -y --no-install-recommends curl
}
