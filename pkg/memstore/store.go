package memstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"cambodia-payouts/pkg/payout"
)

var _ payout.Store = (*Store)(nil)

// Store is a payout.Store in memory. What it holds and hands out is shared, so that nobody may
// change it in place: the domain makes new slices and maps.
type Store struct {
	mu   sync.Mutex
	data data
}

// data is all that a store holds.
type data struct {
	namespace payout.Namespace
	payouts   map[payout.ID]payout.Payout
	turned    map[payout.ID]time.Time // up to when requests are turned away
	orphans   map[string]orphan
	board     payout.Shared
	changes   []payout.ControlEntry // of the controls, the oldest first
	ordered   map[payout.Person]payout.ControlProposal
	outflow   map[payout.OutflowBucket]int64 // by a bucket without its sum
	lists     map[payout.RecipientKey][]payout.Unsettled
	reports   map[string][]byte
	proposals map[string]payout.StatementProposal
	feed      [payout.Shards][]payout.News
}

// orphan has a number for its place in the list: cursors hold it, so that it is not made of the claim.
type orphan struct {
	payout.Orphaned
	number string
}

// New is an empty store.
func New() *Store {
	return &Store{data: data{
		payouts: map[payout.ID]payout.Payout{}, turned: map[payout.ID]time.Time{}, orphans: map[string]orphan{},
		board:   payout.Shared{Pauses: map[payout.Provider]payout.Pause{}},
		ordered: map[payout.Person]payout.ControlProposal{}, outflow: map[payout.OutflowBucket]int64{},
		lists: map[payout.RecipientKey][]payout.Unsettled{}, reports: map[string][]byte{}, proposals: map[string]payout.StatementProposal{},
	}}
}

// Backup is a copy of the store as it is: opened in its place, it is what a restored table is.
func (s *Store) Backup() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.data
	d.payouts, d.turned, d.orphans = maps.Clone(d.payouts), maps.Clone(d.turned), maps.Clone(d.orphans)
	d.board.Pauses, d.ordered, d.outflow = maps.Clone(d.board.Pauses), maps.Clone(d.ordered), maps.Clone(d.outflow)
	d.lists, d.reports, d.proposals = maps.Clone(d.lists), maps.Clone(d.reports), maps.Clone(d.proposals)
	d.changes = slices.Clone(d.changes)
	for shard := range d.feed {
		d.feed[shard] = slices.Clone(d.feed[shard])
	}
	return &Store{data: d}
}

// do runs one request. A caller who is gone gets an error, and changes nothing.
func (s *Store) do(ctx context.Context, work func(*data) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memstore: %w: %w", payout.ErrUnclear, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return work(&s.data)
}

// Insert implements payout.Store.
func (s *Store) Insert(ctx context.Context, p payout.Payout, arrived time.Time) error {
	return s.do(ctx, func(d *data) error {
		if old, taken := d.payouts[p.ID]; taken {
			return &payout.Refused{Current: &old}
		}
		if !d.turned[p.ID].Before(arrived) {
			return payout.ErrTurnedAway
		}
		d.payouts[p.ID] = p
		return nil
	})
}

// TurnAway implements payout.Store.
func (s *Store) TurnAway(ctx context.Context, id payout.ID, until time.Time) error {
	return s.do(ctx, func(d *data) error {
		if old, taken := d.payouts[id]; taken {
			return &payout.Refused{Current: &old}
		}
		if d.turned[id].Before(until) {
			d.turned[id] = until
		}
		return nil
	})
}

// Apply implements payout.Store: guard and change mean what they say.
func (s *Store) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	var after payout.Payout
	err := s.do(ctx, func(d *data) error {
		old, there := d.payouts[step.ID]
		switch {
		case !there:
			return &payout.Refused{}
		case !step.When.Holds(old):
			return &payout.Refused{Current: &old}
		}
		after = step.Then.Apply(old)
		d.payouts[step.ID] = after
		return nil
	})
	return after, err
}

// Get implements payout.Store.
func (s *Store) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	var found payout.Payout
	err := s.do(ctx, func(d *data) error {
		p, there := d.payouts[id]
		if !there {
			return payout.ErrNotFound
		}
		found = p
		return nil
	})
	return found, err
}

// BindNamespace implements payout.Store.
func (s *Store) BindNamespace(ctx context.Context, ns payout.Namespace) error {
	return s.do(ctx, func(d *data) error {
		if d.namespace != "" && d.namespace != ns {
			return fmt.Errorf("%w: %q, not %q", payout.ErrNamespace, d.namespace, ns)
		}
		d.namespace = ns
		return nil
	})
}
