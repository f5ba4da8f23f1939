package localstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"cambodia-payouts/pkg/payout"
)

// lockTimeout is how long Open waits for another process to let go of the file:
// long enough for a restart, short enough that a second run says why it stops.
const lockTimeout = time.Second

// fileMode keeps names and account numbers from the machine's other users.
const fileMode = 0o600

// ErrInUse says that another process has the file open. Two of them on one file
// would each believe to be the only one.
var ErrInUse = errors.New("localstore: the file is in use by another process")

var _ payout.Store = (*Store)(nil)

// Store is a payout.Store on one file. It is safe for any number of callers of one process. The
// file is locked, so a second process is refused.
type Store struct {
	db  *bbolt.DB
	now func() time.Time // nil: nothing is ever dropped
}

// Option changes a store from its default. Options are applied before anything is dropped from
// the file, so that the clock is known by then.
type Option func(*Store)

// WithClock has the store drop what may be dropped, by this clock. Tests that live at dates of
// their own leave it out, or give it their clock.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// Unsynced has the store not wait for the disk: a crash of the machine may lose what was written.
// It is for tests in which that is not the point. A local run must not have it: what it has
// acknowledged has to be on the disk.
func Unsynced() Option { return func(s *Store) { s.db.NoSync = true } }

// Open opens the file, or makes a new one. It returns [ErrInUse] when another
// process has it. The caller closes the store, or the file stays locked for as long as the
// process runs.
func Open(path string, options ...Option) (*Store, error) {
	db, err := bbolt.Open(path, fileMode, &bbolt.Options{Timeout: lockTimeout})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%w: %s", ErrInUse, path)
	}
	if err != nil {
		return nil, fmt.Errorf("localstore: open %s: %w", path, err)
	}
	s := &Store{db: db}
	for _, apply := range options {
		apply(s)
	}
	// A file that cannot be prepared is let go at once, or the next try would find it in use.
	if err := db.Update(s.prepare); err != nil {
		return nil, errors.Join(fmt.Errorf("localstore: prepare %s: %w", path, err), db.Close())
	}
	return s, nil
}

// prepare makes what is missing in the file, also in one of an earlier release, and drops what
// expired while nobody had it open. A failure leaves the file as it was.
func (s *Store) prepare(tx *bbolt.Tx) error {
	if err := createBuckets(tx); err != nil {
		return err
	}
	return s.expire(tx)
}

// Close waits for running transactions and lets go of the file.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("localstore: close: %w", err)
	}
	return nil
}

// Backup writes a copy of the file as it is at one moment. Opened in its place, it
// is what a restored table is: older than what the providers have seen. Others may write
// meanwhile, since it is a transaction that reads.
func (s *Store) Backup(path string) error {
	if err := s.db.View(func(tx *bbolt.Tx) error { return tx.CopyFile(path, fileMode) }); err != nil {
		return fmt.Errorf("localstore: back up to %s: %w", path, err)
	}
	return nil
}

// Insert implements payout.Store. Who is first is decided by the order of the transactions, as
// DynamoDB decides it by its condition.
func (s *Store) Insert(ctx context.Context, p payout.Payout, arrived time.Time) error {
	return s.write(ctx, "insert "+string(p.ID), func(tx *bbolt.Tx) error {
		current, err := lookup(tx, p.ID)
		if err != nil {
			return err
		}
		if current != nil {
			return &payout.Refused{Current: current}
		}
		// A request that came up to that time was told that nothing had been started (decision
		// 0026).
		if until := turned.in(tx).Get([]byte(p.ID)); until != nil && string(until) >= stamp(arrived) {
			return payout.ErrTurnedAway
		}
		_, err = keep(tx, nil, p)
		return err
	})
}

// turnedAwayFor is how long it is remembered that nothing was started. A request runs for
// seconds, so a day is long enough.
const turnedAwayFor = 24 * time.Hour

// TurnAway implements payout.Store. The time only grows. Of an insert and a turning away one
// wins, since both look for the other in the transaction in which they write.
func (s *Store) TurnAway(ctx context.Context, id payout.ID, until time.Time) error {
	return s.write(ctx, "turn away from "+string(id), func(tx *bbolt.Tx) error {
		current, err := lookup(tx, id)
		if err != nil {
			return err
		}
		if current != nil {
			return &payout.Refused{Current: current}
		}
		if err := s.expire(tx); err != nil {
			return err
		}
		if before := turned.in(tx).Get([]byte(id)); string(before) >= stamp(until) {
			return nil
		}
		if err := turned.in(tx).Put([]byte(id), []byte(stamp(until))); err != nil {
			return err
		}
		return expireAt(tx, turned, string(id), until.Add(turnedAwayFor))
	})
}

// Apply implements payout.Store by running the guard and the change themselves
// inside the transaction. The times of the guard are cut like the stored ones: a caller may have
// computed them more finely, and the two would never be equal.
func (s *Store) Apply(ctx context.Context, step payout.Step) (payout.Payout, error) {
	if !step.When.DueAt.IsZero() {
		step.When.DueAt = floor(step.When.DueAt) // as the stored time was
	}
	if seen := step.When.Notice; seen != nil {
		step.When.Notice = &payout.NoticeSeen{Token: seen.Token, Fresh: seen.Fresh, At: floor(seen.At), QueryAt: floor(seen.QueryAt), DueAt: floor(seen.DueAt)}
	}
	var after payout.Payout
	err := s.write(ctx, "apply to "+string(step.ID), func(tx *bbolt.Tx) error {
		current, err := lookup(tx, step.ID)
		if err != nil {
			return err
		}
		if current == nil || !step.When.Holds(*current) {
			return &payout.Refused{Current: current}
		}
		after, err = keep(tx, current, step.Then.Apply(*current))
		return err
	})
	if err != nil {
		return payout.Payout{}, err
	}
	return after, nil
}

// Get implements payout.Store. A transaction that reads sees every write that was acknowledged
// before it began.
func (s *Store) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	var found *payout.Payout
	err := s.read(ctx, "get "+string(id), func(tx *bbolt.Tx) (err error) {
		found, err = lookup(tx, id)
		return err
	})
	if err != nil {
		return payout.Payout{}, err
	}
	if found == nil {
		return payout.Payout{}, payout.ErrNotFound
	}
	return *found, nil
}

// write runs one transaction. A refusal is certain, since nothing was written; any
// other error may come from the commit itself, and leaves open whether the disk
// has it.
func (s *Store) write(ctx context.Context, doing string, do func(*bbolt.Tx) error) error {
	// Nothing was begun. It is unclear all the same: the port knows no error of a write that says
	// "certainly not", but for a refusal.
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("localstore: %s: %w: %w", doing, payout.ErrUnclear, err)
	}
	err := s.db.Update(do)
	var refused *payout.Refused
	switch {
	case err == nil:
		return nil
	// Whatever else do returns is wrapped as unclear, an ErrTurnedAway or ErrControlsMoved as
	// well: callers look for those before they look for ErrUnclear.
	case errors.As(err, &refused), errors.Is(err, payout.ErrNamespace):
		return err
	}
	return fmt.Errorf("localstore: %s: %w: %w", doing, payout.ErrUnclear, err)
}

// read runs a transaction that changes nothing. What it hands out must be copied: bbolt's memory
// is valid until the transaction ends.
func (s *Store) read(ctx context.Context, doing string, do func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("localstore: %s: %w", doing, err)
	}
	if err := s.db.View(do); err != nil {
		return fmt.Errorf("localstore: %s: %w", doing, err)
	}
	return nil
}
