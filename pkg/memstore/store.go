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
// change it in place: the domain makes new slices and maps. One lock guards all of it: the
// requests of a run are short, and each has to be one moment.
type Store struct {
	mu       sync.Mutex
	contents *Contents
}

// Contents is all that a store holds, for whoever judges or prepares it. Who touches it while the
// store is at work has to keep others out. The simulation and tests of the domain embed it beside
// the store. What a table keeps in items and index rows is a field here, and every list is
// computed from it.
type Contents struct {
	Payouts     map[payout.ID]payout.Payout
	Turned      map[payout.ID]time.Time // up to when requests are turned away
	Orphans     map[string]Orphan
	SharedState payout.Shared
	Changes     []payout.ControlEntry // of the controls, the oldest first
	Proposed    map[payout.Person]payout.ControlProposal
	Outflow     map[payout.OutflowBucket]int64 // by a bucket without its sum
	Lists       map[payout.RecipientKey][]payout.Unsettled
	Reports     map[string][]byte
	Statements  map[string]payout.StatementProposal
	Feed        [payout.Shards][]payout.FeedEntry

	namespace payout.Namespace
}

// Orphan has a number for its place in the list: cursors hold it, so that it is not made of the
// claim. A reader sees the reference of an orphan masked, and could try the rest out with a
// cursor that holds the claim's key (decision 0020).
type Orphan struct {
	payout.Orphaned
	number string
}

// New is an empty store. Its maps are made here, since a write to a nil map would panic; the
// feed's lists may begin as nil.
func New() *Store {
	return &Store{contents: &Contents{
		Payouts: map[payout.ID]payout.Payout{}, Turned: map[payout.ID]time.Time{}, Orphans: map[string]Orphan{},
		SharedState: payout.Shared{Pauses: map[payout.Provider]payout.Pause{}},
		Proposed:    map[payout.Person]payout.ControlProposal{}, Outflow: map[payout.OutflowBucket]int64{},
		Lists: map[payout.RecipientKey][]payout.Unsettled{}, Reports: map[string][]byte{}, Statements: map[string]payout.StatementProposal{},
	}}
}

// Contents is what the store holds, not a copy. It takes no lock: whoever looks while requests
// run sees halves of them.
func (s *Store) Contents() *Contents { return s.contents }

// Backup is a copy of the store as it is: opened in its place, it is what a restored table is.
// The maps are cloned and what they hold is shared, which is enough because nobody changes it in
// place. A restored table is older than what the providers have seen (decision 0010).
func (s *Store) Backup() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := *s.contents
	c.Payouts, c.Turned, c.Orphans = maps.Clone(c.Payouts), maps.Clone(c.Turned), maps.Clone(c.Orphans)
	c.SharedState.Pauses, c.Proposed, c.Outflow = maps.Clone(c.SharedState.Pauses), maps.Clone(c.Proposed), maps.Clone(c.Outflow)
	c.Lists, c.Reports, c.Statements = maps.Clone(c.Lists), maps.Clone(c.Reports), maps.Clone(c.Statements)
	c.Changes = slices.Clone(c.Changes)
	for shard := range c.Feed {
		c.Feed[shard] = slices.Clone(c.Feed[shard])
	}
	return &Store{contents: &c}
}

// do runs one request. A caller who is gone gets an error, and changes nothing. A function that
// returns an error has changed nothing, except that a full list is noted on the shared state; so
// nothing is ever undone. The error of a cancelled caller is unclear, as after a real request
// whose answer nobody waited for.
func (s *Store) do(ctx context.Context, work func(*Contents) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memstore: %w: %w", payout.ErrUnclear, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return work(s.contents)
}

// Insert implements payout.Store. Under the lock, of an insert and a turning away one wins
// (decision 0026).
func (s *Store) Insert(ctx context.Context, p payout.Payout, arrived time.Time) error {
	return s.do(ctx, func(c *Contents) error {
		if old, taken := c.Payouts[p.ID]; taken {
			return &payout.Refused{Current: &old}
		}
		// A request of that very moment was told, too, that nothing had been started.
		if !c.Turned[p.ID].Before(arrived) {
			return payout.ErrTurnedAway
		}
		c.Payouts[p.ID] = p
		return nil
	})
}

// TurnAway implements payout.Store. The time only grows: an older one must not let in what was
// turned away.
func (s *Store) TurnAway(ctx context.Context, id payout.ID, until time.Time) error {
	return s.do(ctx, func(c *Contents) error {
		if old, taken := c.Payouts[id]; taken {
			return &payout.Refused{Current: &old}
		}
		if c.Turned[id].Before(until) {
			c.Turned[id] = until
		}
		return nil
	})
}

// Apply implements payout.Store: guard and change mean what they say. This is what a step means,
// in three lines; the others are compared with the same two functions by the conformance suite.
func (s *Store) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	var after payout.Payout
	err := s.do(ctx, func(c *Contents) error {
		old, there := c.Payouts[step.ID]
		switch {
		// Without a payout nothing holds, also not a guard that asks for nothing.
		case !there:
			return &payout.Refused{}
		case !step.When.Holds(old):
			return &payout.Refused{Current: &old}
		}
		after = step.Then.Apply(old)
		c.Payouts[step.ID] = after
		return nil
	})
	return after, err
}

// Get implements payout.Store. It never lags: the last write that was acknowledged is what it
// finds.
func (s *Store) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	var found payout.Payout
	err := s.do(ctx, func(c *Contents) error {
		p, there := c.Payouts[id]
		if !there {
			return payout.ErrNotFound
		}
		found = p
		return nil
	})
	return found, err
}

// BindNamespace implements payout.Store. The first one decides: under another namespace, each
// reference would be another payout (decision 0001).
func (s *Store) BindNamespace(ctx context.Context, ns payout.Namespace) error {
	return s.do(ctx, func(c *Contents) error {
		if c.namespace != "" && c.namespace != ns {
			return fmt.Errorf("%w: %q, not %q", payout.ErrNamespace, c.namespace, ns)
		}
		c.namespace = ns
		return nil
	})
}
