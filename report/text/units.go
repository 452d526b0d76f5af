package text

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// duration writes seconds as 0.1s, 9.8s, 1m 12s or 2h 05m.
func duration(seconds float64) string {
	const century = 100 * 365 * 24 * 3600 // beyond it, a number is noise
	if math.IsNaN(seconds) || seconds < 0 {
		seconds = 0
	}
	seconds = min(seconds, century)
	if seconds < 59.95 {
		return fmt.Sprintf("%.1fs", seconds)
	}
	whole := int64(math.Round(seconds))
	if whole < 3600 {
		return fmt.Sprintf("%dm %02ds", whole/60, whole%60)
	}
	return fmt.Sprintf("%dh %02dm", whole/3600, whole%3600/60)
}

// Times that are worth a word, in seconds.
const (
	noticeable = 1
	measurable = 0.05 // else it is written as 0.0s
)

// size writes bytes in decimal units, as docker does: 12 B, 1.2 kB, 48 MB.
func size(bytes int64) string {
	if bytes < 1000 {
		return fmt.Sprintf("%d B", max(bytes, 0))
	}
	n := float64(bytes)
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	for i, unit := range units {
		n /= 1000
		if n < 9.95 {
			return fmt.Sprintf("%.1f %s", n, unit)
		}
		if n < 999.5 || i == len(units)-1 {
			return fmt.Sprintf("%.0f %s", n, unit)
		}
	}
	return ""
}

// Ago is how all texts write when something was: "3 minutes ago", or the date where
// that is weeks away.
func Ago(t, now time.Time) string { return strings.TrimPrefix(ago(t, now), "of ") }

// ago writes when t was, seen from now. It gives the date where now is not
// known, not later than t, or weeks away.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case now.IsZero() || d < 0 || d > 14*24*time.Hour:
		return "of " + t.Format("2006-01-02 15:04")
	case d < time.Minute:
		return count(int(d/time.Second), "second") + " ago"
	case d < time.Hour:
		return count(int(d/time.Minute), "minute") + " ago"
	case d < 48*time.Hour:
		return count(int(d/time.Hour), "hour") + " ago"
	}
	return count(int(d/(24*time.Hour)), "day") + " ago"
}

// count writes "1 miss" and "2 misses".
func count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	default:
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// listed writes "a", "a and b", "a, b and c".
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
