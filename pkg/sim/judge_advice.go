package sim

import (
	"strings"
	"time"

	"cambodia-payouts/pkg/payout"
)

// advice is what a text tells people to do that would cost money if it were wrong. A person at
// three in the morning does what the text says. So a text that moves money is judged as strictly
// as a write that does.
type advice int

const (
	toWait advice = iota // nothing that moves money before the provider was asked
	toPay                // under a new reference, since the money came back
	toSend               // this one, since it was not sent
)

// adviceIn reads a text. A text that is worded anew has to be found here again: a test of many
// histories meets each kind. A text that has the provider asked is one that waits, whatever else
// it names.
func adviceIn(text string) advice {
	has := func(phrase string) bool { return strings.Contains(text, phrase) }
	switch {
	case has("ask the provider"):
		return toWait
	case has("pay under a new reference"):
		return toPay
	case has("was not sent"), has("goes by itself"), has("then resend it if"), has("resend to confirm"):
		return toSend
	}
	return toWait
}

// judgeAdvice looks at what people are told to do, whenever anything about a payout changes, and
// once more in the end. The payout is shown as any function would after the latest restore that
// it can know of, the mutant's policy included.
func (w *world) judgeAdvice(p payout.Payout) {
	policy := w.settings.policy()
	policy.Remembered = func() time.Time { return w.table.SharedState.RestoredAt }
	shown := p.AsRestored(w.mutant.policy(policy).LastRestore())
	for _, reason := range p.Attention.Reasons() {
		text := shown.NextAction(reason)
		told := adviceIn(text)
		w.tally.Advised[told]++
		if why := w.misled(shown, told); why != "" {
			w.report(soundAdvice, "%s, attempt %d, is %s: %q for %s, and %s", p.Reference, p.Attempt, p.Status, text, reason, why)
		}
	}
}

// misled says what is wrong with an advice, "" if it is right.
func (w *world) misled(p payout.Payout, told advice) string {
	switch gone := w.gone(p); {
	case told == toPay && gone > 0:
		return "its money is gone, or may go"
	case told == toSend && gone > 0:
		return "its provider has it"
	}
	return ""
}

// gone counts the payments of all attempts, those of a lost table among them, that have not come
// back, or are still to be made. Attempts are counted up to the eighth, so that those are among
// them which files and rumours invent. A declined payout whose answer still says "in progress"
// counts: whoever is told to pay beside it cannot know how it ends.
func (w *world) gone(p payout.Payout) int {
	n := 0
	for attempt := range payout.Attempt(8) {
		for _, e := range w.platforms[p.Provider].all(string(p.ID.ProviderReference(attempt + 1))) {
			for _, paid := range e.payments {
				if !paid.cameBack(w.now) {
					n++
				}
			}
			if open := e.executed == 0 && (e.plan.end == late || e.plan.end == endless || e.plan.end == declined && e.state(w.now) == endless); open {
				n++
			}
		}
	}
	return n
}
