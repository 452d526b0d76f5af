//go:build linux

package ociruntime

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// options is a parsed command line.
type options struct {
	program string // argv[0]
	command string // run, kill, …
	id      string // the container
	signal  string // kill only; "" means TERM

	root      string // state folder, "" when not given
	log       string // file that errors are appended to, "" for none
	logFormat string // text or json

	bundle        string // folder with config.json
	pidFile       string
	consoleSocket string
	keep          bool // keep the state of a container that ended, until delete
	noNewKeyring  bool
	all           bool // kill: every process, not just the first
	force         bool // delete: kill it first; no error when there is none
}

// parseArgs reads a runc command line, program name first. Global flags stand
// before the command, the command's own after it; both take --name=value,
// --name value and the same with one dash. Unknown flags are errors, as a flag that
// is not understood may ask for protection that would be missing.
func parseArgs(args []string) (options, error) {
	opt := options{program: args[0], logFormat: "text"}
	values := map[string]*string{"root": &opt.root, "log": &opt.log, "log-format": &opt.logFormat}
	switches := map[string]*bool{"debug": new(bool), "systemd-cgroup": new(bool)}
	optional := map[string]bool{"rootless": true} // a value only after "="

	var operands []string
	rest := args[1:]
	for len(rest) > 0 {
		arg := rest[0]
		rest = rest[1:]
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			if opt.command == "" {
				opt.command = arg
				values, switches = opt.commandFlags()
				optional = nil
			} else {
				operands = append(operands, arg)
			}
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		switch {
		case values[name] != nil && hasValue:
			*values[name] = value
		case values[name] != nil && len(rest) > 0:
			*values[name], rest = rest[0], rest[1:]
		case values[name] != nil:
			return opt, fmt.Errorf("flag --%s needs a value", name)
		case switches[name] != nil && (!hasValue || value == "true" || value == "false"):
			*switches[name] = value != "false"
		case optional[name]:
		default:
			return opt, fmt.Errorf("flag %s is not supported by the built-in runtime; install runc for it", arg)
		}
	}
	return opt, opt.setOperands(operands)
}

// commandFlags returns the flags of opt.command and where their values go.
func (opt *options) commandFlags() (values map[string]*string, switches map[string]*bool) {
	switch opt.command {
	case "run":
		return map[string]*string{
				"bundle": &opt.bundle, "b": &opt.bundle,
				"pid-file": &opt.pidFile, "console-socket": &opt.consoleSocket,
			}, map[string]*bool{
				"keep": &opt.keep, "no-new-keyring": &opt.noNewKeyring,
			}
	case "kill":
		return nil, map[string]*bool{"all": &opt.all, "a": &opt.all}
	case "delete":
		return nil, map[string]*bool{"force": &opt.force, "f": &opt.force}
	}
	return nil, nil
}

func (opt *options) setOperands(operands []string) error {
	if opt.command == "" {
		return errors.New("no command given: run, kill or delete")
	}
	most := 1
	if opt.command == "kill" {
		most = 2
	}
	if len(operands) == 0 || len(operands) > most {
		return fmt.Errorf("%s: wants a container id, got %d arguments", opt.command, len(operands))
	}
	opt.id = operands[0]
	if len(operands) == 2 {
		opt.signal = operands[1]
	}
	return validID(opt.id)
}

// validID accepts 1 to 128 letters, digits and _+-. with no leading dot: what
// can be a file name everywhere.
func validID(id string) error {
	ok := id != "" && len(id) <= 128 && id[0] != '.'
	for _, c := range []byte(id) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		ok = ok && (letter || strings.IndexByte("_+-.", c) >= 0)
	}
	if !ok {
		return fmt.Errorf("container id %q is not valid: letters, digits and _+-. only", id)
	}
	return nil
}

// reportError writes err to standard error and to the log, in runc's form.
func (opt options) reportError(err error) {
	message := err.Error()
	if opt.command != "" {
		message = opt.command + " failed: " + message
	}
	fmt.Fprintln(os.Stderr, Name+": "+message)
	if opt.log == "" {
		return
	}
	line := []byte(message)
	if opt.logFormat == "json" {
		line, _ = json.Marshal(map[string]string{
			"level": "error", "msg": message, "time": time.Now().Format(time.RFC3339),
		})
	}
	// The error is on standard error already: a log that cannot be written adds nothing.
	if f, err := os.OpenFile(opt.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
		defer f.Close()
		f.Write(append(line, '\n'))
	}
}
