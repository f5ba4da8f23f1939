// Package storetest is the conformance suite of [payout.Store]. Every store passes
// it, and what it does not show, no code may rely on. The meaning of a step is
// [payout.Guard.Holds] and [payout.Change.Apply]; the suite compares stores with
// these, step by step.
package storetest
