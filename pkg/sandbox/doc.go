// Package sandbox plays both providers: it takes their requests over real
// HTTP, is strict about every field and signature, answers and calls back as their
// pages say, and misbehaves on demand. It is written from the documentation alone
// and shares no code with the service, so that a mistake on one side shows on the
// other.
//
// It moves no money. The ledger counts what it would have moved: that number, and
// nothing the service says of itself, tells whether somebody was paid twice. Decision 0006 says why
// it is kept apart, and a test of imports keeps it so. Where no page says what a provider does, the
// comment beside the code says so, and the sandbox does what is hardest for us or what seems
// likeliest.
package sandbox
