//go:build linux

package tool

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// date prints a time.
func date(_ context.Context, p *Process) int {
	o := p.options("ud:I::Rr:s:", "utc=u universal=u date=d iso-8601=I rfc-email=R reference=r set=s rfc-3339:")
	when := time.Now()
	zone := p.zone()
	format, text := "%a %b %e %H:%M:%S %Z %Y", ""
	for o.next() {
		switch o.name {
		case "u":
			zone = time.UTC
		case "d":
			text = o.arg
		case "I":
			formats := map[string]string{
				"": "%F", "date": "%F", "hours": "%FT%H%:z", "minutes": "%FT%H:%M%:z",
				"seconds": "%FT%H:%M:%S%:z", "ns": "%FT%H:%M:%S,%N%:z",
			}
			var ok bool
			if format, ok = formats[o.arg]; !ok {
				return p.usage("invalid argument '%s' for '--iso-8601'", o.arg)
			}
		case "rfc-3339":
			format = map[string]string{"date": "%F", "seconds": "%F %H:%M:%S%:z", "ns": "%F %H:%M:%S.%N%:z"}[o.arg]
		case "R":
			format = "%a, %d %b %Y %H:%M:%S %z"
		case "r":
			info, err := os.Stat(p.path(o.arg))
			if err != nil {
				return p.fail(o.arg, err)
			}
			when = info.ModTime()
		case "s":
			return p.usage("cannot set date: Operation not permitted")
		}
	}
	if o.err != nil {
		return p.usage("%v", o.err)
	}
	for _, a := range o.args {
		if !strings.HasPrefix(a, "+") {
			return p.usage("invalid date '%s'", a)
		}
		format = a[1:]
	}
	if text != "" {
		var err error
		if when, err = parseDate(text, when.In(zone)); err != nil {
			return p.usage("%v", err)
		}
	}
	fmt.Fprintln(p.out, formatTime(format, when.In(zone)))
	return 0
}

// zone is the time zone of TZ, UTC when the image does not know it.
func (p *Process) zone() *time.Location {
	name, _ := p.getenv("TZ")
	if name == "" {
		return time.UTC
	}
	if zone, err := time.LoadLocation(strings.TrimPrefix(name, ":")); err == nil {
		return zone
	}
	return time.UTC
}

// formatTime is strftime, in the C locale.
func formatTime(format string, t time.Time) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		flag := byte(0)
		if strings.IndexByte("-_0^:", format[i]) >= 0 && i+1 < len(format) {
			flag = format[i]
			i++
		}
		width := 0
		for i+1 < len(format) && format[i] >= '1' && format[i] <= '9' {
			width = width*10 + int(format[i]-'0')
			i++
		}
		text := timeField(format[i], flag, width, t)
		switch {
		case flag == '-':
			if trimmed := strings.TrimLeft(text, "0 "); trimmed != "" {
				text = trimmed
			} else if text != "" {
				text = "0"
			}
		case flag == '_':
			text = fmt.Sprintf("%*s", len(text), strings.TrimLeft(text[:max(len(text)-1, 0)], "0")+text[max(len(text)-1, 0):])
		case flag == '^':
			text = strings.ToUpper(text)
		}
		b.WriteString(text)
	}
	return b.String()
}

