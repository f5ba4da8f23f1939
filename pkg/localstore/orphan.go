package localstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/payout"
)

// orphanDocument is a claim that is not about a payout of ours. It has a bucket of its own,
// because its key is made of the claim and not of an id of ours.
type orphanDocument struct {
	Schema     int             `json:"schema"`
	Key        string          `json:"key"`
	ID         payout.ID       `json:"id,omitzero"`
	Provider   payout.Provider `json:"provider"`
	Reference  string          `json:"reference,omitzero"`
	ProviderID string          `json:"provider_id,omitzero"`
	Finding    payout.Finding  `json:"finding,omitzero"`
	Amount     *amount         `json:"amount,omitzero"`
	Code       string          `json:"code,omitzero"`
	Message    string          `json:"message,omitzero"`
	ReceivedAt time.Time       `json:"received_at"`
	Evidence   string          `json:"evidence,omitzero"`
	Raw        []byte          `json:"raw,omitempty"`
	RedactAt   time.Time       `json:"redact_at,omitzero"`
	RedactedAt time.Time       `json:"redacted_at,omitzero"`
}

// KeepOrphan implements payout.Store. A repetition has the same key, though providers sign it
// anew: true is returned for the first one alone.
func (s *Store) KeepOrphan(ctx context.Context, o payout.Orphaned) (bool, error) {
	// It is set inside the transaction and counts only if that was committed.
	fresh := false
	err := s.write(ctx, "keep an orphan", func(tx *bbolt.Tx) error {
		if foreign.in(tx).Get([]byte(o.Key)) != nil {
			return nil
		}
		if err := save(foreign.in(tx), o.Key, orphanOf(o)); err != nil {
			return err
		}
		if !o.RedactAt.IsZero() {
			if err := due.in(tx).Put([]byte(dueOrphan(o.Key, o.RedactAt)), []byte(o.Key)); err != nil {
				return err
			}
		}
		fresh = true
		return listOrphan(tx, o)
	})
	return fresh && err == nil, err
}

// listOrphan gives an orphan its row of the list. Cursors hold the row's key, so that it has a
// number and nothing that is made of the claim. The number is the bucket's own sequence, which
// gives none twice.
func listOrphan(tx *bbolt.Tx, o payout.Orphaned) error {
	rows := orphans.in(tx)
	number, err := rows.NextSequence()
	if err != nil {
		return err
	}
	return rows.Put([]byte(rowKey(stamp(o.ReceivedAt), fmt.Sprintf("%020d", number))), []byte(o.Key))
}

// dueOrphans is the part of the due bucket that lists orphans. No shard has that name, so no
// sweep takes an orphan for a payout.
const dueOrphans = "orphans"

// dueOrphan is the row of one orphan. It is made of the stored time, so that whoever redacts
// finds it.
func dueOrphan(key string, at time.Time) string { return rowKey(dueOrphans, stamp(at), key) }

// DueOrphans implements payout.Orphans.
func (s *Store) DueOrphans(ctx context.Context, until time.Time, limit int) ([]string, error) {
	var keys []string
	l := listing{from: due, prefix: dueOrphans + separator}
	err := s.read(ctx, "list orphans that are due", func(tx *bbolt.Tx) error {
		for _, r := range l.rows(tx, "", max(limit, 1)) {
			if at, _, _ := strings.Cut(r.key, separator); at > stamp(until) {
				return nil
			}
			keys = append(keys, r.of)
		}
		return nil
	})
	return keys, err
}

// RedactOrphan implements payout.Orphans. Done before, it has no due time any more, and nothing
// is written. Reference and number stay, without which nobody could ask the provider, and so does
// the hash, which proves what came (decision 0020).
func (s *Store) RedactOrphan(ctx context.Context, key string, at time.Time) error {
	return s.write(ctx, "redact an orphan", func(tx *bbolt.Tx) error {
		written := foreign.in(tx).Get([]byte(key))
		if written == nil {
			return nil
		}
		o, err := decodeOrphan(written)
		if err != nil || o.RedactAt.IsZero() {
			return err
		}
		if err := due.in(tx).Delete([]byte(dueOrphan(key, o.RedactAt))); err != nil {
			return err
		}
		// The row of the list stays: the claim is still shown, without its texts.
		o.Message, o.Raw, o.RedactAt, o.RedactedAt = "", nil, time.Time{}, at
		return save(foreign.in(tx), key, orphanOf(o))
	})
}

// ListOrphans implements payout.Lister over both kinds of orphan: claims about
// numbers that are not ours, and those kept at the key of a payout that is gone.
func (s *Store) ListOrphans(ctx context.Context, q payout.PageQuery) (payout.OrphanPage, error) {
	var page payout.OrphanPage
	l := listing{name: "orphans", from: orphans, newestFirst: true}
	err := s.page(ctx, l, q, &page.Next, func(tx *bbolt.Tx, key string) error {
		o, err := eitherOrphan(tx, key)
		if err != nil {
			return err
		}
		if q.Wants(payout.Payout{Status: payout.Orphan, Provider: o.Provider}) {
			page.Orphans = append(page.Orphans, o)
		}
		return nil
	})
	if err != nil {
		return payout.OrphanPage{}, err
	}
	return page, nil
}

// eitherOrphan reads an orphan by a claim key or a payout id. The two never look alike: an id
// begins with po_.
func eitherOrphan(tx *bbolt.Tx, key string) (payout.Orphaned, error) {
	if written := foreign.in(tx).Get([]byte(key)); written != nil {
		return decodeOrphan(written)
	}
	p, err := lookup(tx, payout.ID(key))
	if err != nil {
		return payout.Orphaned{}, err
	}
	if p == nil {
		return payout.Orphaned{}, fmt.Errorf("a row without an orphan: %q", key)
	}
	return payout.OrphanedOf(*p), nil
}

func orphanOf(o payout.Orphaned) orphanDocument {
	return orphanDocument{
		Schema: schemaVersion, Key: o.Key, ID: o.ID, Provider: o.Provider, Reference: o.Reference,
		ProviderID: o.ProviderID, Finding: o.Finding, Amount: amountOf(o.Amount), Code: o.Code,
		Message: o.Message, ReceivedAt: floor(o.ReceivedAt), Evidence: o.Evidence, Raw: o.Raw,
		RedactAt: floor(o.RedactAt), RedactedAt: floor(o.RedactedAt),
	}
}

// decodeOrphan refuses what a newer program wrote, as decode does.
func decodeOrphan(written []byte) (payout.Orphaned, error) {
	var d orphanDocument
	if err := json.Unmarshal(written, &d); err != nil {
		return payout.Orphaned{}, fmt.Errorf("decode an orphan: %w", err)
	}
	if d.Schema < 1 || d.Schema > schemaVersion || !payout.Known(d.Provider) {
		return payout.Orphaned{}, errors.New("decode an orphan: no known schema or provider")
	}
	sum, err := d.Amount.money()
	if err != nil {
		return payout.Orphaned{}, fmt.Errorf("decode an orphan: %w", err)
	}
	return payout.Orphaned{
		Key: d.Key, ID: d.ID, Provider: d.Provider, Reference: d.Reference, ProviderID: d.ProviderID,
		Finding: d.Finding, Amount: sum, Code: d.Code, Message: d.Message,
		ReceivedAt: d.ReceivedAt, Evidence: d.Evidence, Raw: d.Raw,
		RedactAt: d.RedactAt, RedactedAt: d.RedactedAt,
	}, nil
}
