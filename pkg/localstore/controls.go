package localstore

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// orderedPrefix begins the keys of the shared state under which changes wait for a second person; the
// first one's name follows.
const orderedPrefix = "proposal#"

// controlsDocument is how controls, and a change of them, are written. Caps are in minor
// units; zero is a change that takes the cap away. Absent members are not named, so a change and
// the whole controls have one form.
type controlsDocument struct {
	Version     int                          `json:"version,omitzero"`
	Submissions map[payout.Scope]payout.Gate `json:"submissions,omitempty"`
	Caps        map[money.Currency]int64     `json:"caps,omitempty"`
	Callbacks   payout.Belief                `json:"callbacks,omitzero"`
	ReleasedAt  time.Time                    `json:"released_at,omitzero"`
	Released    int                          `json:"released,omitzero"`
}

// controlEntryDocument is one change, with the controls before and after it: the log alone shows
// who changed what, and its newest entry is what is in force (decision 0024).
type controlEntryDocument struct {
	Version int              `json:"version"`
	At      time.Time        `json:"at"`
	By      payout.Principal `json:"by"`
	Person  payout.Person    `json:"person,omitzero"`
	Second  payout.Person    `json:"second,omitzero"`
	Reason  string           `json:"reason"`
	Before  controlsDocument `json:"before"`
	After   controlsDocument `json:"after"`
	Token   string           `json:"token"`
}

// controlProposalDocument is what one person has ordered and a second one has not confirmed.
type controlProposalDocument struct {
	Change   controlsDocument `json:"change"`
	Reason   string           `json:"reason"`
	By       payout.Principal `json:"by"`
	Person   payout.Person    `json:"person"`
	Identity payout.Principal `json:"identity"`
	At       time.Time        `json:"at"`
	Version  int              `json:"version"`
}

// changeKey has a fixed width, so that the last key is the newest change.
func changeKey(version int) []byte { return fmt.Appendf(nil, "%09d", version) }

// ChangeControls implements payout.Coordination. Of two orders at one moment, the second one
// finds the number taken, so its person sees the first one before he orders again.
func (s *Store) ChangeControls(ctx context.Context, e payout.ControlEntry) error {
	return s.write(ctx, "change the controls", func(tx *bbolt.Tx) error {
		if controls.in(tx).Get(changeKey(e.Version)) != nil {
			return payout.ErrControlsMoved
		}
		return save(controls.in(tx), string(changeKey(e.Version)), controlEntryDocument{
			Version: e.Version, At: floor(e.At), By: e.By, Person: e.Person, Second: e.Second, Reason: e.Reason,
			Before: asDocument(e.Before), After: asDocument(e.After), Token: e.Token,
		})
	})
}

// ControlChanges implements payout.Coordination. Nothing is ever taken out of them.
func (s *Store) ControlChanges(ctx context.Context, limit int) ([]payout.ControlEntry, error) {
	var all []payout.ControlEntry
	err := s.read(ctx, "list the changes of the controls", func(tx *bbolt.Tx) error {
		cursor := controls.in(tx).Cursor()
		// Backwards, so that a limit leaves the oldest out.
		for key, _ := cursor.Last(); key != nil && len(all) < limit; key, _ = cursor.Prev() {
			entry, err := changeAt(tx, key)
			if err != nil {
				return err
			}
			all = append(all, entry)
		}
		return nil
	})
	return all, err
}

// changeAt reads one change. Caps that cannot be read are an error: without them, more could be
// sent than people allow.
func changeAt(tx *bbolt.Tx, key []byte) (payout.ControlEntry, error) {
	var d controlEntryDocument
	if err := load(controls.in(tx), string(key), &d); err != nil {
		return payout.ControlEntry{}, err
	}
	before, err := d.Before.controls()
	if err != nil {
		return payout.ControlEntry{}, err
	}
	after, err := d.After.controls()
	return payout.ControlEntry{
		Version: d.Version, At: d.At, By: d.By, Person: d.Person, Second: d.Second, Reason: d.Reason,
		Before: before, After: after, Token: d.Token,
	}, err
}

