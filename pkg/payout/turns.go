package payout

import "slices"

// replaced reports whether a later attempt took the place of this one.
func (p Payout) replaced(a Attempt) bool { return a < p.Attempt }

// askedElsewhere is another attempt than the present one that the provider is to be asked
// about next: one of which something was said, or, when the present one has ended, or waits, an
// earlier one whose failure was never certain. Two people had gone on from that; it may have been
// paid, and without its answer the payout is never safe to pay again. They take turns by their
// number: what no answer settles must not keep another one, that was paid, from being asked about.
// False if there is none, or the next attempt may go: each was asked about once.
func (p Payout) askedElsewhere() (Attempt, bool) {
	open := p.openElsewhere()
	if next, left := p.leftElsewhere(open); left {
		return next, true
	}
	if p.Status == Queued {
		open = p.allDoubtedElsewhere()
	}
	if len(open) == 0 {
		return 0, false
	}
	return open[0], true
}

// perRound is what a round counts in [Payout.Turn]: more than the last attempt.
const perRound = int(lastAttempt) + 1

// leftElsewhere is the next one of these attempts in the present round, false if it is complete.
func (p Payout) leftElsewhere(open []Attempt) (Attempt, bool) {
	at := slices.IndexFunc(open, func(a Attempt) bool { return int(a) > p.Turn%perRound })
	if at < 0 {
		return 0, false
	}
	return open[at], true
}

// unaskedElsewhere reports whether there is an attempt, of those in [Payout.openElsewhere], that was
// not asked about once since the present status began.
func (p Payout) unaskedElsewhere() bool {
	_, left := p.leftElsewhere(p.openElsewhere())
	return left && p.Turn < perRound
}

// turnAfter is the turn when an attempt was asked about, as it was its turn.
func (p Payout) turnAfter(asked Attempt) int {
	round := p.Turn / perRound
	if int(asked) <= p.Turn%perRound {
		round++
	}
	return round*perRound + int(asked)
}

// openElsewhere are the attempts besides the present one that may be asked about, by their number.
func (p Payout) openElsewhere() []Attempt {
	open := p.allDoubtedElsewhere()
	if p.Status == Queued || p.Status.Final() {
		open = append(open, p.uncertainBefore()...)
	}
	slices.Sort(open)
	return open
}

// uncertainBefore are the attempts before the present one whose failure was never certain, and
// of which nothing was said since.
func (p Payout) uncertainBefore() []Attempt {
	var all []Attempt
	for a := FirstAttempt; a < p.Attempt; a++ {
		spoken := p.Heard.has(a, saidPaid) || p.Heard.has(a, wasResolved)
		if p.Heard.has(a, wasSent) && !p.Heard.closed(a) && !p.Heard.doubted(a) && !spoken {
			all = append(all, a)
		}
	}
	return all
}
