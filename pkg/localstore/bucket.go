package localstore

import (
	"fmt"

	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/payout"
)

// bucket names one bucket of the file.
type bucket string

// The buckets. Keys of the index buckets are texts whose order is the order of
// the list; the value is the id or key of what is listed. A new bucket has to be named in
// createBuckets as well. The names are in the files of earlier runs, as is the form of every key.
const (
	payouts      bucket = "payouts"   // id -> document
	foreign      bucket = "foreign"   // claim key -> orphan document
	due          bucket = "due"       // shard # time # id
	days         bucket = "days"      // day # time # id
	attention    bucket = "attention" // since # id
	orphans      bucket = "orphans"   // time # id, or time # number for a claim key
	marker       bucket = "marker"    // the namespace, and the latest restore
	coordination bucket = "board"     // provider -> pause, until when to look up unsettled payouts, and what waits for a second person
	controls     bucket = "controls"  // version -> change of the controls
	outflow      bucket = "outflow"   // provider # currency # time # version -> what was submitted
	lists        bucket = "lists"     // recipient key -> payouts that may not be settled
	reports      bucket = "reports"   // statement -> report
	turned       bucket = "turned"    // id -> up to when requests are turned away
	feed         bucket = "feed"      // shard # number -> news
	expiring     bucket = "expiring"  // bucket # key -> when what is there may be dropped
)

// createBuckets makes those that the file does not have yet: it may be of an earlier release.
func createBuckets(tx *bbolt.Tx) error {
	for _, name := range []bucket{payouts, foreign, due, days, attention, orphans, marker, coordination, controls, outflow, lists, reports, turned, feed, expiring} {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return fmt.Errorf("bucket %s: %w", name, err)
		}
	}
	return nil
}

// in is the bucket within a transaction; it ends with that.
func (b bucket) in(tx *bbolt.Tx) *bbolt.Bucket { return tx.Bucket([]byte(b)) }

// lookup returns the stored payout, nil if there is none.
func lookup(tx *bbolt.Tx, id payout.ID) (*payout.Payout, error) {
	written := payouts.in(tx).Get([]byte(id))
	if written == nil {
		return nil, nil
	}
	p, err := decode(written)
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// keep stores a payout with its index rows, and returns what a later read will
// see. Before is what it replaces, nil for nothing. What is returned was written and read back,
// so a caller sees what a later read will: cut times, and empty values as absent ones. What could
// not be read back is an error, and is not kept.
func keep(tx *bbolt.Tx, before *payout.Payout, p payout.Payout) (payout.Payout, error) {
	written, err := encode(p)
	if err != nil {
		return payout.Payout{}, err
	}
	stored, err := decode(written)
	if err != nil {
		return payout.Payout{}, err
	}
	if err := payouts.in(tx).Put([]byte(p.ID), written); err != nil {
		return payout.Payout{}, err
	}
	return stored, reindex(tx, before, stored)
}

// reindex takes out the rows that no longer hold and puts in those that do. It is part of the
// same transaction, so no row is ever behind its payout; the DynamoDB store can promise that of
// no index, so no code may rely on it.
func reindex(tx *bbolt.Tx, before *payout.Payout, after payout.Payout) error {
	if before != nil {
		for in, key := range rowsOf(*before) {
			if err := in.in(tx).Delete([]byte(key)); err != nil {
				return fmt.Errorf("index %s: %w", in, err)
			}
		}
	}
	for in, key := range rowsOf(after) {
		if err := in.in(tx).Put([]byte(key), []byte(after.ID)); err != nil {
			return fmt.Errorf("index %s: %w", in, err)
		}
	}
	return nil
}

// rowsOf says where a payout is listed. An orphan, or a payout without attention or due time, has
// no row in the list concerned: that is what a sparse index is in the table.
func rowsOf(p payout.Payout) map[bucket]string {
	rows := map[bucket]string{}
	created := rowKey(stamp(p.CreatedAt), string(p.ID))
	if p.Status == payout.Orphan {
		rows[orphans] = created // nobody created it, so it has no creation day
	} else {
		rows[days] = rowKey(p.CreatedAt.UTC().Format(dayFormat), created)
	}
	if since, raised := p.Attention.Since(); raised {
		rows[attention] = rowKey(stamp(since), string(p.ID))
	}
	if !p.DueAt.IsZero() {
		rows[due] = rowKey(shardName(p.ID.Shard()), stamp(p.DueAt), string(p.ID))
	}
	return rows
}
