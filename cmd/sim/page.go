package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"cambodia-payouts/pkg/sim"
)

// page is a file that says what a run counts; empty for none. What it says is compared
// with what was counted, so that no page praises another commit. make sim gives README.md. A
// figure that is written by hand, and true only of some commit, would be believed for years.
type page string

var errPage = errors.New("the page does not say what was counted")

// says is an error unless each of the texts stands in the page, in its order.
func (p page) says(texts ...string) error {
	if p == "" {
		return nil
	}
	raw, err := os.ReadFile(string(p))
	if err != nil {
		return err
	}
	for _, text := range texts {
		if !strings.Contains(string(raw), text) {
			return fmt.Errorf("%w: %s lacks %q", errPage, p, text)
		}
	}
	return nil
}

// figures are the figures of many histories, as a page gives them. They are compared as texts of
// two digits, so that a page need not change with each commit: only what a reader would notice
// counts.
func figures(t sim.Tally) []string {
	return []string{
		fmt.Sprintf("%s seeds, %s I/O points, %s hours", round(t.Histories), round(t.Points), round(int(t.Hours))),
		fmt.Sprintf("%s, of them %s crashes", round(t.Faults), round(t.Crashes)),
	}
}

// round writes a number with its two leading digits: 4.1 million, 380,000, 47. More digits would
// claim what the next commit does not keep; fewer would hide that a run lost half of its
// histories.
func round(n int) string {
	if n >= 100 {
		unit := int(math.Pow10(len(strconv.Itoa(n)) - 2))
		n = (n + unit/2) / unit * unit
	}
	switch {
	case n >= 10_000_000:
		return fmt.Sprintf("%d million", n/1_000_000)
	case n >= 1_000_000:
		return fmt.Sprintf("%d.%d million", n/1_000_000, n/100_000%10)
	case n >= 1000:
		return fmt.Sprintf("%d,%03d", n/1000, n%1000)
	}
	return strconv.Itoa(n)
}
