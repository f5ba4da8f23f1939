package sim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/memstore"
	"cambodia-payouts/pkg/payout"
)

// table is the store in memory, which passes the suite of the real ones, with an index that follows
// it and judges that hear of every change. Faults are put around it by [session]. Over a store of
// its own the simulation would prove that store; memstore answers as the deployed one does, since
// one suite says so (decision 0005).
type table struct {
	*memstore.Store
	*memstore.Contents
	// index is what the due index shows; it follows the items, at once or later.
	index map[payout.ID]time.Time
	// changed hears of every change of an item.
	changed func(before *payout.Payout, after payout.Payout)
	// follow brings an index row up to date.
	follow func(id payout.ID, due time.Time)
}

func newTable() *table { return tableOf(memstore.New(), map[payout.ID]time.Time{}) }

func tableOf(s *memstore.Store, index map[payout.ID]time.Time) *table {
	t := &table{Store: s, Contents: s.Contents(), index: index, changed: func(*payout.Payout, payout.Payout) {}}
	t.follow = t.show
	return t
}

// backup is a copy for a restore. It has the index of that moment, which may lag as well.
func (t *table) backup() *table { return tableOf(t.Store.Backup(), maps.Clone(t.index)) }

// show puts a row into the index, or takes it out where nothing is due.
func (t *table) show(id payout.ID, due time.Time) {
	if due.IsZero() {
		delete(t.index, id)
		return
	}
	t.index[id] = due
}

func (t *table) insert(p payout.Payout, arrived time.Time) error {
	if err := t.Insert(answers, p, arrived); err != nil {
		return err
	}
	t.moved(nil, p)
	return nil
}

func (t *table) apply(s payout.Step) (payout.Payout, error) {
	before := t.Payouts[s.ID]
	after, err := t.Apply(answers, s)
	if err != nil {
		return after, err
	}
	t.moved(&before, after)
	return after, nil
}

// moved tells the index and the judges of a change, in the same step: no process runs between the
// two.
func (t *table) moved(before *payout.Payout, after payout.Payout) {
	t.follow(after.ID, after.DueAt)
	t.changed(before, after)
}

// answers is the context of requests that arrived: whether and how they are answered is their fate.
var answers = context.Background()

// session is the table as the processes of one container reach it: every request
// is a point. What no simulated function uses is left to the nil store. A store method that is
// missing here panics, which is how the simulation learns that a function asks for something new.
type session struct {
	payout.Store
	c *container
}

func (s session) table() *table { return s.c.world.table }

// errUnclear is what a store reports of a write whose answer is lost.
var errUnclear = fmt.Errorf("%w: the connection broke", payout.ErrUnclear)

// write is one conditional write under its fate. "Lost" has no third case: DynamoDB applies a
// conditional write as a whole or not at all.
//
// When the SDK repeats a write, the caller hears of the second try alone. A guard that the first
// one has not made false would let the change happen twice; decision 0002 asks that of every
// step.
func (s session) write(what string, do func(*table) error) error {
	p := s.c.current
	if p == nil { // at the start
		return do(s.table())
	}
	switch f := p.point(what, writeFates); f {
	case lostBefore:
		return errUnclear
	case lostAfter:
		if err := do(s.table()); err != nil {
			return err
		}
		return errUnclear
	case repeated:
		if err := do(s.table()); err != nil {
			return err
		}
		return do(s.table())
	case crashAfter:
		_ = do(s.table())
		p.die()
	}
	return do(s.table())
}

var errRead = errors.New("sim: the store does not answer")

// read is one read under its fate. blindAt is what the judges excuse a process by which cannot
// know of a hold.
func (s session) read(what string) error {
	if s.c.current == nil && !s.c.unread {
		return nil
	}
	if s.c.current == nil || s.c.current.point(what, readFates) == failing {
		s.c.blindAt = s.c.world.now
		return errRead
	}
	return nil
}

func short(id payout.ID) string { return string(id[:min(8, len(id))]) }

func (s session) Insert(_ context.Context, p payout.Payout, arrived time.Time) error {
	return s.write("insert "+short(p.ID), func(t *table) error { return t.insert(p, arrived) })
}

func (s session) TurnAway(_ context.Context, id payout.ID, until time.Time) error {
	return s.write("turn away from "+short(id), func(t *table) error { return t.TurnAway(answers, id, until) })
}

// Apply implements payout.Store. What a refused write returns has been read: the domain may
// decide on it.
func (s session) Apply(_ context.Context, step payout.Step) (payout.Payout, error) {
	s.c.world.judgeStep(step)
	var after payout.Payout
	err := s.write("update "+short(step.ID)+" "+string(step.Then.Status), func(t *table) (err error) {
		s.c.current.errand.takes = step.Then.DueAt != nil && step.Then.QueryAt == nil && step.Then.Notice == nil && step.Then.Entry == nil
		after, err = t.apply(step)
		return err
	})
	if refused := (*payout.Refused)(nil); errors.As(err, &refused) && refused.Current != nil {
		s.c.current.see(*refused.Current)
	}
	if err == nil {
		s.c.current.see(after)
	}
	return after, err
}

