package sim

import (
	"fmt"

	"cambodia-payouts/pkg/payout"
)

// against finds a kept word that speaks against sending a payout, "" if there is
// none. Some words count for ever; others until the provider has said after them, in
// an answer to us, that the attempt failed.
func (d *dossier) against(p payout.Payout) string {
	for _, s := range d.spoken {
		switch {
		case !s.kept:
		case s.mismatch:
			return fmt.Sprintf("a word about another amount, of attempt %d", s.attempt)
		case s.attempt > p.Attempt:
			return "a word about an attempt that was not made"
		case s.says.moved():
			return fmt.Sprintf("attempt %d is said to be paid", s.attempt)
		case s.attempt < p.Attempt && s.at.Before(d.pairedAt): // two people went on from it
		case d.open(s):
			return fmt.Sprintf("attempt %d is said to be %s", s.attempt, s.says)
		}
	}
	return ""
}

// open reports whether a word calls an attempt open that was not said to have failed
// since.
func (d *dossier) open(s spoken) bool {
	return s.kept && (s.says == saysProcessing || s.says == saysUnlisted) && s.at.After(d.refused[s.attempt])
}

// olderPaid reports whether a kept word says that an attempt before this one was
// paid.
func (d *dossier) olderPaid(p payout.Payout) bool {
	return d.any(func(s spoken) bool { return s.kept && !s.mismatch && s.attempt < p.Attempt && s.says.moved() })
}
