package sim

import "cambodia-payouts/pkg/payout"

// utterance is a provider's status word with the code beside it, as it stands on
// the wire.
type utterance struct{ status, code string }

// answer is a provider's answer to a request.
type answer struct {
	status int
	body   []byte
	says   sense
	stray  bool // it is about another payment; see [platform.strays]
}

// manner is how a provider puts things, drawn once per payout.
type manner struct {
	of            payout.Provider
	busy, no, odd utterance
	refusal       answer
	back          string   // how a return is put
	tries         []string // the codes of the tries before the last one
}
