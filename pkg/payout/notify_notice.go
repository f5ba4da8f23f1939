package payout

import (
	"slices"
	"time"
)

// Notice is how far the merchant has been told of a payout. It lives in the
// payout's own item, written together with what there is to tell: no event can be
// lost between two stores.
type Notice struct {
	// At is when there is something to tell next; zero: nothing is.
	At time.Time
	// Fed is the last event in the feed, Tried the last one that the webhook was
	// tried with, by sequence.
	Fed, Tried int
	// Owed are the sequences that were tried and not taken, in order.
	Owed []int
	// Fresh says that nobody has begun to tell what is new. It is what the stream
	// wakes up for: no write of the telling itself leaves it set.
	Fresh bool
	// Failures counts the rounds in a row that left something owed.
	Failures int
	// Lease is the right to tell.
	Lease Lease
	// Unclear is when the first round began of which nobody noted how far it came: since then
	// what is not noted as fed may be in the feed. Zero: every round was noted.
	Unclear time.Time
}

// clockSlack is how far the times of two writers in the feed may be out of order: their clocks
// differ, and one may be slow.
const clockSlack = 15 * time.Minute

// lookBack is from when on the feed has to be searched for what is to be published; zero: it
// cannot be there.
func (n Notice) lookBack() time.Time {
	if n.Unclear.IsZero() {
		return time.Time{}
	}
	return n.Unclear.Add(-clockSlack)
}

// NoticeSeen guards a write by what was read of the notice.
type NoticeSeen struct {
	Token string // of the lease; empty: none
	// Fresh is what tells news that came meanwhile. Times do not: two callbacks of
	// one millisecond set the same ones.
	Fresh bool
	At    time.Time
	// What the new due time is made of besides: two different status queries may be due
	// at one time.
	QueryAt, DueAt time.Time
}

func (s NoticeSeen) of(p Payout) bool {
	return s.Token == p.Notice.Lease.Token && s.Fresh == p.Notice.Fresh && s.At.Equal(p.Notice.At) &&
		s.QueryAt.Equal(p.QueryAt) && s.DueAt.Equal(p.DueAt)
}

func (p Payout) noticeSeen() *NoticeSeen {
	return &NoticeSeen{Token: p.Notice.Lease.Token, Fresh: p.Notice.Fresh, At: p.Notice.At, QueryAt: p.QueryAt, DueAt: p.DueAt}
}

// untold reports whether there are events of which the merchant was never told.
func (p Payout) untold(events int) bool {
	return events > p.Notice.Fed || events > p.Notice.Tried
}

// noticeStep is a quiet write: it moves nothing of the payout itself, and refuses
// if anything about telling changed since p was read. It makes its own guard
// false: every notice has another lease or another time than the one before.
func (p Payout) noticeStep(n Notice, at time.Time) Step {
	n.Owed, n.Fresh = slices.Clone(n.Owed), false
	change := p.announced(Change{At: at, Notice: &n, Quiet: true})
	return Step{ID: p.ID, When: Guard{Notice: p.noticeSeen()}, Then: change}
}

// The waits between rounds of telling: about ten attempts over three days.
var noticeWaits = []time.Duration{
	5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour,
	5 * time.Hour, 10 * time.Hour, 18 * time.Hour, 36 * time.Hour,
}

// mostRetryAfter bounds what an endpoint may ask for.
const mostRetryAfter = 24 * time.Hour

// giveUp calls for a person, once. That is news too, so the feed gets it; and the
// webhook one more chance, unless it said that it wants no more.
func (p Payout) giveUp(n Notice, now time.Time) Step {
	if _, raised := p.Attention[NotificationFailing]; raised {
		return p.noticeStep(n, now)
	}
	attention := p.Attention.With(NotificationFailing, now)
	return p.tellingStep(Change{At: now, Attention: &attention, Notice: &n}, "the merchant's endpoint does not take the news")
}

// toldAll ends the call for a person.
func (p Payout) toldAll(n Notice, now time.Time) Step {
	if _, raised := p.Attention[NotificationFailing]; !raised {
		return p.noticeStep(n, now)
	}
	attention := p.Attention.without(NotificationFailing)
	return p.tellingStep(Change{At: now, Attention: &attention, Notice: &n}, "the merchant was told everything")
}

// tellingStep changes the payout and the notice together.
func (p Payout) tellingStep(change Change, why string) Step {
	return p.step(*p.withEntry(change, &Entry{At: change.At, Source: FromNotifier, Status: p.Status, Message: why}))
}
