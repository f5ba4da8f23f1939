// Package cursor writes and reads the text with which a caller goes on with a list of a store. All
// stores share it, so that a list goes on in the same way whichever of them holds it.
package cursor
