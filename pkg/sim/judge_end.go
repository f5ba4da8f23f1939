package sim

import (
	"slices"
	"time"

	"cambodia-payouts/pkg/payout"
)

const (
	// tooLong and daysLong are when an open end needs a person. They are written down again, and
	// not taken from the domain: a domain that waits for longer than it says must be missed here.
	tooLong  = time.Hour
	daysLong = 24 * time.Hour
	// skewed is how far a clock may be wrong, twice.
	skewed = 11 * time.Minute
)

// judgeQuiet looks at the end: everything has come to its true end, or a person is
// told, and why. The log and all answers of the history are searched for keys and account numbers
// as well, since no single place could promise that none gets out.
func (w *world) judgeQuiet() {
	for _, c := range w.clients {
		p, there := w.table.Payouts[c.id]
		if !there || p.Status == payout.Orphan {
			continue // never fenced; or lost by a restore, and its reference blocked
		}
		w.judgeEnd(c, p)
		w.judgeSafe(p)
		w.judgeAdvice(p)
		w.judgeReasons(p)
		w.judgeMissing(p)
		w.judgeTold(p)
	}
	if found := w.secretsIn(w.log.String()); found != "" {
		w.report("no secret and no full account number in any output", "%s is in the log", found)
	}
	if found := w.secretsIn(w.replies.String()); found != "" {
		w.report("no secret and no full account number in any output", "%s is in an answer", found)
	}
}

// judgeEnd looks at where a payout has come to rest. "Failed" beside a payment and "succeeded"
// without one are the two wrong ends. Left out is what nobody can know: ends that people or files
// made, payouts of a provider that was taken out or of another project, redacted ones, and what
// people have reviewed.
func (w *world) judgeEnd(c *client, p payout.Payout) {
	young := p.Status == payout.Queued && w.now.Sub(p.CreatedAt) < w.settings.queuedMaxAge // it may wait for as long
	if !p.Status.Final() && (len(p.Attention) == 0 && !young || p.DueAt.IsZero()) {
		w.report("at quiet every payout is final, or in the review queue with a next check", "%s is %s, attention %v, next check %v", c.reference, p.Status, p.Attention.Reasons(), p.DueAt)
	}
	d := w.about(p.ID)
	if !p.Status.Final() || d.endedBy == payout.FromOperator || d.endedBy == payout.FromStatement || !d.reviewedAt.IsZero() ||
		w.settings.out == p.Provider || w.elsewhere(p) || !p.RedactedAt.IsZero() || d.endedBy == payout.FromCallback && len(p.Attention) > 0 && w.spokenTwoWays(d, p) {
		return
	}
	moved, stayed := w.moneyOf(p)
	// What a lost table sent, or two submissions at a provider that pays both, may have paid beside the
	// failure that was said: it is never safe to pay again.
	reference := string(p.ProviderReference())
	beside := w.twiceSent[reference] || traitsOf(p.Provider).paysAgain && w.everSent[reference] > 1
	beside = beside && !safe(p.AsRestored(w.restoredAt))
	switch {
	case p.Status == payout.Succeeded && !moved && !raised(p, payout.Contradiction) && !raised(p, payout.UnlistedStatus) && !d.unanswered(p):
		w.report("what we call succeeded was paid", "%s, attention %v", c.reference, p.Attention.Reasons())
	case p.Status != payout.Succeeded && stayed && !beside && !raised(p, payout.Contradiction) && !raised(p, payout.DoublePaymentSuspected):
		w.report("what was paid is never called failed", "%s is %s, asked %d times, next at %v, due %v", c.reference, p.Status, p.Polls, p.QueryAt, p.DueAt)
	}
}

// unanswered reports whether the provider took the payout, and has answered nothing that
// means anything since a callback ended it. Nobody can know better then.
func (d *dossier) unanswered(p payout.Payout) bool {
	own := func(s spoken) bool {
		return s.attempt == p.Attempt && (s.source == payout.FromQuery || s.source == payout.FromAnswer)
	}
	taken := d.any(func(s spoken) bool { return own(s) && (s.says == saysProcessing || s.says == saysPaid) })
	answered := d.any(func(s spoken) bool {
		return own(s) && s.source == payout.FromQuery && s.at.After(d.endedAt) && s.says != saysNothing && s.says != saysAboutUs
	})
	return taken && !answered
}

// spokenTwoWays reports whether a person is told of a mismatch: the end is then for
// him to settle.
func (w *world) spokenTwoWays(d *dossier, p payout.Payout) bool {
	return raised(p, payout.CallbackMismatch) && d.any(func(s spoken) bool { return s.kept && (s.mismatch || s.attempt > p.Attempt) })
}

