// Package payout is the domain: what a payout is, which states it may pass
// through, and the three stories that move it (create, receive a claim,
// reconcile). It imports only the standard library and pkg/money; every
// technology reaches it through a port in ports.go.
//
// Two ideas carry the package:
//
//   - A provider never changes a payout. It makes a [Claim], and [Payout.Decide]
//     says what the claim is worth in the present state. The table in status.go
//     is the only place that knows which state may follow which.
//   - Every write is a [Step]: a guard that must hold and a change that makes the
//     guard false. A step that arrives twice, or from two processes at once,
//     therefore takes effect once.
package payout
