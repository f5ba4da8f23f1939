package loglimit_test

import (
	"sync"
	"testing"
	"time"

	"cambodia-payouts/pkg/loglimit"
)

// clock is a clock that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func started() (*loglimit.Limiter, *clock) {
	c := &clock{time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)}
	return loglimit.New(c.now), c
}

// take takes so many occurrences: how many lines were written, and for how many they stand.
func take(l *loglimit.Limiter, kind string, times int) (lines, told int) {
	for range times {
		if n := l.Take(kind); n > 0 {
			lines, told = lines+1, told+n
		}
	}
	return lines, told
}

func TestAFewLinesAMinuteAreWrittenOneByOne(t *testing.T) {
	l, _ := started()
	for i := range 5 {
		if n := l.Take("signature"); n != 1 {
			t.Errorf("line %d stands for %d", i+1, n)
		}
	}
	if n := l.Take("signature"); n != 0 {
		t.Errorf("the sixth is written, for %d", n)
	}
}

func TestAFloodWritesFewLinesAndTheyNameAtLeastHalfOfItAtOnce(t *testing.T) {
	for _, flood := range []int{6, 10, 1000, 1_000_000} {
		l, _ := started()
		lines, told := take(l, "signature", flood)
		if lines > 23 || told > flood || told*2 < flood {
			t.Errorf("%d refusals in a minute: %d lines that stand for %d", flood, lines, told)
		}
	}
}

func TestWhatWasLeftOutIsInTheNextMinutesFirstLine(t *testing.T) {
	l, c := started()
	_, told := take(l, "signature", 1009)
	c.at = c.at.Add(time.Minute)
	if n := l.Take("signature"); told+n != 1010 {
		t.Errorf("%d and %d were told of 1010", told, n)
	}
	if lines, _ := take(l, "signature", 4); lines != 4 {
		t.Errorf("the new minute has %d more lines", lines)
	}
}

func TestEveryOccurrenceIsToldInTheEnd(t *testing.T) {
	l, c := started()
	all, told := 0, 0
	for burst := range 50 {
		_, n := take(l, "signature", burst*7)
		all, told = all+burst*7, told+n
		c.at = c.at.Add(time.Minute)
	}
	if n := l.Take("signature"); told+n != all+1 {
		t.Errorf("%d of %d were told", told+n, all+1)
	}
}

func TestKindsDoNotSilenceEachOther(t *testing.T) {
	l, _ := started()
	take(l, "signature", 1000)
	if n := l.Take("malformed"); n != 1 {
		t.Errorf("the first of another kind stands for %d", n)
	}
}

func TestAClockThatGoesBackSilencesNobody(t *testing.T) {
	l, c := started()
	take(l, "signature", 1000)
	c.at = c.at.Add(-time.Hour)
	if n := l.Take("signature"); n < 1 {
		t.Error("nothing is written until the clock has caught up")
	}
}

func TestALimiterMayBeSharedByRequests(t *testing.T) {
	l, c := started()
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
		told int
	)
	for range 8 {
		wait.Go(func() {
			_, n := take(l, "signature", 1000)
			mu.Lock()
			defer mu.Unlock()
			told += n
		})
	}
	wait.Wait()
	c.at = c.at.Add(time.Minute)
	if n := l.Take("signature"); told+n != 8001 {
		t.Errorf("%d of 8001 were told", told+n)
	}
}
