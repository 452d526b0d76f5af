// Package greeting finds words for those who come in.
package greeting

import (
	"fmt"

	"github.com/google/uuid"
)

// For returns a greeting and a visitor's number, the same for the same name.
func For(name string) string {
	number := uuid.NewSHA1(uuid.NameSpaceOID, []byte(name)) // any space will do
	return fmt.Sprintf("hello, %s, you are visitor %s", name, number)
}
