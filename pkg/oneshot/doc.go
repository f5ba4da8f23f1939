// Package oneshot sends one HTTP request at most once and says honestly what is
// known afterwards. A payout order is sent through it: for money, "it failed" is
// not an answer; only "certainly not sent", "answered" and "unknown" are.
//
// A [Dialed] is one fresh HTTP/1.1 connection for one request. It is dialled in the
// background while the caller writes its fence, because a connection kept alive
// across invocations may have died while the process was frozen, and a request
// written into it is neither sent nor unsent.
//
// What net/http does to be helpful is switched off: keep-alive and its silent
// retry, HTTP/2, proxies, redirects, compression, rewinding the body. A second
// dial for the same line is an error, so even a retry that we overlooked could
// not reach the provider.
package oneshot
