package sim

import "cambodia-payouts/pkg/payout"

// utterance is a provider's status word with the code beside it, as it stands on
// the wire. Judges read it by the provider's own table in the model, and the connector by its
// own, so that a wrong row of the connector shows.
type utterance struct{ status, code string }

// answer is a provider's answer to a request. says is what a reader of the provider's pages would
// take from it. The connector sees status and body alone.
type answer struct {
	status int
	body   []byte
	says   sense
	stray  bool // it is about another payment; see [platform.strays]
}

// manner is how a provider puts things, drawn once per payout. It is not drawn anew, since a
// provider that changes its words about one payout would be another fault, which strays and lies
// stand for. busy is how it says "in progress", no how it says "declined", odd a status that no
// page lists, and refusal its answer to a request that it turns down. tries are operations that
// Monetix made by itself before the last one: a decline is as certain as its least certain try
// (decision 0016).
type manner struct {
	of            payout.Provider
	busy, no, odd utterance
	refusal       answer
	back          string   // how a return is put
	tries         []string // the codes of the tries before the last one
}
