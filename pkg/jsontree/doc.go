// Package jsontree reads JSON into an immutable tree that forgets nothing that
// matters for money or for a signature: numbers keep their literal text, members
// keep their order, and whatever two readers could understand differently
// (duplicate member names, broken Unicode, data behind the end) is refused.
//
// Providers sign the words, not the meaning: 50000.00 and 50000 are one number
// and two signatures. So a callback is parsed once, the signature is computed
// over this tree, and every field is read from the very tree that was verified.
// Merchants' requests go through the same door, because a tree can be checked for
// all faults at once where a decoder stops at the first.
//
// The grammar is that of [github.com/go-json-experiment/json/jsontext], the
// module form of the package that Go ships as encoding/json/jsontext from 1.27
// on (in 1.26 only behind an experiment); the import changes then, nothing else.
package jsontree
