// Package localstore keeps payouts in one bbolt file. It is the [payout.Store] of
// the local run: no server, no account, and the same promises.
//
// Every write is one transaction that is on the disk before it is acknowledged, so
// a process that is killed at any moment loses nothing that it had answered for.
// Guards and changes run as the domain's own code inside the transaction, which
// makes this store the plain reading of the port; the DynamoDB one is compared
// with it by the conformance suite. Lists come from index buckets that the same
// transaction keeps in step, so here they are never behind.
//
// Times are kept to the millisecond, cut and not rounded, as in the table of a
// deployment.
package localstore
