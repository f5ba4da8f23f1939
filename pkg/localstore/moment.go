package localstore

import (
	"maps"
	"slices"
	"time"

	"cambodia-payouts/pkg/payout"
)

// timeFormat has a fixed width, so that text order is time order. It is the format of the table,
// too.
const timeFormat = "2006-01-02T15:04:05.000Z"

// dayFormat is a creation day in UTC, as callers of ListDay write it.
const dayFormat = "2006-01-02"

// stamp writes a time; Format cuts off what is finer than a millisecond.
func stamp(t time.Time) string { return t.UTC().Format(timeFormat) }

// floor cuts what is finer than a millisecond, and the zone. Rounding would make a time later
// than it was, and one that is compared with a row would miss it.
func floor(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// cut returns the payout with all its times cut, sharing nothing that it changes. A time that is
// new in [payout.Payout] has to be added here. Otherwise it comes back finer than from the table,
// and a guard on it holds here and not there.
func cut(p payout.Payout) payout.Payout {
	for _, t := range []*time.Time{
		&p.CreatedAt, &p.UpdatedAt, &p.CompletedAt, &p.StatusAt, &p.SubmittedAt, &p.Lease.Until, &p.DueAt,
		&p.RedactedAt, &p.Proposal.At, &p.QueryAt, &p.Notice.At, &p.Notice.Lease.Until, &p.Notice.Unclear, &p.AskedAt, &p.AnsweredAt, &p.SpokenAt,
	} {
		*t = floor(*t)
	}
	if p.Return != nil {
		back := *p.Return
		back.At = floor(back.At)
		p.Return = &back
	}
	p.Inquiries = maps.Clone(p.Inquiries)
	for attempt, i := range p.Inquiries {
		i.OpenedAt, i.AskedAt, i.Due = floor(i.OpenedAt), floor(i.AskedAt), floor(i.Due)
		p.Inquiries[attempt] = i
	}
	// The caller may still hold the payout: its entries and maps are copied before they are
	// changed.
	p.History = slices.Clone(p.History)
	for n := range p.History {
		p.History[n].At = floor(p.History[n].At)
	}
	attention := payout.Attention{}
	for reason, at := range p.Attention {
		attention[reason] = floor(at)
	}
	p.Attention = attention
	return p
}
