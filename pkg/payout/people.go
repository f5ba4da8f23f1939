package payout

import (
	"context"
	"errors"
)

// Person is somebody of the register, by the name that it gives. Several principals
// may be one person; two persons never share a principal.
type Person string

// Errors of the port People. Anything else means that nobody could look.
var (
	// ErrNoRegister: no register is set, or it is still a placeholder.
	ErrNoRegister = errors.New("payout: no register of people")
	// ErrNotRegistered: the register names none of the caller's identities.
	ErrNotRegistered = errors.New("payout: the caller is not in the register of people")
)

// Nobody is a register that is not set.
type Nobody struct{}

// Who implements People.
func (Nobody) Who(context.Context, []Principal) (Person, error) { return "", ErrNoRegister }
