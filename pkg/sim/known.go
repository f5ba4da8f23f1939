package sim

import (
	"maps"
	"slices"
	"time"

	"cambodia-payouts/pkg/payout"
)

// sense is what a word says of the money, whoever says it. Every word has one of these by the
// provider's pages, whether it comes in an answer, a callback or a file, so that judges compare
// words of different kinds.
type sense string

// The senses. Silence is no answer that means anything.
const (
	saysPaid       sense = "paid"
	saysFailed     sense = "failed"
	saysReturned   sense = "returned"
	saysProcessing sense = "processing"
	saysUnlisted   sense = "unlisted"
	saysAbsent     sense = "not found"
	saysAboutUs    sense = "refused about us"
	saysNothing    sense = "nothing"
)

// ends reports whether the word speaks of an end.
func (s sense) ends() bool { return s == saysPaid || s == saysFailed || s == saysReturned }

// moved reports whether the word says that money was paid.
func (s sense) moved() bool { return s == saysPaid || s == saysReturned }

// spoken is a word about a payout as the judges remember it. A word is kept with how it came,
// since that decides its weight (decision 0016): by whom, about which attempt, when its status
// query began, whether it was acknowledged.
//
// The fields that say what became of it are set later: kept by an acknowledgement, sure when the
// process that heard it has ended unhurt, unbelieved when the controls say so.
type spoken struct {
	at       time.Time
	attempt  payout.Attempt
	says     sense
	mismatch bool   // of another amount, or an answer under another number
	about    *entry // whose word it is, where that is known; else that of the account that took the reference last
	source   payout.Source
	// kept: it was acknowledged, so the service must remember it.
	kept bool
	// by is the process that got the answer; sure: it came to its end unhurt.
	by   *process
	hits int
	sure bool
	// told is the callback that said it, 0 if none did.
	told int
	// begun is when the status query began that it answers.
	begun time.Time
	// doubtful, of a failure: its code may hide a payment.
	doubtful bool
	// unbelieved is what a callback said that is not believed; it says nothing then.
	unbelieved sense
	// present was the payout's attempt when it was said.
	present payout.Attempt
	// another, of a line of a file, or an answer: under another number than the payout has. second:
	// the file shows two payments of the reference.
	another, second bool
}

// stored reports whether the service has certainly taken the word in. Of any other word the
// service need not know.
func (s spoken) stored() bool { return s.kept || s.sure }

// dossier is what the judges know of a payout beside its item. The service knows it
// too, or has acknowledged it; a restore loses what the table loses. So a restored table comes
// with the dossiers of its backup: what the service has lost it cannot be blamed for, and what
// clients and providers still know is judged by ledgers and by clients.
//
// Many of the times are those from which on something had to be known. A fault on the way,
// counted by hits, makes such a time void: then nobody may have learnt of it.
type dossier struct {
	spoken []spoken
	// refused is when an attempt was last said to have failed, in an answer to us.
	refused map[payout.Attempt]time.Time
	// resolved: people have said how it ended. reviewedAt: when they last cleared it.
	resolved   bool
	endedBy    payout.Source
	endedAt    time.Time
	reviewedAt time.Time
	pairedAt   time.Time // when two people last had it sent, whatever had been said
	twiceAt    time.Time // when two people first vouched for a file that shows two payments of one reference
	proposed   *given    // the order that waits for a second person
	window     time.Duration
	left       bool          // a request to submit it left, which may have arrived
	leftUnder  time.Duration // the window of the process that it left from
	skewed     bool          // was created by a wrong clock
	ordered    bool          // was sent by order
	unknownAt  time.Time
	openAt     time.Time              // when unknown or processing began, repetitions of ours left aside
	repeats    bool                   // is being sent again while unknown, which tells nothing of the end
	repeated   map[payout.Attempt]int // by itself, while it was unknown
	unknownBy  *process
	hits       int       // that unknownBy had met then
	notedAt    time.Time // when everybody had to know that it is unknown; zero: not yet
	listedAt   time.Time // when what was owed to its recipient's list was last made good
	unsentBy   *process  // has the right to submit, and nothing has left
	unsentHits int       // that unsentBy had met when it got the right
}

// clone is for a backup. The words and times of before must not follow what is heard later.
func (d *dossier) clone() *dossier {
	c := *d
	c.spoken, c.refused = slices.Clone(d.spoken), maps.Clone(d.refused)
	return &c
}

