package sim

import "cambodia-payouts/pkg/payout"

// strays reports whether a provider answers a status query about a payout with what became of another
// payment, under the number of that. Of one payout in four it does so at every second status query, from
// the first one on, as soon as nobody can mistake it: it has answered the only submission with the
// payout's own number, and whoever was answered came to his end unhurt. It stands for a mix-up on
// the provider's side. One answer says failed and the next one paid, so whoever believes either
// is wrong. Where the service cannot know the number, such an answer is not drawn: nobody could
// tell it from the right one, and no promise would hold.
func (pl *platform) strays(e *entry) bool {
	w := pl.world
	if w.scripted != nil || e.habit("strays"+e.acceptedAt.String())%4 > 0 || !w.acknowledged(e.reference) {
		return false
	}
	e.asked++
	return e.asked%2 > 0
}

// acknowledged reports whether the number of a provider's payout has to be known. A second
// submission, or one of a lost table, may have a number of its own (decision 0018).
func (w *world) acknowledged(reference string) bool {
	id, attempt, ours := payout.ParseProviderReference(reference)
	once := w.fences[reference] == 1 && w.everSent[reference] == 1 && w.restoredAt.IsZero()
	return ours && once && w.about(id).any(func(s spoken) bool {
		taken := s.says == saysProcessing || s.says == saysPaid
		return s.attempt == attempt && s.source == payout.FromAnswer && taken && s.sure && !s.mismatch
	})
}

// ofAnother is what became of the other payment: it failed, and the next one was paid.
func (e *entry) ofAnother() utterance {
	if e.asked%4 == 1 {
		return e.utter(declined, false)
	}
	return e.utter(paid, false)
}