func (s session) Get(_ context.Context, id payout.ID) (payout.Payout, error) {
	if err := s.read("get " + short(id)); err != nil {
		return payout.Payout{}, err
	}
	p, err := s.table().Get(answers, id)
	if err == nil {
		s.c.current.see(p)
	}
	return p, err
}

// Due shows one row at a time within a history: a sweep works on several side by
// side, and only one process may run.
func (s session) Due(_ context.Context, shard int, until time.Time, limit int) ([]payout.Due, error) {
	if err := s.read(fmt.Sprint("due in shard ", shard)); err != nil {
		return nil, err
	}
	var due []payout.Due
	for id, at := range s.table().index {
		if id.Shard() == shard && !at.After(until) {
			due = append(due, payout.Due{ID: id, DueAt: at})
		}
	}
	slices.SortFunc(due, func(a, b payout.Due) int {
		if c := a.DueAt.Compare(b.DueAt); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return due[:min(limit, 1, len(due))], nil
}

// KeepOrphan implements payout.Orphans.
func (s session) KeepOrphan(_ context.Context, o payout.Orphaned) (fresh bool, err error) {
	err = s.write("keep an orphan", func(t *table) error {
		fresh, err = t.KeepOrphan(answers, o)
		return err
	})
	return fresh, err
}

// Publish does what the store of a deployment does: it looks back to the time since and no
// further, and then tries the numbers behind the end of the list as it was when it began. While
// the feed is out of order, no put is answered. Of those puts one in four arrives all the same,
// and the next try has to find it.
func (s session) Publish(_ context.Context, n payout.FeedEntry, since time.Time) error {
	w, shard := s.c.world, n.ID.Shard()
	end := len(s.table().Feed[shard])
	return s.write("publish "+short(n.ID), func(t *table) error {
		out := w.now.Before(w.feedOutUntil)
		if out && w.choices.weighted(75, 25) == 0 {
			return errUnclear
		}
		t.publish(n, since, min(end, len(t.Feed[shard])))
		w.judgeFeed(n.ID)
		if out {
			return errUnclear
		}
		return nil
	})
}

// publish appends what of the news is not found: from the end as its writer knows it, and back to
// a time.
func (t *table) publish(n payout.FeedEntry, since time.Time, end int) {
	list := t.Feed[n.ID.Shard()]
	for number := len(list) - 1; number >= 0; number-- {
		old := list[number]
		if number < end && (since.IsZero() || old.At.Before(since)) {
			break
		}
		if old.ID == n.ID {
			n.From = max(n.From, old.To+1)
		}
	}
	if n.From <= n.To {
		t.Feed[n.ID.Shard()] = append(slices.Clip(list), n)
	}
}

// NoteUnsettled is two writes, as in the table of a deployment: the list, then the shared state.
// A process may die between them: the list has the payout then, and nobody is told to look.
func (s session) NoteUnsettled(_ context.Context, u payout.Unsettled, most int, keep, until time.Time) (list []payout.Unsettled, err error) {
	crowded := error(nil)
	err = s.write("note an unsettled payout", func(t *table) error {
		list, crowded = t.NoteUnsettled(answers, u, most, keep, time.Time{})
		return nil
	})
	if err == nil && !until.IsZero() {
		err = s.write("save until when to look", func(t *table) error {
			t.SharedState.UnsettledUntil = until
			return nil
		})
	}
	if err == nil {
		err = crowded
	}
	return list, err
}

func (s session) FindUnsettled(_ context.Context, key payout.RecipientKey) ([]payout.Unsettled, error) {
	if err := s.read("find unsettled payouts"); err != nil {
		return nil, err
	}
	return s.table().FindUnsettled(answers, key)
}

func (s session) ForgetUnsettled(_ context.Context, key payout.RecipientKey, settled []payout.Unsettled) error {
	return s.write("forget settled payouts", func(t *table) error { return t.ForgetUnsettled(answers, key, settled) })
}

func (s session) KeepProposal(_ context.Context, hash string, p payout.StatementProposal, until time.Time) error {
	return s.write("keep who sent a statement", func(t *table) error { return t.KeepProposal(answers, hash, p, until) })
}

func (s session) FindProposal(_ context.Context, hash string) (payout.StatementProposal, error) {
	if err := s.read("find who sent a statement"); err != nil {
		return payout.StatementProposal{}, err
	}
	return s.table().FindProposal(answers, hash)
}