// about is the dossier of a payout, an empty one at first.
func (w *world) about(id payout.ID) *dossier {
	d := w.known[id]
	if d == nil {
		d = &dossier{refused: map[payout.Attempt]time.Time{}}
		w.known[id] = d
	}
	return d
}

// backup is the table and what the judges knew when it was made.
type backup struct {
	at       time.Time
	table    *table
	known    map[payout.ID]*dossier
	requests map[string]int
}

// backup is a copy of now. The counts of what left go with it; ledgers, clients and everything
// that was ever sent (everSent) stay, since providers and merchants are restored by nobody.
func (w *world) backup() backup {
	b := backup{at: w.now, table: w.table.backup(), known: map[payout.ID]*dossier{}, requests: maps.Clone(w.requests)}
	for id, d := range w.known {
		b.known[id] = d.clone()
	}
	return b
}

// noteWord remembers a word. Words about what is no payout of ours are left out. An answer that a
// payout failed closes an attempt only if it was of a status query, or of the only submission:
// see [dossier.against]. A refusal about us takes the submission back out of the count, since
// documented ones registered nothing.
func (w *world) noteWord(reference string, s spoken) {
	id, attempt, ours := payout.ParseProviderReference(reference)
	if !ours {
		return
	}
	d := w.about(id)
	s.at, s.attempt, s.present = w.now, attempt, w.table.Payouts[id].Attempt
	if p, there := w.table.Payouts[id]; there && p.Status != payout.Orphan {
		// After a restore another amount may have been posted under the reference.
		about := s.about
		if about == nil {
			about = w.platforms[p.Provider].ledger[reference]
		}
		s.mismatch = s.mismatch || about != nil && about.amount != p.Amount.Minor()
	}
	w.tell("%-24s %s about …%s: %s%s", "", s.source, reference[25:], s.says, map[bool]string{true: ", acknowledged"}[s.kept])
	d.spoken = append(d.spoken, s)
	// A refusal of the second submission says nothing about the first.
	if s.says == saysFailed && !s.mismatch && (s.source == payout.FromQuery || s.source == payout.FromAnswer && w.requests[reference] < 2) {
		d.refused[attempt] = w.now
	}
	if s.says == saysAboutUs && s.source == payout.FromAnswer {
		w.requests[reference]-- // it certainly was not registered
		w.everSent[reference]--
	}
}

// unhear takes the meaning from the word of a callback that is not believed, and remembers
// what it was. It is stored at this moment. The judges would otherwise blame the service for not
// acting on what people forbade it to believe.
func (w *world) unhear(told int) {
	w.ofCallback(told, func(s *spoken) {
		s.unbelieved, s.says, s.mismatch, s.at = s.says, saysNothing, false, w.now
	})
}

// vouched notes that two people had a file applied, which they began at a time, and which shows
// two payments of each of these references. Such a payout is never safe to pay again, and never
// goes by itself, whatever its provider says later: two people have seen two payments in its
// books.
func (w *world) vouched(begun time.Time, twice []string) {
	for _, reference := range twice {
		id, _, _ := payout.ParseProviderReference(reference)
		if d := w.about(id); d.twiceAt.IsZero() {
			d.twiceAt = begun
		}
		w.tell("%-24s two people vouch for two payments of …%s", "", reference[25:])
	}
}

// thanked notes that a callback which is not believed was acknowledged.
func (w *world) thanked(told int) {
	w.ofCallback(told, func(s *spoken) { s.kept = true })
}

// ofCallback finds the word of a callback.
func (w *world) ofCallback(told int, do func(s *spoken)) {
	for _, d := range w.known {
		for i := range d.spoken {
			if s := &d.spoken[i]; s.told == told {
				do(s)
			}
		}
	}
}

// any reports whether a word of the dossier is such.
func (d *dossier) any(such func(spoken) bool) bool { return slices.ContainsFunc(d.spoken, such) }

