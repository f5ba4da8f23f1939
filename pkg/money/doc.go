// Package money holds amounts exactly: a whole number of minor units and the
// currency they are units of. There is no floating point anywhere, also not on
// the way in or out, and nothing is ever rounded: a text that is finer than a
// minor unit is refused with an error that says so.
//
// Three spellings of one amount meet in this service. The merchant and Vexora
// write decimal text in major units ("50000.00"), Monetix writes an integer of
// minor units (5000000). [Parse], [ParseExact] and [New] are the only ways in,
// so whoever holds an [Amount] knows that it is positive and within the limit.
package money
