// Package payout is the domain: what a payout is, which states it may pass through, and
// the use cases that move it. It does no I/O; every technology reaches it through a port in
// ports.go. The use cases are
//
//   - [Creator]: one payout, submitted at most once (create.go, submit.go);
//   - [Receiver]: a verified claim of a provider (receive.go, decide.go, write.go);
//   - [Sweeper]: whatever is due (sweep*.go);
//   - [Operator]: what people order, controls included (operate*.go, control_*.go);
//   - [Statements]: what the lines of a provider's statement may do, and who vouches for it
//     (statement*.go; pkg/statement reads files and compares them);
//   - [Notifier]: the feed and the merchant's webhook (notify*.go, event.go);
//   - [Outflow]: what was submitted in an hour (outflow.go).
//
// The [Breaker] stands between them and the providers (breaker*.go); what keeps two payouts of
// the same money apart is in similar*.go and recipient.go; what may be told of the payments of one
// payout in heard.go, payments.go and next_action.go.
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
