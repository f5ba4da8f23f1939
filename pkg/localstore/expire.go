package localstore

import (
	"bytes"
	"time"

	"go.etcd.io/bbolt"
)

// expireAt sets when a value may be dropped; the zero time means never. DynamoDB has a time
// to live for that. A later call moves the time. What expires is what expires in the table:
// lists, reports, proposals, buckets and markers, and never a payout, an orphan, an entry of the
// feed or a change of the controls.
func expireAt(tx *bbolt.Tx, in bucket, key string, at time.Time) error {
	row := []byte(rowKey(string(in), key))
	if at.IsZero() {
		return expiring.in(tx).Delete(row)
	}
	return expiring.in(tx).Put(row, []byte(stamp(at)))
}

// expire drops what has had its time. A local run keeps little, so that all of it is
// looked at. A store without a clock drops nothing. It runs when the file is opened, and before
// most writes of what expires, so no reader may rely on something to be gone: DynamoDB drops
// late, too.
func (s *Store) expire(tx *bbolt.Tx) error {
	if s.now == nil {
		return nil
	}
	now := stamp(s.now())
	// They are collected first: a bucket must not be changed while a cursor goes through it. The
	// keys are copied, since bbolt's memory may move with a change.
	var over [][]byte
	rows := expiring.in(tx).Cursor()
	for row, at := rows.First(); row != nil; row, at = rows.Next() {
		if string(at) < now {
			over = append(over, bytes.Clone(row))
		}
	}
	for _, row := range over {
		// The first separator ends the bucket's name; the key may have more of them.
		in, key, _ := bytes.Cut(row, []byte(separator))
		if err := bucket(in).in(tx).Delete(key); err != nil {
			return err
		}
		if err := expiring.in(tx).Delete(row); err != nil {
			return err
		}
	}
	return nil
}
