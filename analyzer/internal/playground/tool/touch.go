//go:build linux

package tool

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// touch sets the times of files, and makes those that are missing.
func touch(_ context.Context, p *Process) int {
	f, ok := p.flags("acmd:t:r:h", "no-create=c date=d reference=r no-dereference=h")
	if !ok {
		return 1
	}
	access, change := time.Now(), time.Now()
	var err error
	switch now := time.Now().In(p.zone()); {
	case f.on("d"):
		change, err = parseDate(f.value("d"), now)
		access = change
	case f.on("t"):
		change, err = parseStamp(f.value("t"), now)
		access = change
	case f.on("r"):
		var info os.FileInfo
		if info, err = os.Stat(p.path(f.value("r"))); err == nil {
			access, change = accessTime(info), info.ModTime()
		}
	}
	if err != nil {
		return p.usage("%s", reason(err))
	}
	if len(f.args) == 0 {
		return p.usage("missing file operand")
	}
	status := 0
	for _, name := range f.args {
		info, err := p.ensure(name, f.on("c", "h"), f.on("h"))
		if err == nil && info != nil {
			a, c := access, change
			if f.on("a") && !f.on("m") {
				c = info.ModTime()
			}
			if f.on("m") && !f.on("a") {
				a = accessTime(info)
			}
			err = setTimes(p.path(name), a, c, !f.on("h"))
		}
		if err != nil {
			status = p.usage("cannot touch '%s': %s", name, reason(err))
		}
	}
	return status
}

// ensure makes sure that there is a file. With noCreate it returns nil for one that is missing.
func (p *Process) ensure(name string, noCreate, links bool) (os.FileInfo, error) {
	stat := os.Stat
	if links {
		stat = os.Lstat
	}
	info, err := stat(p.path(name))
	if !os.IsNotExist(err) {
		return info, err
	}
	if noCreate {
		return nil, nil
	}
	f, err := os.OpenFile(p.path(name), os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Stat()
}

// parseStamp reads [[CC]YY]MMDDhhmm[.ss].
func parseStamp(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{"200601021504.05", "200601021504", "0601021504.05", "0601021504"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	t, err := time.ParseInLocation("200601021504.05", fmt.Sprintf("%04d%s", now.Year(), text), now.Location())
	if err != nil {
		t, err = time.ParseInLocation("200601021504", fmt.Sprintf("%04d%s", now.Year(), text), now.Location())
	}
	if err != nil {
		return t, fmt.Errorf("invalid date format '%s'", text)
	}
	return t, nil
}

// accessTime returns when a file was last read.
func accessTime(info os.FileInfo) time.Time {
	ts := info.Sys().(*syscall.Stat_t).Atim
	return time.Unix(ts.Unix())
}

// setTimes sets both times of a file, of a link's target if follow is set.
func setTimes(path string, access, change time.Time, follow bool) error {
	flags := unix.AT_SYMLINK_NOFOLLOW
	if follow {
		flags = 0
	}
	ts := []unix.Timespec{unix.NsecToTimespec(access.UnixNano()), unix.NsecToTimespec(change.UnixNano())}
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, ts, flags)
}
