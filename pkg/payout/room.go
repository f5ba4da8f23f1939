package payout

// The bounds of a stored payout, in bytes.
const (
	// ItemLimit is the most that a payout takes, as DynamoDB counts it.
	ItemLimit = 32 << 10
	// BodyLimit is the most that a body may have to be kept, BodiesLimit is the most
	// that is kept of all bodies. Of every other body the SHA-256 is kept.
	BodyLimit   = 8 << 10
	BodiesLimit = 24 << 10
	// unreadBody is the most that a body may have to be written to a payout that nobody
	// has read. Everything that reads first leaves room for two of them.
	unreadBody = 4 << 10
)

// HistoryLimit is the most entries that a payout holds.
const HistoryLimit = 50

// UnreadEntries is how full a history may be for a change that is made without having
// read it.
const UnreadEntries = 46

// PlainFacts is how many facts a first attempt has of which nothing was said: [PlainFact], and
// under which account it was sent. What was never sent has none, and may have as many that doubt.
const PlainFacts = 2

// PlainFact is that the first attempt was sent.
var PlainFact = FirstAttempt.fact(wasSent)

// rank says how much a change matters; a change finds room as long as its rank has some.
// What matters less stops earlier, so that a flood of it leaves room for the rest.
type rank int

const (
	ofTelling   rank = iota // an order to tell the merchant again
	ofLone                  // an order that one person gives alone
	ofNote                  // a word that moves nothing
	ofAttention             // a reason to call a person comes or goes
	ofMove                  // a status that is not final
	ofOrder                 // an order for two people: proposed, or carried out
	ofEnd                   // an end, a return, or the certainty of a failure
)

// room is how far a payout may be filled by a rank: how many entries there may be, how
// large the item may become by an entry, and by an entry with its body, and how many bytes
// all bodies may have. An item that was filled by everything but an end still takes two
// writes by somebody who has not read it, or an end with a body of BodyLimit.
type room struct{ entries, size, withBody, bodies int }

// Between a status and an order for two there are ten entries and 6 KB that nothing else
// takes: one person may propose away half of it, and two others still end the payout and
// review it.
var rooms = map[rank]room{
	ofTelling:   {20, 13 << 10, 11 << 10, 2 << 10},
	ofLone:      {24, 14 << 10, 12 << 10, 4 << 10},
	ofNote:      {30, 15 << 10, 13 << 10, 6 << 10},
	ofAttention: {34, 16 << 10, 16 << 10, 8 << 10},
	ofMove:      {36, 16 << 10, 16 << 10, 10 << 10},
	ofOrder:     {UnreadEntries, 22 << 10, 22 << 10, attemptBodies},
	ofEnd:       {HistoryLimit, ItemLimit, ItemLimit, BodiesLimit},
}

// afterEnd is the room for orders for two about a payout that has ended: nobody writes to it
// without having read it, so people can still review it.
var afterEnd = room{HistoryLimit - 2, 26 << 10, 26 << 10, attemptBodies}

// roomOf is how far a rank may fill the payout as it stands.
func (p Payout) roomOf(r rank) room {
	if r == ofOrder && p.Status.Final() {
		return afterEnd
	}
	return rooms[r]
}

// attemptBodies is the most that may be kept when a new attempt begins, so that its own
// bodies find room.
const attemptBodies = BodiesLimit - 2*unreadBody

// rankOf says how much a change matters to the payout.
func (p Payout) rankOf(change Change) rank {
	switch {
	case change.Status.Final(), change.Return != nil, p.becomesSafe(change):
		return ofEnd
	case change.Entry != nil && change.Entry.Source == FromOperator && change.Entry.By != "":
		if change.Proposal != nil {
			return ofOrder
		}
		return ofLone // though it may change the status: whoever may call could fill the rest with it
	case change.Status != "":
		return ofMove
	case change.Attention != nil && len(missingIn(p.Attention, *change.Attention))+len(missingIn(*change.Attention, p.Attention)) > 0:
		return ofAttention
	case change.Entry != nil && change.Entry.Source == FromNotifier && change.Entry.By != "":
		return ofTelling
	}
	return ofNote
}

// roomFor reports whether a rank may write one more entry, without its body.
func (p Payout) roomFor(r rank) bool {
	most := p.roomOf(r)
	return len(p.History) < most.entries && p.Size()+mostEntry <= most.size
}

// hasRoom reports whether a change that moves nothing may still be written down.
func (p Payout) hasRoom() bool { return p.roomFor(ofNote) }

// roomForAttempt reports whether another attempt, up to its end, finds room.
func (p Payout) roomForAttempt() bool {
	most := rooms[ofOrder] // an attempt is no end any more
	return len(p.History) < most.entries && p.Size()+mostEntry <= most.size && p.bodies() <= most.bodies
}

// becomesSafe reports whether the change makes the payout safe to pay again.
func (p Payout) becomesSafe(change Change) bool {
	return (len(change.Heard) > 0 || p.confirms(change)) && !p.SafeToPayAgain() && change.Apply(p).SafeToPayAgain()
}

// fit brings what a change adds to the history within the payout's bounds: an entry
// without room is only counted, and of a body without room the hash is kept. The entry of
// an end always finds room; what a person wrote to it takes no more than another order does.
func (p Payout) fit(change Change) Change {
	if change.Entry == nil {
		return change
	}
	r := p.rankOf(change)
	if !p.roomFor(r) && !change.Status.Final() {
		change.Entry, change.Dropped = nil, true
		return change
	}
	entry := *change.Entry
	if entry.Source == FromOperator {
		r = min(r, ofOrder)
	}
	most := p.roomOf(r)
	if change.NewAttempt {
		most = rooms[r] // it is no end any more
	}
	kept := len(entry.Raw) <= BodyLimit && p.bodies()+len(entry.Raw) <= most.bodies && p.Size()+entry.size() <= most.withBody
	if !kept {
		entry.Raw = nil
	}
	change.Entry = &entry
	return change
}

// bodies is how many bytes of bodies are kept.
func (p Payout) bodies() int {
	total := 0
	for _, e := range p.History {
		total += len(e.Raw)
	}
	return total
}
