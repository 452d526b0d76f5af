package tool

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// date prints a time.
func date(_ context.Context, p *Process) int {
	f, ok := p.flags("ud:I::Rr:", "utc=u universal=u date=d iso-8601=I rfc-email=R reference=r")
	if !ok {
		return 1
	}
	when, zone := time.Now(), p.zone()
	if f.on("u") {
		zone = time.UTC
	}
	format := "%a %b %e %H:%M:%S %Z %Y"
	switch {
	case f.on("R"):
		format = "%a, %d %b %Y %H:%M:%S %z"
	case f.on("I"):
		format, ok = map[string]string{
			"": "%F", "date": "%F", "hours": "%FT%H%:z", "minutes": "%FT%H:%M%:z",
			"seconds": "%FT%H:%M:%S%:z", "ns": "%FT%H:%M:%S,%N%:z",
		}[f.value("I")]
	}
	if !ok {
		return p.usage("invalid argument '%s' for '--iso-8601'", f.value("I"))
	}
	if f.on("r") {
		info, err := os.Stat(p.path(f.value("r")))
		if err != nil {
			return p.fail(f.value("r"), err)
		}
		when = info.ModTime()
	}
	for _, a := range f.args {
		if format, ok = strings.CutPrefix(a, "+"); !ok {
			return p.usage("invalid date '%s'", a)
		}
	}
	if f.on("d") {
		var err error
		if when, err = parseDate(f.value("d"), when.In(zone)); err != nil {
			return p.usage("%v", err)
		}
	}
	fmt.Fprintln(p.out, formatTime(format, when.In(zone)))
	return 0
}

// zone is the time zone of TZ, UTC when the image does not know it.
func (p *Process) zone() *time.Location {
	name, _ := p.getenv("TZ")
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
		flag, width := byte(0), 0
		if strings.IndexByte("-_^:", format[i]) >= 0 && i+1 < len(format) {
			flag = format[i]
			i++
		}
		for ; i+1 < len(format) && isDigit(format[i]); i++ {
			width = min(width*10+int(format[i]-'0'), 99)
		}
		text := timeField(format[i], t)
		number := strings.TrimLeft(text[:max(len(text)-1, 0)], "0 ") + text[max(len(text)-1, 0):]
		switch {
		case flag == ':' && format[i] == 'z':
			text = t.Format("-07:00")
		case flag == '-':
			text = number
		case flag == '_':
			text = fmt.Sprintf("%*s", len(text), number)
		case flag == '^':
			text = strings.ToUpper(text)
		case format[i] == 'N' && width > 0 && width < 9:
			text = text[:width]
		}
		b.WriteString(text)
	}
	return b.String()
}

// timeLayouts are the conversions of strftime that the package time has.
var timeLayouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'y': "06", 'Y': "2006",
	'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06", 'e': "_2", 'F': "2006-01-02",
	'H': "15", 'I': "03", 'j': "002", 'm': "01", 'M': "04", 'p': "PM", 'P': "pm", 'S': "05",
	'r': "03:04:05 PM", 'R': "15:04", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05",
	'z': "-0700", 'Z': "MST",
}

// timeField formats one conversion of strftime. An unknown one stays as it is.
func timeField(c byte, t time.Time) string {
	if layout, ok := timeLayouts[c]; ok {
		return t.Format(layout)
	}
	year, week := t.ISOWeek()
	switch c {
	case '%':
		return "%"
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 's':
		return fmt.Sprint(t.Unix())
	case 'N':
		return fmt.Sprintf("%09d", t.Nanosecond())
	case 'k':
		return fmt.Sprintf("%2d", t.Hour())
	case 'u':
		return fmt.Sprint((int(t.Weekday())+6)%7 + 1)
	case 'w':
		return fmt.Sprint(int(t.Weekday()))
	case 'G':
		return fmt.Sprintf("%04d", year)
	case 'V':
		return fmt.Sprintf("%02d", week)
	}
	return "%" + string(rune(c))
}
