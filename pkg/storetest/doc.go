// Package storetest is the conformance suite of [payout.Store]. Every store passes
// it, and what it does not show, no code may rely on. The meaning of a step is
// [payout.Guard.Holds] and [payout.Change.Apply]; the suite compares stores with
// these, step by step.
//
// A guarantee is in it because some decision about money rests on it; the comment of each part
// says which. The parts that race use many callers at once, so that a store which reads first and
// writes later fails: one that is right most of the time would pay twice one day.
//
// Lists are read right after the writes, so the suite needs indexes that are up to date at once.
// On DynamoDB itself a list may be a moment behind, as the port says: there, a part that reads
// one may fail without a fault of the store. What lags is the simulation's subject.
//
// Write a part for whatever a caller begins to rely on, before he does. It must fail on a store
// without the guarantee, whatever that store is made of.
package storetest
