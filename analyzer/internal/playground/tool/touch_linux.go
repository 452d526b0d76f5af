package tool

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
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

// dateLayouts are the forms of a date that parseDate reads.
var dateLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04",
	"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02",
	"20060102", "2006/01/02", "01/02/2006", time.RFC1123Z, time.RFC1123, time.UnixDate, time.ANSIC,
	"2 Jan 2006", "Jan 2 2006", "Jan 2, 2006", "15:04:05", "15:04",
}

// parseDate reads the argument of date -d: a date in one of the layouts, @SECONDS, or words such as
// `now`, `yesterday` and `2 days ago`, which count from now, also after a date.
func parseDate(text string, now time.Time) (time.Time, error) {
	if seconds, ok := strings.CutPrefix(text, "@"); ok {
		n, err := strconv.ParseInt(seconds, 10, 64)
		if err != nil {
			return now, fmt.Errorf("invalid date '%s'", text)
		}
		return time.Unix(n, 0), nil
	}
	words := strings.Fields(text)
	t, rest := now, words
	for n := len(words); n > 0; n-- { // the longest start that is a date
		if at, ok := absoluteDate(strings.Join(words[:n], " "), now); ok {
			t, rest = at, words[n:]
			break
		}
	}
	t, ok := relativeDate(rest, t)
	if !ok {
		return t, fmt.Errorf("invalid date '%s'", text)
	}
	return t, nil
}

func absoluteDate(text string, now time.Time) (time.Time, bool) {
	for _, layout := range dateLayouts {
		t, err := time.ParseInLocation(layout, text, now.Location())
		if err != nil {
			continue
		}
		if t.Year() == 0 { // a time of day
			y, m, d := now.Date()
			t = time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, now.Location())
		}
		return t, true
	}
	return now, false
}

// relativeDate applies words such as `+2 days`, `1 week ago`, `tomorrow`.
func relativeDate(words []string, t time.Time) (time.Time, bool) {
	for len(words) > 0 {
		word := strings.ToLower(words[0])
		words = words[1:]
		switch word {
		case "now", "today":
			continue
		case "yesterday":
			t = t.AddDate(0, 0, -1)
			continue
		case "tomorrow":
			t = t.AddDate(0, 0, 1)
			continue
		case "next":
			word = "1"
		case "last":
			word = "-1"
		}
		n, err := strconv.Atoi(strings.TrimPrefix(word, "+"))
		if err != nil || len(words) == 0 {
			return t, false
		}
		unit := strings.TrimSuffix(strings.ToLower(words[0]), "s")
		words = words[1:]
		if len(words) > 0 && strings.EqualFold(words[0], "ago") {
			n, words = -n, words[1:]
		}
		switch unit {
		case "sec", "second":
			t = t.Add(time.Duration(n) * time.Second)
		case "min", "minute":
			t = t.Add(time.Duration(n) * time.Minute)
		case "hour":
			t = t.Add(time.Duration(n) * time.Hour)
		case "day":
			t = t.AddDate(0, 0, n)
		case "week":
			t = t.AddDate(0, 0, 7*n)
		case "month":
			t = t.AddDate(0, n, 0)
		case "year":
			t = t.AddDate(n, 0, 0)
		default:
			return t, false
		}
	}
	return t, true
}
