package edge

import (
	"context"
	"sync"
	"time"

	"cambodia-payouts/pkg/payout"
)

// restored is a library that shows payouts as a table that was restored has to show them. When
// that was, the table is asked once. A later restore makes a new table, and with it new processes,
// so that once is enough.
type restored struct {
	Library

	mu    sync.Mutex
	at    time.Time
	known bool
}

// last is the time of the latest restore, zero if there was none: what RESTORED_AT says, or the
// table, whichever is later. An error is not remembered, and no payout is shown without the answer:
// whoever does not know of a restore would show failures of before it as safe to pay again. The
// lock is held while the table is asked, so that many first requests ask once.
func (r *restored) last(ctx context.Context) (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known {
		return r.at, nil
	}
	shared, err := r.Library.Shared(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if shared.RestoredAt.After(r.at) {
		r.at = shared.RestoredAt
	}
	r.known = true
	return r.at, nil
}

// Get implements Library.
func (r *restored) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	at, err := r.last(ctx)
	if err != nil {
		return payout.Payout{}, err
	}
	p, err := r.Library.Get(ctx, id)
	return p.AsRestored(at), err
}

// ListDay implements Library.
func (r *restored) ListDay(ctx context.Context, day string, q payout.PageQuery) (payout.Page, error) {
	return r.page(ctx, func() (payout.Page, error) { return r.Library.ListDay(ctx, day, q) })
}

// ListAttention implements Library.
func (r *restored) ListAttention(ctx context.Context, q payout.PageQuery) (payout.Page, error) {
	return r.page(ctx, func() (payout.Page, error) { return r.Library.ListAttention(ctx, q) })
}

// page asks for the restore first, so that a list is never read only to be thrown away.
func (r *restored) page(ctx context.Context, list func() (payout.Page, error)) (payout.Page, error) {
	at, err := r.last(ctx)
	if err != nil {
		return payout.Page{}, err
	}
	page, err := list()
	for i, p := range page.Payouts {
		page.Payouts[i] = p.AsRestored(at)
	}
	return page, err
}

// ReadFeed implements Library. Events are computed from the payout when they are read, so that a
// confirmed failure of before the restore is told as a plain failure.
func (r *restored) ReadFeed(ctx context.Context, after payout.Position, limit int) ([]payout.Published, error) {
	at, err := r.last(ctx)
	if err != nil {
		return nil, err
	}
	found, err := r.Library.ReadFeed(ctx, after, limit)
	for i, p := range found {
		found[i].Payout = p.Payout.AsRestored(at)
	}
	return found, err
}