// moneyOf reports whether money of a payout moved, and whether it stayed away. What
// is paid after all, without a word, nobody can know. All projects and all attempts count: the
// merchant's money does not ask under which number it went.
func (w *world) moneyOf(p payout.Payout) (moved, stayed bool) {
	for attempt := range p.Attempt {
		for _, e := range w.platforms[p.Provider].all(string(p.ID.ProviderReference(attempt + 1))) {
			moved = moved || e.executed > 0
			stayed = stayed || e.executed > 0 && e.plan.end == paid
		}
	}
	return moved, stayed
}

// elsewhere reports whether another project than the one that our secret names has an attempt of
// the payout: nobody can be asked about it, and the page on rotation says so.
func (w *world) elsewhere(p payout.Payout) bool {
	pl := w.platforms[p.Provider]
	other := func(e *entry) bool { return e.project != pl.project }
	for attempt := range p.Attempt {
		if traitsOf(p.Provider).projects && slices.ContainsFunc(pl.all(string(p.ID.ProviderReference(attempt+1))), other) {
			return true
		}
	}
	return false
}

// inTwoProjects reports whether two projects have the same attempt of a payout: it may be paid
// under both.
func (w *world) inTwoProjects(p payout.Payout) bool {
	for attempt := range p.Attempt {
		if len(w.platforms[p.Provider].all(string(p.ID.ProviderReference(attempt+1)))) > 1 {
			return true
		}
	}
	return false
}

// raised reports whether people are called for a reason.
func raised(p payout.Payout, r payout.Reason) bool { _, there := p.Attention[r]; return there }

// senseOf is the word for an end of ours. Of a cancelled payout there is none: nothing was sent
// of which anybody could speak.
func senseOf(s payout.Status) sense {
	return map[payout.Status]sense{payout.Succeeded: saysPaid, payout.Failed: saysFailed}[s]
}

// judgeReasons looks whether each reason for attention is right: a review queue with wrong
// reasons is not read. The other half is [world.judgeMissing]. Either alone is easy to satisfy:
// raise everything, or raise nothing.
func (w *world) judgeReasons(p payout.Payout) {
	d := w.about(p.ID)
	for _, reason := range p.Attention.Reasons() {
		if why := w.wrong(d, p, reason); why != "" {
			w.report(rightReason, "%s, %s: %s, but %s", p.Reference, p.Status, reason, why)
		}
	}
}

// wrong says why a reason is wrong, "" if it is right. Each reason has to rest on a word that was
// delivered or a state that is there, by the judges' own reading of both. Where no case can be
// told from the item (notification_failing, say), the reason passes.
func (w *world) wrong(d *dossier, p payout.Payout, reason payout.Reason) string {
	ok, why := true, ""
	switch reason {
	case payout.Contradiction:
		ok, why = d.any(func(s spoken) bool {
			return s.another || d.contradicts(p, s) || p.Return != nil && s.source == payout.FromQuery && s.says == saysPaid
		}) || w.settings.out == p.Provider && p.Inquiries[p.Attempt].Open, // nobody can say whether the word agrees with the end
			"nothing speaks against the end"
	case payout.DoublePaymentSuspected:
		ok, why = w.doubled(d, p), "no older attempt is paid, or in progress, and no file shows two payments"
	case payout.UnknownTooLong:
		ok, why = !p.Status.Final() && p.Status != payout.Queued, "it has ended, or waits and is known to"
	case payout.CallbackMismatch:
		ok = d.any(func(s spoken) bool { return s.mismatch || s.another || s.attempt > s.present }) || w.inTwoProjects(p) || w.lost[p.ID] && w.moved // under another project than the backup knows
		why = "no word was of another amount, number or attempt, and one project alone has it"
	case payout.UnlistedStatus:
		ok, why = d.any(func(s spoken) bool { return s.says == saysUnlisted || s.says == "" }), "every word was listed"
	case payout.Returned:
		// A word that was stored, and came again when nothing was believed, is known as that.
		ok, why = d.any(func(s spoken) bool { return s.says == saysReturned || s.unbelieved == saysReturned }), "nobody said so"
	case payout.ProviderConfiguration:
		ok, why = d.any(func(s spoken) bool { return s.says == saysAboutUs }), "we were never refused"
	case payout.QueuedTooLong:
		ok, why = p.Status == payout.Queued, "it is not queued"
	case payout.PossibleDuplicate:
		// A table that was restored may doubt what was held.
		ok, why = (p.Status == payout.Queued || p.Status == payout.Unknown) && p.SimilarTo != "", "it is not held"
	}
	if ok {
		return ""
	}
	return why
}