// inForce is what the newest change came to. While nobody has ordered anything it is the zero
// value, which holds nothing.
func inForce(tx *bbolt.Tx) (payout.Controls, error) {
	key, _ := controls.in(tx).Cursor().Last()
	if key == nil {
		return payout.Controls{}, nil
	}
	newest, err := changeAt(tx, key)
	return newest.After, err
}

// ProposeControls implements payout.Coordination. Each person has one, so that nobody writes over
// another's. A write that comes late, of controls that are gone, does not replace what the same
// person has ordered since.
func (s *Store) ProposeControls(ctx context.Context, p payout.ControlProposal, until time.Time) error {
	change := payout.Controls{Submissions: p.Change.Submissions, Caps: p.Change.Caps, Callbacks: p.Change.Callbacks}
	key := orderedPrefix + string(p.Person)
	return s.write(ctx, "propose a change of the controls", func(tx *bbolt.Tx) error {
		if err := s.expire(tx); err != nil {
			return err
		}
		var earlier controlProposalDocument
		if err := load(coordination.in(tx), key, &earlier); err != nil {
			return err
		}
		// A person without one has version zero, which no order is below.
		if earlier.Version > p.Version {
			return payout.ErrControlsMoved
		}
		err := save(coordination.in(tx), key, controlProposalDocument{
			Change: asDocument(change), Reason: p.Reason, By: p.By, Person: p.Person, Identity: p.Identity, At: floor(p.At), Version: p.Version,
		})
		if err != nil {
			return err
		}
		return expireAt(tx, coordination, key, until)
	})
}

// ProposedControls implements payout.Coordination. Some may be over, as in the table: the caller
// compares their times.
func (s *Store) ProposedControls(ctx context.Context) ([]payout.ControlProposal, error) {
	var all []payout.ControlProposal
	err := s.read(ctx, "list the proposals for the controls", func(tx *bbolt.Tx) error {
		cursor := coordination.in(tx).Cursor()
		for key, _ := cursor.Seek([]byte(orderedPrefix)); bytes.HasPrefix(key, []byte(orderedPrefix)); key, _ = cursor.Next() {
			p, err := proposalAt(tx, key)
			if err != nil {
				return err
			}
			all = append(all, p)
		}
		return nil
	})
	return all, err
}

// proposalAt reads one proposal. It is stored with the members that controls have.
func proposalAt(tx *bbolt.Tx, key []byte) (payout.ControlProposal, error) {
	var d controlProposalDocument
	if err := load(coordination.in(tx), string(key), &d); err != nil {
		return payout.ControlProposal{}, err
	}
	change, err := d.Change.controls()
	return payout.ControlProposal{
		Change: payout.ControlChange{Submissions: change.Submissions, Caps: change.Caps, Callbacks: change.Callbacks},
		Reason: d.Reason, By: d.By, Person: d.Person, Identity: d.Identity, At: d.At, Version: d.Version,
	}, err
}

// asDocument serves what is in force and a change of it. In a change, a cap of zero is written:
// it says that the cap goes.
func asDocument(c payout.Controls) controlsDocument {
	d := controlsDocument{Version: c.Version, Submissions: c.Submissions, Callbacks: c.Callbacks, ReleasedAt: floor(c.ReleasedAt), Released: c.Released}
	for of, most := range c.Caps {
		if d.Caps == nil {
			d.Caps = map[money.Currency]int64{}
		}
		d.Caps[of] = most.Minor()
	}
	return d
}

// controls is the way back; a cap of zero stays one, beside those that are not named.
func (d controlsDocument) controls() (payout.Controls, error) {
	c := payout.Controls{Version: d.Version, Submissions: d.Submissions, Callbacks: d.Callbacks, ReleasedAt: d.ReleasedAt, Released: d.Released}
	for of, minor := range d.Caps {
		if c.Caps == nil {
			c.Caps = map[money.Currency]money.Amount{}
		}
		c.Caps[of] = money.Amount{}
		if minor == 0 {
			continue
		}
		most, err := money.New(minor, of)
		if err != nil {
			return payout.Controls{}, fmt.Errorf("cap of the controls: %w", err)
		}
		c.Caps[of] = most
	}
	return c, nil
}
