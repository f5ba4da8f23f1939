package payout

import (
	"context"
	"time"
)

// settleEnded looks at a payout that has ended: its end may have to be confirmed, and one
// day its personal data has to go.
func (s *Sweeper) settleEnded(ctx context.Context, p Payout) error {
	now, forget := s.ports.Now(), s.policy.retention(p.StatusAt)
	bound := forget.Add(attentionGrace)
	fresh := p.RedactedAt.IsZero()
	switch {
	case s.tooLongKept(p):
		return s.redact(ctx, p)
	case !fresh && p.telling(now): // before what is asked: nobody may be there to answer
		return s.redact(ctx, p)
	case p.unconfirmed():
		return s.queryStatus(ctx, p, p.Attempt)
	case p.holdsOthers(now):
		return s.remind(ctx, p) // before its data goes: people may still have it sent again
	case p.settled() && p.owesItsRecipient(s.policy, now):
		return s.schedule(ctx, p, s.resting(p, now))
	case !fresh:
		return s.schedule(ctx, p, p.proposalEnds())
	case !forget.IsZero() && !now.Before(forget) && len(p.Attention) == 0:
		return s.redact(ctx, p)
	case forget.IsZero() || now.Before(forget):
		return s.schedule(ctx, p, forget)
	}
	return s.schedule(ctx, p, earlier(now.Add(s.jitter(24*time.Hour)), bound))
}

// tooLongKept reports whether the personal data of a payout that has ended has to go now, whatever else
// is open about it.
func (s *Sweeper) tooLongKept(p Payout) bool {
	now, forget := s.ports.Now(), s.policy.retention(p.StatusAt)
	if !p.Status.Final() || !p.RedactedAt.IsZero() || !reached(forget, now) {
		return false
	}
	_, asked := p.inquiryDue() // somebody who repeats a text keeps nobody's data here
	p.Inquiries = nil
	return !now.Before(forget.Add(attentionGrace)) || !asked.IsZero() && len(p.Attention) == 0 && !p.unconfirmed() && !p.holdsOthers(now)
}

// holdsFor is how long a failure that is not certain holds the same money back under another
// reference, from the last word about it. After that it holds nothing: the merchant has been told
// all along that it is not safe to pay again.
const holdsFor = 30 * 24 * time.Hour

// holdsOthers reports whether the same money is held back by a payout that has ended, so that
// it has to stay on the list of its recipient. A word that comes late doubts a failure of which the
// merchant may have been told that it is safe.
func (p Payout) holdsOthers(now time.Time) bool {
	return p.wavering() && now.Sub(p.spokenAt()) < holdsFor
}

// spokenAt is when the payout ended, or when it was spoken of since.
func (p Payout) spokenAt() time.Time {
	if p.SpokenAt.After(p.StatusAt) {
		return p.SpokenAt
	}
	return p.StatusAt
}

// holds reports whether the same money is held back by a payout that something was said of, whether it
// has ended or not.
func (p Payout) holds(now time.Time) bool {
	return p.wavering() && (!p.Status.Final() || p.holdsOthers(now))
}

// remind keeps a payout that is not settled on the list of its recipient: lists are kept, and
// looked at, for three days at a time.
func (s *Sweeper) remind(ctx context.Context, p Payout) error {
	now := s.ports.Now()
	change := Change{At: now, Noted: s.ports.noteLate(ctx, s.policy, p)}
	next := s.resting(change.Apply(p), now)
	change.QueryAt = &next
	return s.change(ctx, p, change)
}

// resting is when a payout that has ended, and is not asked about any more, is looked at again;
// zero for never.
func (s *Sweeper) resting(p Payout, now time.Time) time.Time {
	wait := unsettledFor / 2
	if p.RecipientOwed {
		wait = time.Minute
	}
	if p.RecipientOwed && now.Sub(p.StatusAt) > time.Hour {
		wait = time.Hour // there was no room for long
	}
	switch again := now.Add(s.jitter(wait)); {
	case p.settled() && p.owesItsRecipient(s.policy, now):
		return earlier(again, s.policy.retention(p.StatusAt))
	case !p.holdsOthers(now):
		return s.policy.retention(p.StatusAt)
	case p.RedactedAt.IsZero():
		return again // its data stays meanwhile
	case p.telling(now):
		return now
	default:
		return earlier(again, p.proposalEnds())
	}
}

// unconfirmed reports whether the provider should still be asked about the end of a
// payout: until it answers, and for a few tries (see follow).
func (p Payout) unconfirmed() bool {
	return p.Status.Final() && p.Status != Orphan && (p.Polls < confirmations || p.unaskedElsewhere())
}

// proposalEnds is when the order that waits in the payout waits no more; zero if none does.
func (p Payout) proposalEnds() time.Time {
	if p.Proposal.At.IsZero() {
		return time.Time{}
	}
	return p.Proposal.At.Add(proposalFor + time.Second)
}

// redact takes the personal data out, in one write. Whoever has to be asked about the end
// still is.
func (s *Sweeper) redact(ctx context.Context, p Payout) error {
	key, err := s.ports.Keys.Current(ctx)
	if err != nil {
		return err // the visibility time brings it back
	}
	now := s.ports.Now()
	change := Change{At: now, Redaction: p.redaction(key, now)}
	due := p.proposalEnds()
	if p.staleProposal(now) {
		change.Proposal, due = &Proposal{}, time.Time{}
	}
	switch {
	case p.unconfirmed():
		due = now
	case p.holdsOthers(now):
		due = s.resting(change.Apply(p), now)
	}
	change.QueryAt = &due
	return s.change(ctx, p, change)
}
