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
// An item ends at 400 KB. A usual finished payout takes less than 2,048 bytes and
// fifty history entries with ordinary bodies take less than 50 KB, but fifty
// bodies of 64 KiB that do not compress would take 3.2 MB. When an update would
// pass the limit, the same step is written once more without the body, under the
// same guard and with its SHA-256: a fact about money is never lost for the size
// of its evidence.
package dynamo
