package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"cambodia-payouts/pkg/sim"
)

func TestFiguresAreRoundedToTwoDigits(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "7", 47: "47", 104: "100", 105: "110", 999: "1,000", 95_499: "95,000", 95_500: "96,000",
		383_201: "380,000", 995_000: "1.0 million", 4_149_999: "4.1 million", 4_150_000: "4.2 million", 41_499_999: "41 million",
	} {
		if got := round(n); got != want {
			t.Errorf("round(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestAPageThatSaysAnotherFigureIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	text := "| 20,000 seeds, 4.1 million I/O points, 600,000 hours of time |\n| 380,000, of them 170,000 crashes; |\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tally := sim.Tally{Histories: 20_000, Points: 4_123_456, Hours: 601_000, Faults: 382_000, Crashes: 166_000}
	if err := page(file).says(figures(tally)...); err != nil {
		t.Errorf("a page that says the figures: %v", err)
	}
	tally.Crashes = 176_000
	if err := page(file).says(figures(tally)...); !errors.Is(err, errPage) {
		t.Errorf("a page that says another figure: %v, want %v", err, errPage)
	}
	if err := page("").says(figures(tally)...); err != nil {
		t.Errorf("no page: %v", err)
	}
}