// timeField formats one conversion of strftime. An unknown one stays as it is.
func timeField(c, flag byte, width int, t time.Time) string {
	layouts := map[byte]string{
		'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'y': "06", 'Y': "2006",
		'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06", 'e': "_2", 'F': "2006-01-02",
		'H': "15", 'I': "03", 'j': "002", 'm': "01", 'M': "04", 'p': "PM", 'P': "pm", 'S': "05",
		'r': "03:04:05 PM", 'R': "15:04", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05",
		'z': "-0700", 'Z': "MST",
	}
	if flag == ':' && c == 'z' {
		return t.Format("-07:00")
	}
	if layout, ok := layouts[c]; ok {
		return t.Format(layout)
	}
	switch c {
	case '%':
		return "%"
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 's':
		return strconv.FormatInt(t.Unix(), 10)
	case 'N':
		text := fmt.Sprintf("%09d", t.Nanosecond())
		if width > 0 && width < 9 {
			return text[:width]
		}
		return text
	case 'C':
		return fmt.Sprintf("%02d", t.Year()/100)
	case 'k':
		return fmt.Sprintf("%2d", t.Hour())
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1)
	case 'u':
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1)
	case 'w':
		return strconv.Itoa(int(t.Weekday()))
	case 'G', 'g', 'V':
		year, week := t.ISOWeek()
		return map[byte]string{'G': fmt.Sprintf("%04d", year), 'g': fmt.Sprintf("%02d", year%100), 'V': fmt.Sprintf("%02d", week)}[c]
	case 'U':
		return fmt.Sprintf("%02d", (t.YearDay()+6-int(t.Weekday()))/7)
	case 'W':
		return fmt.Sprintf("%02d", (t.YearDay()+6-(int(t.Weekday())+6)%7)/7)
	}
	return "%" + string(rune(c))
}

// dateLayouts are the forms of a date that parseDate reads.
var dateLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04",
	"2006-01-02 15:04:05.999999999 -0700", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05", "2006-01-02 15:04 MST", "2006-01-02 15:04", "2006-01-02",
	"20060102 15:04:05", "20060102", "2006/01/02", "01/02/2006",
	time.RFC1123Z, time.RFC1123, time.UnixDate, time.ANSIC, "Mon Jan _2 15:04:05 2006 -0700",
	"2 Jan 2006 15:04:05", "2 Jan 2006", "Jan 2 2006", "Jan 2, 2006", "15:04:05", "15:04",
}

// parseDate reads the argument of date -d: a date in one of the layouts, @SECONDS, or words such as
// `now`, `yesterday` and `2 days ago`, which count from now, also after a date.
func parseDate(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if seconds, ok := strings.CutPrefix(text, "@"); ok {
		whole, fraction, _ := strings.Cut(seconds, ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		if err != nil {
			return now, fmt.Errorf("invalid date '%s'", text)
		}
		nanos, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
		return time.Unix(n, nanos), nil
	}
	words := strings.Fields(text)
	for n := len(words); n > 0; n-- { // the longest start that is a date
		start := strings.Join(words[:n], " ")
		if t, ok := absoluteDate(start, now); ok {
			return relativeDate(words[n:], t, text)
		}
	}
	return relativeDate(words, now, text)
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
func relativeDate(words []string, t time.Time, text string) (time.Time, error) {
	for i := 0; i < len(words); {
		word := strings.ToLower(words[i])
		switch word {
		case "now", "today":
			i++
			continue
		case "utc", "z", "gmt":
			t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
			i++
			continue
		case "yesterday":
			t = t.AddDate(0, 0, -1)
			i++
			continue
		case "tomorrow":
			t = t.AddDate(0, 0, 1)
			i++
			continue
		case "midnight":
			t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
			i++
			continue
		}
		n, err := 1, error(nil)
		switch word {
		case "next":
		case "last":
			n = -1
		default:
			n, err = strconv.Atoi(strings.TrimPrefix(word, "+"))
		}
		if err != nil || i+1 == len(words) {
			return t, fmt.Errorf("invalid date '%s'", text)
		}
		unit := strings.TrimSuffix(strings.ToLower(words[i+1]), "s")
		i += 2
		if i < len(words) && strings.EqualFold(words[i], "ago") {
			n = -n
			i++
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
		case "fortnight":
			t = t.AddDate(0, 0, 14*n)
		case "month":
			t = t.AddDate(0, n, 0)
		case "year":
			t = t.AddDate(n, 0, 0)
		default:
			return t, fmt.Errorf("invalid date '%s'", text)
		}
	}
	return t, nil
}