// contradicts reports whether a word differs from the end of a payout. A word of another end
// always does. One of no end ("in progress", say) does from about the end on, with a minute for
// what was on its way then; before that it is the ordinary order of things.
func (d *dossier) contradicts(p payout.Payout, s spoken) bool {
	if !p.Status.Final() { // the end of an attempt before was contradicted
		return s.attempt < p.Attempt && s.says != saysFailed
	}
	if s.attempt < p.Attempt && s.says.moved() {
		return true // the same, and people went on from it
	}
	if s.says.ends() && s.says != senseOf(p.Status) && !(s.says == saysReturned && p.Status == payout.Succeeded) {
		return true
	}
	after := !s.at.Before(d.endedAt.Add(-time.Minute))
	return after && s.says != senseOf(p.Status) && s.says != saysAboutUs
}

// doubled reports whether an older attempt is said to be paid, or is in progress, or a file shows
// two payments of one attempt, or a lost table has sent an older one too: no answer tells of
// both. An attempt that was replaced counts by what its provider will do with it, and not by what
// has been said of it so far: a person who is called before the word comes was called rightly.
func (w *world) doubled(d *dossier, p payout.Payout) bool {
	if slices.Contains(p.Heard, "1.restored") {
		return true // attempts of a lost table are asked about, and nobody may answer
	}
	for attempt := range p.Attempt - 1 {
		reference := string(p.ID.ProviderReference(attempt + 1))
		e := w.platforms[p.Provider].ledger[reference]
		if w.twiceSent[reference] {
			return true
		}
		if e != nil && (e.plan.end.stays() || e.plan.end == endless) {
			return true
		}
	}
	return d.any(func(s spoken) bool {
		// By its code; one of a number that is taken says nothing, and is asked about.
		mayHide := (s.says == saysFailed || s.says == saysNothing) && s.source == payout.FromCallback && traitsOf(p.Provider).doubts
		// Believed or not: without an answer to the status query a person has to know.
		spokenOf := func(says sense) bool { return says.moved() || says == saysUnlisted || says == saysProcessing }
		unclear := s.says == saysNothing && s.unbelieved == "" && s.source == payout.FromCallback // a number that is taken, say
		return s.second || s.attempt < p.Attempt && (spokenOf(s.says) || spokenOf(s.unbelieved) || mayHide || unclear)
	})
}

// judgeMissing looks whether a person is told what he has to know. It is the promise that people
// rely on when they look at the review queue and nothing else.
func (w *world) judgeMissing(p payout.Payout) {
	d := w.about(p.ID)
	for _, reason := range w.due(d, p) {
		if !raised(p, reason) {
			w.report(missingReason, "%s, attempt %d, %s: %s is missing of %v", p.Reference, p.Attempt, p.Status, reason, p.Attention.Reasons())
		}
	}
}

// due lists what has to be raised in the end. Only words that were acknowledged, or answered to a
// process that came to its end unhurt, oblige anybody: a word that was lost on its way is no
// fault of the service. A payout that is open has two hours to be called unknown for too long,
// and some two days while it is processing; after a review it has a day more.
func (w *world) due(d *dossier, p payout.Payout) []payout.Reason {
	var all []payout.Reason
	// What people have looked into is over, until something new is said.
	fresh := func(s spoken) bool { return s.kept && s.at.After(d.reviewedAt) && !d.reviewed(s) }
	// A payment beside one of another attempt is called what it is.
	doubled := raised(p, payout.DoublePaymentSuspected) && d.any(func(s spoken) bool { return s.stored() && s.attempt != p.Attempt && s.says.moved() })
	if p.Status.Final() && !doubled && d.any(func(s spoken) bool { return fresh(s) && d.denies(p, s) }) || w.unconfirmed(d, p) && !(doubled && p.Status == payout.Failed) || w.unasked(d, p) || w.deniedReturn(d, p) {
		all = append(all, payout.Contradiction)
	}
	if d.any(func(s spoken) bool { return fresh(s) && d.doubles(s) }) {
		// Beside an attempt that was withdrawn it is no second payment, but a wrong end.
		reason := payout.DoublePaymentSuspected
		if p.Status == payout.Cancelled && !raised(p, reason) {
			reason = payout.Contradiction
		}
		all = append(all, reason)
	}
	if d.twiceAt.After(d.reviewedAt) {
		all = append(all, payout.DoublePaymentSuspected)
	}
	if d.any(func(s spoken) bool { return fresh(s) && s.mismatch }) {
		all = append(all, payout.CallbackMismatch)
	}
	open := w.now.Sub(d.openAt)
	if w.now.Sub(d.reviewedAt) > daysLong+skewed+time.Hour &&
		(p.Status == payout.Unknown && open > 2*tooLong || p.Status == payout.Processing && open > 2*daysLong+8*tooLong) {
		all = append(all, payout.UnknownTooLong)
	}
	return all
}