// noteChange follows what happens to an item. It is called after the judges of sendings and
// orders, and before those of safety: these have to know the change, those must not.
func (w *world) noteChange(before *payout.Payout, after payout.Payout) {
	d := w.about(after.ID)
	if before == nil {
		if p := w.acting; p != nil && p.box != nil {
			d.window, d.skewed = p.box.settings.window, p.box.skew != 0
		}
		before = &payout.Payout{}
	}
	w.noteOpen(d, *before, after)
	if before.RecipientOwed && !after.RecipientOwed {
		d.listedAt = w.now
	}
	if after.Status == payout.Queued && before.Status == payout.Submitting {
		d.left = false // it certainly did not arrive
	}
	if after.Status == payout.Submitting && after.Lease.Token != before.Lease.Token && after.Sent == 1 {
		d.unsentBy, d.unsentHits = w.acting, w.acting.hits
		if w.acting.last != ok { // an unclear fence sends nothing
			d.unsentHits--
		}
	}
	w.noteOrder(d, *before, after)
	if after.Status.Final() && after.Status != before.Status {
		d.endedBy, d.endedAt = lastEntry(after).Source, w.now
	}
	if w.acting != nil && w.acting.errand.asked {
		// An answer was weighed when the change was written, and not when it came: words between
		// the two were heard before it counted.
		for attempt := range d.refused { // weighed after whatever came meanwhile
			d.refused[attempt] = w.now
		}
	}
}

// noteOpen notes since when nobody knows the end. A repetition of ours does not begin the time
// anew, or a payout that is repeated could be open for ever without a person.
func (w *world) noteOpen(d *dossier, before, after payout.Payout) {
	if after.Status == before.Status && after.Attempt == before.Attempt {
		return
	}
	same := after.Attempt == before.Attempt
	begins := same && before.Status == payout.Unknown && after.Status == payout.Submitting
	if d.repeats = begins || same && d.repeats && after.Status == payout.Unknown; !d.repeats {
		d.openAt = w.now
	}
	d.unknownAt, d.notedAt, d.unknownBy = time.Time{}, time.Time{}, nil
	if after.Status == payout.Unknown {
		d.unknownAt = w.now
		if d.unknownBy = w.acting; d.unknownBy != nil {
			d.hits = d.unknownBy.hits
			if d.unknownBy.last != ok { // of this very write
				d.hits--
			}
		}
	}
}

// noteEnd is called when a process has ended: whatever it made unknown is known to
// be so, unless something went wrong on the way. The process that made a payout unknown owes the
// recipient's list an entry before it ends. One that met no fault since then has written it.
func (w *world) noteEnd(p *process) {
	for _, c := range w.clients {
		d := w.known[c.id]
		if d == nil {
			continue
		}
		if d.unknownBy == p {
			if d.unknownBy = nil; !p.dead && p.hits == d.hits {
				d.notedAt = w.now
			}
		}
		if p.errand.answered || p.errand.asked {
			d.sure(p)
		}
		if d.unsentBy == p {
			d.unsentBy = nil
			w.judgeUnsent(c.id, !p.dead && p.hits == d.unsentHits && !p.errand.answered)
		}
	}
}

// sure notes that what a process was answered is known, if nothing went wrong after.
func (d *dossier) sure(p *process) {
	for i := range d.spoken {
		if s := &d.spoken[i]; s.by == p {
			s.by, s.sure = nil, !p.dead && p.hits == s.hits
		}
	}
}

// noteOrder notes what people did to an item. An order of which the history tells nothing was
// refused or repeated, and changes nothing for the judges.
func (w *world) noteOrder(d *dossier, before, after payout.Payout) {
	last := lastEntry(after)
	if after.Sequence() == before.Sequence() || last.Source != payout.FromOperator {
		return
	}
	if w.acting == nil || w.acting.errand.order == nil {
		return
	}
	g := w.acting.errand.order
	switch {
	case waits(after) && (!waits(before) || proposer(before) != proposer(after) || before.Proposal.At != after.Proposal.At):
		d.proposed = g
	case after.Status.Final() && !before.Status.Final() && after.Status != payout.Cancelled:
		d.resolved = true
		d.reviewedAt = w.now
	case len(after.Attention) < len(before.Attention):
		d.reviewedAt = w.now
	}
}

// lastEntry is the entry of the latest change, an empty one if there is none.
func lastEntry(p payout.Payout) payout.Entry {
	if len(p.History) == 0 {
		return payout.Entry{}
	}
	return p.History[len(p.History)-1]
}

// The adapters to what the domain shows of a payout.

// safe reports whether the payout is said to be safe to pay again. The judges ask the domain for
// what it says, and for nothing else.
func safe(p payout.Payout) bool { return p.SafeToPayAgain() }

// waits reports whether an order waits for a second person, and proposer who gave it.
func waits(p payout.Payout) bool                { return p.Proposal.Action != "" }
func proposer(p payout.Payout) payout.Principal { return p.Proposal.By }
