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
//
// bbolt runs one writing transaction at a time and gives a reading one the file as it was when it
// began. So whatever one function does inside a transaction is atomic here, and no write needs a
// condition that a database would have to understand.
//
// Decision 0005 says why it is a file: a map in memory could not show that Ctrl-C loses nothing.
// Nothing in it is made for many payouts.
package localstore
