package sim

import (
	"context"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

func (s session) Shared(context.Context) (payout.Shared, error) {
	if err := s.read("board"); err != nil {
		return payout.Shared{}, err
	}
	return s.table().Shared(answers)
}

// BindNamespace implements payout.Store; every function is of one stage.
func (session) BindNamespace(context.Context, payout.Namespace) error { return nil }

// RememberRestore implements payout.Store.
func (s session) RememberRestore(_ context.Context, at time.Time) error {
	return s.table().RememberRestore(answers, at)
}

// ChangeControls implements payout.Store. The judges hear of it within the write: it is in force
// from then on, whether or not anybody is answered.
func (s session) ChangeControls(_ context.Context, e payout.ControlEntry) error {
	return s.write("change the controls", func(t *table) error {
		if err := t.ChangeControls(answers, e); err != nil {
			return err
		}
		s.c.world.judgeLoosening(e)
		s.c.world.lifted(t.SharedState.InForce())
		s.c.world.released(e)
		return nil
	})
}

func (s session) ControlChanges(_ context.Context, limit int) ([]payout.ControlEntry, error) {
	if err := s.read("changes of the controls"); err != nil {
		return nil, err
	}
	return s.table().ControlChanges(answers, limit)
}

// ProposeControls implements payout.Store. What was in the person's place before is shown to the
// judge, who would else not see an older order replace it.
func (s session) ProposeControls(_ context.Context, p payout.ControlProposal, until time.Time) error {
	return s.write("propose a change of the controls", func(t *table) error {
		earlier := t.Proposed[p.Person]
		if err := t.ProposeControls(answers, p, until); err != nil {
			return err
		}
		s.c.world.judgeProposal(earlier, p)
		return nil
	})
}

func (s session) ProposedControls(context.Context) ([]payout.ControlProposal, error) {
	if err := s.read("proposals for the controls"); err != nil {
		return nil, err
	}
	return s.table().ProposedControls(answers)
}

func (s session) CountOutflow(_ context.Context, b payout.OutflowBucket, until time.Time) error {
	return s.write("count what was submitted", func(t *table) error { return t.CountOutflow(answers, b, until) })
}

func (s session) OutflowSince(_ context.Context, p payout.Provider, of money.Currency, since time.Time) ([]payout.OutflowBucket, error) {
	if err := s.read("what was submitted"); err != nil {
		return nil, err
	}
	return s.table().OutflowSince(answers, p, of, since)
}

func (s session) SavePause(_ context.Context, p payout.Pause) error {
	return s.write("save a pause", func(t *table) error { return t.SavePause(answers, p) })
}
