package sim

import (
	"fmt"

	"cambodia-payouts/pkg/payout"
)

// against finds a kept word that speaks against sending a payout, "" if there is
// none. Some words count for ever; others until the provider has said after them, in
// an answer to us, that the attempt failed. For ever count: another amount, an attempt that we
// never made, a payment, and two people's word for two payments. "In progress" and "unlisted"
// count until an answer of later says that the attempt failed. That is decision 0015 without its
// rounds: the judges have the times, and need no numbers of facts.
func (d *dossier) against(p payout.Payout) string {
	if !d.twiceAt.IsZero() {
		return "two people vouch for two payments"
	}
	for _, s := range d.spoken {
		switch {
		case !s.kept:
		case s.unbelieved != "":
			if d.unsettling(s, p) {
				return fmt.Sprintf("attempt %d is said to be %s, which is not believed, and nobody has asked since", s.attempt, s.unbelieved)
			}
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

// unsettling reports whether a word that is not believed still speaks against the payout. It
// ends nothing, and may be true: until a status query that began after it is answered, nothing
// relies on the opposite. An ordinary failure speaks against nothing, but of what was not sent
// nobody has anything to say. It is weaker than a word that counts, and stronger than nothing:
// whoever has a leaked key can write it, and so can the provider, whose payment it may be
// (decision 0024).
func (d *dossier) unsettling(s spoken, p payout.Payout) bool {
	unsent := p.Status == payout.Queued && s.attempt == p.Attempt
	switch {
	case s.unbelieved == saysNothing, s.unbelieved == saysFailed && !s.doubtful && !unsent:
		return false
	case s.at.Before(d.pairedAt): // two people went on from it
		return false
	}
	return !d.any(func(a spoken) bool {
		return a.source == payout.FromQuery && a.attempt == s.attempt && !a.begun.Before(s.at) && a.says != saysNothing && a.says != saysAboutUs
	})
}

// elsewhereUnsettling reports whether a word that is not believed speaks of another attempt
// than the present one, which alone may be repeated. The present one may be repeated at a
// provider that refuses repetitions, since the same reference cannot pay twice there. Beside
// another attempt that protects nobody.
func (d *dossier) elsewhereUnsettling(p payout.Payout) bool {
	return d.any(func(s spoken) bool {
		return s.kept && s.unbelieved != "" && s.attempt != p.Attempt && d.unsettling(s, p)
	})
}

// judgeUnbelieved looks at a payout that a callback was thanked for which is not believed. Such a
// callback may change no status and still has to take the certainty away; without a change of the
// item no other judge would look.
func (w *world) judgeUnbelieved(reference string) {
	id, _, _ := payout.ParseProviderReference(reference)
	if p, there := w.table.Payouts[id]; there {
		w.judgeSafe(p)
		w.judgeAdvice(p)
	}
}

// olderPaid reports whether a kept word says that an attempt before this one was
// paid.
func (d *dossier) olderPaid(p payout.Payout) bool {
	return d.any(func(s spoken) bool { return s.kept && !s.mismatch && s.attempt < p.Attempt && s.says.moved() })
}
