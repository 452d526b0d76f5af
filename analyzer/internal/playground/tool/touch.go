//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// touch sets the times of files, and makes those that are missing.
func touch(_ context.Context, p *Process) int {
	o := p.options("acmd:t:r:hf", "no-create=c date=d reference=r no-dereference=h time:")
	access, change := time.Now(), time.Now()
	var onlyAccess, onlyChange, noCreate, links bool
	for o.next() {
		var err error
		switch o.name {
		case "a":
			onlyAccess = true
		case "m":
			onlyChange = true
		case "c":
			noCreate = true
		case "h":
			links, noCreate = true, true
		case "time":
			onlyAccess = o.arg == "access" || o.arg == "atime" || o.arg == "use"
			onlyChange = !onlyAccess
		case "d":
			change, err = parseDate(o.arg, time.Now().In(p.zone()))
			access = change
		case "t":
			change, err = parseStamp(o.arg, time.Now().In(p.zone()))
			access = change
		case "r":
			info, statErr := os.Stat(p.path(o.arg))
			if statErr != nil {
				return p.usage("failed to get attributes of '%s': %s", o.arg, reason(statErr))
			}
			access, change = accessTime(info), info.ModTime()
		}
		if err != nil {
			return p.usage("%v", err)
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	if len(o.args) == 0 {
		return p.usage("missing file operand")
	}
	status := 0
	for _, name := range o.args {
		err := p.touch(name, func(info os.FileInfo) error {
			a, c := access, change
			if onlyAccess && !onlyChange {
				c = info.ModTime()
			}
			if onlyChange && !onlyAccess {
				a = accessTime(info)
			}
			return setTimes(p.path(name), a, c, !links)
		}, noCreate, links)
		if err != nil {
			p.errorf("cannot touch '%s': %s", name, reason(err))
			status = 1
		}
	}
	return status
}

// touch makes sure that there is a file and calls set.
func (p *Process) touch(name string, set func(os.FileInfo) error, noCreate, links bool) error {
	stat := os.Stat
	if links {
		stat = os.Lstat
	}
	info, err := stat(p.path(name))
	if errors.Is(err, os.ErrNotExist) {
		if noCreate {
			return nil
		}
		f, err := os.OpenFile(p.path(name), os.O_WRONLY|os.O_CREATE, 0o666)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err = f.Stat()
		if err != nil {
			return err
		}
		return set(info)
	}
	if err != nil {
		return err
	}
	return set(info)
}

// parseStamp reads [[CC]YY]MMDDhhmm[.ss].
func parseStamp(text string, now time.Time) (time.Time, error) {
	main, seconds, _ := strings.Cut(text, ".")
	switch len(main) {
	case 8:
		main = fmt.Sprintf("%04d", now.Year()) + main
	case 10:
		century := "20"
		if main[:2] >= "69" {
			century = "19"
		}
		main = century + main
	}
	if seconds == "" {
		seconds = "00"
	}
	t, err := time.ParseInLocation("20060102150405", main+seconds, now.Location())
	if err != nil {
		return t, fmt.Errorf("invalid date format '%s'", text)
	}
	return t, nil
}
