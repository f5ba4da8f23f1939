package payout

import "errors"

// errRegister: the register of people could not be read.
var errRegister = errors.New("payout: the register of people cannot be read")

// Unstored reports whether an error that is answered with "send it again" is one that a person
// has to look into, or that a new version goes back for: a table that takes nothing, a right
// that is missing, a secret that cannot be read.
//
// Not among them is what callers bring about, or others notice: a request that came too late, a
// payout that others kept changing, a store that has too many requests, and the register of
// people, which is a document that people write.
func Unstored(err error) bool {
	var (
		refusal *Refusal
		refused *OrderRefused
	)
	switch {
	case err == nil, errors.As(err, &refusal) && refusal.Kind != Unavailable,
		errors.As(err, &refused) && refused.Problem != OrderUnavailable:
		return false
	}
	for _, other := range []error{ErrTurnedAway, ErrThrottled, errBusy, errRegister, errRegisterMoved} {
		if errors.Is(err, other) {
			return false
		}
	}
	return true
}
