package payout

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// EventType says what happened to a payout.
type EventType string

// The events that merchants are told of.
const (
	EventCreated          EventType = "payout.created"
	EventProcessing       EventType = "payout.processing"
	EventQueued           EventType = "payout.queued"
	EventUnknown          EventType = "payout.unknown"
	EventSucceeded        EventType = "payout.succeeded"
	EventFailed           EventType = "payout.failed"
	EventCancelled        EventType = "payout.cancelled"
	EventReturned         EventType = "payout.returned"
	EventFailureConfirmed EventType = "payout.failure_confirmed" // it is safe to pay again
	EventAttentionRaised  EventType = "payout.attention_raised"
	EventAttentionCleared EventType = "payout.attention_cleared"
)

// eventOf is the news of coming to a status. Submitting is none: it lasts as long
// as one request, and the payout's creation is told anyway.
var eventOf = map[Status]EventType{
	Processing: EventProcessing, Queued: EventQueued, Unknown: EventUnknown,
	Succeeded: EventSucceeded, Failed: EventFailed, Cancelled: EventCancelled,
}

// EventID names an event for ever. It is derived from what the event is: payout, type, position,
// the event before it, time and reasons. So whoever tells of it again says the same, a later version too that has more
// to say of it; and a table that was restored, in which the same position tells of something else,
// gives it another name.
type EventID string

// identify derives the id. What it covers never changes; a golden file holds it.
func (e Event) identify() EventID {
	covered, _ := json.Marshal([]any{e.PayoutID, e.Type, e.Sequence, e.PreviousEventID, e.Timestamp, e.Data.Reasons}) // which always marshal
	digest := sha256.Sum256(covered)
	return EventID("evt_" + strings.ToLower(base32.StdEncoding.EncodeToString(digest[:])[:idDigits]))
}

// Event is one piece of news about a payout, as the merchant gets it. It is thin
// and holds no personal data: what it says never changes, and whoever wants the
// rest reads the payout.
type Event struct {
	ID   EventID   `json:"id"`
	Type EventType `json:"type"`
	// Timestamp is when it happened: RFC 3339, UTC, milliseconds.
	Timestamp string    `json:"timestamp"`
	PayoutID  ID        `json:"payout_id"`
	Reference Reference `json:"reference"`
	// Sequence counts the payout's events from 1, without a gap.
	Sequence int `json:"sequence"`
	// PreviousEventID is that of the event before; null for the first one.
	PreviousEventID *EventID  `json:"previous_event_id"`
	Data            EventData `json:"data"`
}

// EventData is how the payout stood after the event.
type EventData struct {
	Status   Status   `json:"status"`
	Provider Provider `json:"provider"`
	Amount   string   `json:"amount"` // major units, two decimals
	Currency string   `json:"currency"`
	// ProviderCode is the provider's own code, where it said one.
	ProviderCode string `json:"provider_code,omitempty"`
	// Reasons are those for attention that came or went.
	Reasons []Reason `json:"reasons,omitempty"`
}

const eventTime = "2006-01-02T15:04:05.000Z07:00"

// Events are what the payout's history tells the merchant, in order. The history
// only grows, so the events of a payout never change and never change their
// number, other than by a restore; see [Payout.AsRestored]. An orphan has none: no merchant knows
// of it.
//
// A new type of event is told only of entries that are written with a mark of its own, or the
// numbers of old events would move.
func (p Payout) Events() []Event {
	if p.Status == Orphan {
		return nil
	}
	var all []Event
	before := Status("")
	for i, e := range p.History {
		if i == 0 {
			all = p.appendEvent(all, e, EventCreated, nil)
		}
		if name := eventOf[e.Status]; name != "" && e.Status != before {
			all = p.appendEvent(all, e, name, nil)
		}
		if e.returned() {
			all = p.appendEvent(all, e, EventReturned, nil)
		}
		if e.Confirmed {
			all = p.appendEvent(all, e, p.certain(e), nil)
		}
		if len(e.Raised) > 0 {
			all = p.appendEvent(all, e, EventAttentionRaised, e.Raised)
		}
		if len(e.Cleared) > 0 {
			all = p.appendEvent(all, e, EventAttentionCleared, e.Cleared)
		}
		before = e.Status
	}
	return all
}

// certain is the event of an entry that made the payout safe to pay again. Of one from before a
// restore that is not known any more: a lost table may have begun another attempt. The event keeps
// its number, so it says once more that the payout failed.
func (p Payout) certain(e Entry) EventType {
	if e.At.After(p.restored) {
		return EventFailureConfirmed
	}
	return EventFailed
}

func (p Payout) appendEvent(all []Event, e Entry, name EventType, reasons []Reason) []Event {
	event := Event{
		Type: name, Timestamp: e.At.UTC().Format(eventTime),
		PayoutID: p.ID, Reference: p.Reference, Sequence: len(all) + 1,
		Data: EventData{
			Status: e.Status, Provider: p.Provider, Amount: p.Amount.String(), Currency: string(p.Amount.Currency()),
			ProviderCode: e.ProviderCode, Reasons: reasons,
		},
	}
	if len(all) > 0 {
		before := all[len(all)-1].ID
		event.PreviousEventID = &before
	}
	event.ID = event.identify()
	return append(all, event)
}

