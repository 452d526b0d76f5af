// Package rules holds the rules of lint: one file each, with test data of its
// own in testdata/<id>, and an entry in All.
package rules
