// Package dynamo keeps payouts in one DynamoDB table. It is the [payout.Store] of
// a deployment.
//
// A payout is one item, so that every step is one conditional write: the guard
// becomes the condition, the change becomes the update, and a refusal brings the
// stored item back in the same answer. No read precedes a write, and nothing
// needs a transaction. Three sparse indexes hold keys only; what a list shows is
// read from the items themselves, consistently.
//
// Times are kept to the millisecond, cut and not rounded, as text of fixed width:
// the order of the texts is the order of the times, and the sweep's guard on a due
// time compares exactly what an index row said.
//
// DynamoDB's items end at 400 KB, those of this package at 32 KB: the domain counts with
// [payout.Payout.Size], which is never less than what an item takes. Items of earlier
// versions may be larger. When an update would pass DynamoDB's limit, the same step is
// written once more without the body, under the same guard and with its SHA-256: a fact
// about money is never lost for the size of its evidence.
//
// The partition key says what an item is: a payout or the marker of a refused create (po_...), a
// foreign claim (orphan#), a recipient's list (recipient#), a statement's report (report#), a
// shard of the feed (feed#), the shared state with the controls (board), the namespace. The roles
// of the functions name these keys in the template (decision 0023), so a new kind of item needs a
// right there as well.
//
// What the store relies on is the list in docs/proof.md: a conditional write is atomic for its
// item, a consistent read sees every acknowledged write, and a failed condition returns the item
// that it was evaluated on.
package dynamo
