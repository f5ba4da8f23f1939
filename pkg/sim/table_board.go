package sim

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

func (s session) Shared(context.Context) (payout.Shared, error) {
	if err := s.read("board"); err != nil {
		return payout.Shared{}, err
	}
	t := s.table()
	board := t.board
	board.Pauses = maps.Clone(board.Pauses)
	return board, nil
}

// BindNamespace implements payout.Store; every function is of one stage.
func (session) BindNamespace(context.Context, payout.Namespace) error { return nil }

// RememberRestore implements payout.Store.
func (s session) RememberRestore(_ context.Context, at time.Time) error {
	if t := s.table(); at.After(t.board.RestoredAt) {
		t.board.RestoredAt = at
	}
	return nil
}

func (s session) ChangeControls(_ context.Context, e payout.ControlEntry) error {
	return s.write("change the controls", func(t *table) error {
		if e.Version <= len(t.changes) {
			return payout.ErrControlsMoved
		}
		s.c.world.judgeLoosening(e)
		t.changes, t.board.Controls = append(slices.Clip(t.changes), e), e.After
		s.c.world.lifted(t.board.InForce())
		s.c.world.released(e)
		return nil
	})
}

func (s session) ControlChanges(context.Context, int) ([]payout.ControlEntry, error) {
	if err := s.read("changes of the controls"); err != nil {
		return nil, err
	}
	newest := slices.Clone(s.table().changes)
	slices.Reverse(newest)
	return newest, nil
}

func (s session) ProposeControls(_ context.Context, p payout.ControlProposal, _ time.Time) error {
	return s.write("propose a change of the controls", func(t *table) error {
		if t.ordered[p.Person].Version > p.Version {
			return payout.ErrControlsMoved
		}
		t.ordered[p.Person] = p
		s.c.world.controls.proposed = append(s.c.world.controls.proposed, proposed{s.c.world.now, p.Person, p.Change})
		return nil
	})
}

func (s session) ProposedControls(context.Context) ([]payout.ControlProposal, error) {
	if err := s.read("proposals for the controls"); err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(s.table().ordered), func(a, b payout.ControlProposal) int {
		return strings.Compare(string(a.Person), string(b.Person))
	}), nil
}

func (s session) CountOutflow(_ context.Context, b payout.OutflowBucket, _ time.Time) error {
	minor := b.Minor
	b.Minor = 0
	return s.write("count what was submitted", func(t *table) error {
		t.outflow[b] += minor
		return nil
	})
}

func (s session) OutflowSince(_ context.Context, p payout.Provider, of money.Currency, since time.Time) ([]payout.OutflowBucket, error) {
	if err := s.read("what was submitted"); err != nil {
		return nil, err
	}
	var all []payout.OutflowBucket
	for b, minor := range s.table().outflow {
		if b.Provider == p && b.Currency == of && !b.Start.Before(since) {
			b.Minor = minor
			all = append(all, b)
		}
	}
	return all, nil
}

func (s session) SavePause(_ context.Context, p payout.Pause) error {
	return s.write("pin a pause", func(t *table) error {
		t.board.Pauses[p.Provider] = p
		return nil
	})
}
