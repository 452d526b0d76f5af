package text

import (
	"math"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0.0s", 0.04: "0.0s", 0.06: "0.1s", 9.84: "9.8s", 59.94: "59.9s", 59.96: "1m 00s", 72: "1m 12s",
		3599.4: "59m 59s", 3599.6: "1h 00m", 7500: "2h 05m", -1: "0.0s", math.Inf(1): "876000h 00m", math.Inf(-1): "0.0s",
	} {
		if got := duration(seconds); got != want {
			t.Errorf("duration(%v) = %q, want %q", seconds, got, want)
		}
	}
	if got := duration(math.NaN()); got != "0.0s" {
		t.Errorf("duration(NaN) = %q", got)
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{
		-1: "0 B", 0: "0 B", 999: "999 B", 1000: "1.0 kB", 1240: "1.2 kB", 9949: "9.9 kB", 9960: "10 kB", 310_400: "310 kB",
		999_600: "1.0 MB", 48_000_000: "48 MB", 1_400_000_000: "1.4 GB", math.MaxInt64: "9.2 EB",
	} {
		if got := size(bytes); got != want {
			t.Errorf("size(%d) = %q, want %q", bytes, got, want)
		}
	}
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "0 seconds ago", time.Second: "1 second ago", 4 * time.Minute: "4 minutes ago", 90 * time.Minute: "1 hour ago",
		30 * time.Hour: "30 hours ago", 72 * time.Hour: "3 days ago", 30 * 24 * time.Hour: "of 2026-02-12 15:09",
		-time.Minute: "of 2026-03-14 15:10",
	} {
		if got := ago(now.Add(-d), now); got != want {
			t.Errorf("ago(%v) = %q, want %q", d, got, want)
		}
	}
	if got := ago(now, time.Time{}); got != "of 2026-03-14 15:09" {
		t.Errorf("ago without now = %q", got)
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{count(0, "miss"), "0 misses"}, {count(1, "miss"), "1 miss"}, {count(2, "hit"), "2 hits"},
		{listed(nil), ""}, {listed([]string{"a"}), "a"}, {listed([]string{"a", "b"}), "a and b"}, {listed([]string{"a", "b", "c"}), "a, b and c"},
		{dockerfile(".", "Dockerfile"), "./Dockerfile"}, {dockerfile("", ""), "./Dockerfile"}, {dockerfile("a/b/", "x/D"), "a/b/x/D"},
		{dockerfile("a", "/tmp/D"), "/tmp/D"}, {dockerfile("a", "-"), "Dockerfile from standard input"},
		{dockerfile("https://h/r.git", "D"), "D of https://h/r.git"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