// doubles reports whether a word says for the first time that an attempt which was
// replaced is paid. If it was said before the attempt was replaced, whoever went on knew it.
func (d *dossier) doubles(s spoken) bool {
	before := func(o spoken) bool {
		return (o.kept || d.pairedAt.After(o.at)) && o.attempt == s.attempt && o.present == s.attempt && o.says.moved()
	}
	return !s.mismatch && s.attempt < s.present && s.says.moved() && !d.any(before)
}

// reviewed reports whether the very same word was there when people looked into it: its
// repetition is no news. A file that is sent again would else call people each time.
func (d *dossier) reviewed(s spoken) bool {
	return d.any(func(o spoken) bool {
		return !o.at.After(d.reviewedAt) && o.attempt == s.attempt && o.says == s.says && o.mismatch == s.mismatch
	})
}

// denies reports whether a kept word about the present attempt speaks of another
// end than the one that is stored.
func (d *dossier) denies(p payout.Payout, s spoken) bool {
	if s.mismatch || s.attempt != p.Attempt || s.attempt > s.present || !s.says.ends() {
		return false
	}
	return p.Status != payout.Succeeded && s.says.moved() || p.Status == payout.Succeeded && s.says == saysFailed ||
		p.Status == payout.Cancelled
}

// unconfirmed reports whether an end that a callback brought was denied, or not
// known, by every answer until the status queries were used up. Where people looked, a restore
// lies between, or the provider cannot be asked, no such thing is promised.
func (w *world) unconfirmed(d *dossier, p payout.Payout) bool {
	silent := d.endedBy != payout.FromCallback || w.settings.out == p.Provider || !p.RedactedAt.IsZero() ||
		!d.reviewedAt.IsZero() || !w.restoredAt.IsZero()
	if silent || p.Status != payout.Succeeded && p.Status != payout.Failed {
		return false
	}
	var answers []sense
	for _, s := range d.spoken {
		if s.source == payout.FromQuery && s.attempt == p.Attempt && !s.mismatch && s.at.After(d.endedAt.Add(time.Minute)) {
			answers = append(answers, s.says)
		}
	}
	// "Not found" denies a success only: a refused payout is never registered, so that it agrees
	// with a failure.
	denies := func(s sense) bool {
		return s == saysProcessing || s == saysAbsent && p.Status == payout.Succeeded || s.ends() && s != senseOf(p.Status) && s != saysReturned
	}
	return len(answers) > 0 && !slices.ContainsFunc(answers, func(s sense) bool { return !denies(s) })
}

// deniedReturn reports whether the provider's latest answer after a return says that the payout is
// paid, and nobody has looked into that. Only an answer whose process came to its end unhurt
// counts, and one that was begun after the return by every clock: an older one knew nothing of
// it.
func (w *world) deniedReturn(d *dossier, p payout.Payout) bool {
	if p.Return == nil || !p.RedactedAt.IsZero() || w.settings.out == p.Provider {
		return false
	}
	for _, s := range slices.Backward(d.spoken) {
		if s.source == payout.FromQuery && s.attempt == p.Attempt && s.sure {
			return s.says == saysPaid && !s.mismatch && s.begun.After(p.Return.At.Add(skewed)) && s.at.After(d.reviewedAt)
		}
	}
	return false
}

// unasked reports whether an answer to a submission of ours called an ended attempt
// open, and nobody was asked about it since. Our own second submission may be what is open:
// without another status query the merchant would go on from a failure beside it.
func (w *world) unasked(d *dossier, p payout.Payout) bool {
	if p.Status != payout.Failed || w.settings.out == p.Provider || !p.RedactedAt.IsZero() || d.reviewedAt.After(d.endedAt) {
		return false
	}
	var last time.Time
	asked := false
	for _, s := range d.spoken {
		switch {
		case s.attempt != p.Attempt:
		case s.source == payout.FromAnswer && s.sure && s.says == saysProcessing && s.at.After(d.endedAt):
			last, asked = s.at, false
		case s.source == payout.FromQuery && s.at.After(last):
			asked = true
		}
	}
	return !last.IsZero() && !asked
}
