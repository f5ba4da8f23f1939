// Package monetix speaks the protocol of Monetix Gate for the method "Banks of
// Cambodia". Requests, callbacks and answers to status queries carry an HMAC-SHA512
// over the whole JSON tree. What is relied on, and where it is written, is in
// docs/providers.md; the Banks of Cambodia page wins over everything.
package monetix