// announced completes a change of this payout: what came and went of its attention
// is written into the history, and news is due to be told. The zero payout stands
// for one that nobody has read.
func (p Payout) announced(change Change) Change {
	change.Heard = Heard(nil).With(change.Heard...) // DynamoDB refuses a set with the same text twice
	change = p.fit(p.confirmsLater(p.noteConfirmed(p.noteAttention(change))))
	// What waits may be on no list. If a word moves it, nobody has put it there.
	moved := p.Status == Queued && slices.Contains([]Status{Processing, Succeeded, Failed}, change.Status)
	if after := change.Apply(p); change.speaks() && after.wavering() {
		change.SpokenAt = change.At
	}
	if after := change.Apply(p); !change.Noted && (moved || !p.holds(change.At) && after.holds(change.At)) {
		change.Owed = true
		if at := change.At; change.Inquiries == nil && (after.QueryAt.IsZero() || after.QueryAt.After(at)) {
			change.QueryAt = &at // whoever asks writes the list; until then the same money may go
		}
	}
	if p.isEvent(change) {
		at := change.At.Add(notifyWithin)
		change.NotifyAt = &at
	}
	if change.Notice != nil && change.NotifyAt != nil { // one attribute, one word
		notice := *change.Notice
		notice.At, notice.Fresh = earlier(notice.At, *change.NotifyAt), true
		change.Notice, change.NotifyAt = &notice, nil
	}
	if timed := change.QueryAt != nil || change.Inquiries != nil || change.NotifyAt != nil || change.Notice != nil; timed && change.DueAt == nil {
		due := change.dueOf(p)
		change.DueAt = &due
	}
	return change
}

// speaks reports whether a change tells of a word, also of one that found no room.
func (c Change) speaks() bool {
	return len(c.Heard) > 0 || c.Dropped || c.Entry != nil && (c.Entry.Finding != "" || c.Entry.Source == FromStatement)
}

// noteConfirmed marks the entry of the change that makes the payout safe to pay again.
func (p Payout) noteConfirmed(change Change) Change {
	if change.Entry == nil || !p.becomesSafe(change) {
		return change
	}
	entry := *change.Entry
	entry.Confirmed = true
	change.Entry = &entry
	return change
}

func (p Payout) noteAttention(change Change) Change {
	if change.Attention == nil {
		return change
	}
	raised := missingIn(p.Attention, *change.Attention)
	gone := missingIn(*change.Attention, p.Attention)
	if len(raised)+len(gone) == 0 {
		return change
	}
	entry := Entry{At: change.At, Source: FromSweep, Status: p.Status}
	switch {
	case change.Entry != nil:
		entry = *change.Entry
	case change.Dropped:
		return change // nobody is told, and the payout is in the list of those that need a person
	}
	if change.Status != "" {
		entry.Status = change.Status
	}
	entry.Raised, entry.Cleared = raised, gone
	change.Entry, change.Dropped = &entry, false
	return change
}

// missingIn lists the reasons of b that a lacks.
func missingIn(a, b Attention) []Reason {
	var missing []Reason
	for _, r := range b.Reasons() {
		if _, there := a[r]; !there {
			missing = append(missing, r)
		}
	}
	return missing
}

// isEvent reports whether the change may be an event. A change that turns out to be
// none costs a look. Events are read from the history, so an entry that moves nothing is one
// too if it is the first to show a status: the entry that brought it had found no room.
func (p Payout) isEvent(c Change) bool {
	if c.Entry == nil {
		return false
	}
	shown := c.Status
	if last := len(p.History) - 1; last >= 0 && p.History[last].Status != c.Entry.Status {
		shown = c.Entry.Status
	}
	return eventOf[shown] != "" || c.Entry.Confirmed || len(c.Entry.Raised)+len(c.Entry.Cleared) > 0
}

// dueOf is when the sweep has to look after the change: for a status query or for
// something to tell, whichever comes first.
func (c Change) dueOf(p Payout) time.Time {
	query, notify := p.QueryAt, p.Notice.At
	_, inquiry := c.Apply(p).inquiryDue()
	if reached(inquiry, c.At) && p.DueAt.After(c.At) && c.QueryAt == nil {
		inquiry = p.DueAt // a sweep is asking
	}
	switch {
	case c.QueryAt != nil:
		query = *c.QueryAt
	case !query.IsZero() && query.Before(c.At) && p.DueAt.After(c.At):
		query = p.DueAt // a sweep has taken the payout up, and is asking
	}
	if open := p.Status != "" && !p.Status.Final() && !c.Status.Final(); open && query.IsZero() {
		query = c.At.Add(visibility) // of an item that knows one reason to be due
	}
	if c.Notice != nil {
		notify = c.Notice.At
	}
	if c.NotifyAt != nil {
		notify = *c.NotifyAt
	}
	return earlier(earlier(query, notify), inquiry)
}

// earlier is the first of two times; zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
