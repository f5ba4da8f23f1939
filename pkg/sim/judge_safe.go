package sim

import (
	"slices"
	"time"

	"cambodia-payouts/pkg/payout"
)

// judgeSafe looks at every payout that is said to be safe to pay again, whenever
// anything about it changes, and once more in the end. A merchant who is told so pays under
// another reference, which no provider connects with this one: nothing behind this point could
// stop the second payment. So it is looked at after each change, and not only in the end, where
// it may be true again.
func (w *world) judgeSafe(p payout.Payout) {
	policy := w.settings.policy()
	policy.Remembered = func() time.Time { return w.table.SharedState.RestoredAt }
	if !safe(p.AsRestored(w.mutant.policy(policy).LastRestore())) {
		return
	}
	if why := w.unsafe(p); why != "" {
		w.report(safeIsSafe, "%s, attempt %d: %s", p.Reference, p.Attempt, why)
	}
}

// unsafe says why a payout may pay, or how the service should know that it may. It asks both for
// the truth and for a reason to know it. A payout that happens to have failed, and is called safe
// on a lucky guess, breaks the promise as well: in the next history the guess pays twice.
func (w *world) unsafe(p payout.Payout) string {
	d := w.about(p.ID)
	if d.resolved {
		return "people have said how it ended"
	}
	if why := d.against(p); why != "" {
		return why
	}
	// A lost table may have made the next attempts; the service asks about the next three
	// (decision 0010), and the judge looks one further.
	for ahead := range payout.Attempt(4) { // of a lost table
		reference := string(p.ID.ProviderReference(p.Attempt + 1 + ahead))
		if slices.ContainsFunc(w.platforms[p.Provider].all(reference), func(e *entry) bool { return e.plan.end.stays() }) {
			return "its provider pays a later attempt, which a lost table made"
		}
	}
	again := traitsOf(p.Provider).paysAgain
	for attempt := range p.Attempt {
		reference := string(p.ID.ProviderReference(attempt + 1))
		e := w.platforms[p.Provider].ledger[reference]
		switch {
		case slices.ContainsFunc(w.platforms[p.Provider].all(reference), func(e *entry) bool { return e.plan.end.stays() }):
			return "its provider pays it"
		// Silence, "not found", a file and people close nothing: only an answer to a request of
		// ours does (decision 0015).
		case d.refused[attempt+1].IsZero():
			return "no answer to us said that the attempt failed"
		// What is late is a new payment for a provider that pays again, never had the payout, or
		// had refused it.
		case w.flying[reference] > 0 && (again || e == nil || e.plan.end == refused):
			return "a request is on its way, and could be executed"
		case again && w.requests[reference] > 1:
			return "it was submitted twice, and repetitions are not documented"
		}
	}
	return ""
}
