//go:build linux

package tool

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

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
