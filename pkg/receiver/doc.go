// Package receiver is the other end of the webhook: an example that a merchant can
// copy, and that the tests and the local run use. It does the three things that
// every receiver has to do:
//
//   - verify the signature over the bytes that came, before reading them, and start with
//     no secret that is empty or short: whoever guesses it is believed;
//   - recognise an event that came before (delivery is at least once);
//   - see gaps: events of one payout are numbered 1, 2, 3 …, so a missing number is
//     an event that is still to come, or to be read from the feed.
//
// It shares no code with the service. A real receiver keeps what it has seen in its
// own database, in the transaction that also does what the event asks for.
package receiver
