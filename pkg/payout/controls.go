package payout

import (
	"errors"
	"maps"
	"slices"
	"time"

	"cambodia-payouts/pkg/money"
)

// Gate says whether payouts are submitted.
type Gate string

// The gates.
const (
	GateOpen Gate = "open"
	GateHeld Gate = "held"
)

// Scope is what a gate is about: a provider, by its name, or everything.
type Scope string

// Everything is the gate of all providers; theirs count beside it.
const Everything Scope = "all"

// Scopes lists what may have a gate.
func Scopes() []Scope {
	all := []Scope{Everything}
	for _, p := range Providers() {
		all = append(all, Scope(p))
	}
	return all
}

// Belief says what a verified callback is worth.
type Belief string

// The beliefs.
const (
	// Believe takes a verified callback for the provider's word.
	Believe Belief = "believe"
	// AskFirst believes no callback without a status query: the key that signs them has leaked.
	// Callbacks that an earlier version of the secret signed are refused.
	AskFirst Belief = "ask"
)

// Controls are what people order, in force for all running functions within
// seconds. The zero controls stop nothing. The parameters of the stack are their floor: what
// those hold, no control releases.
type Controls struct {
	// Version counts the changes; 0 means that there was none.
	Version     int
	Submissions map[Scope]Gate // missing: open
	// Caps is the most that one payout may move, per currency; missing: the stack's.
	Caps      map[money.Currency]money.Amount
	Callbacks Belief // empty: Believe
	// ReleasedAt is when two people last ordered all of the controls at once. A table that was
	// restored since is held.
	ReleasedAt time.Time
	// Released is the version of the last change that two people ordered; 0 means that there
	// was none. What was proposed before it is used up; see [ControlProposal.stands].
	Released int
}

// ControlChange is what an order changes of the controls; what it does not name stays.
type ControlChange struct {
	Submissions map[Scope]Gate
	// Caps sets the most that one payout may move. A zero amount takes the cap away, so that
	// the stack's counts again.
	Caps      map[money.Currency]money.Amount
	Callbacks Belief
}

// ControlEntry is one change as it is kept, for good.
type ControlEntry struct {
	Version int // of the controls after it
	At      time.Time
	By      Principal
	// Person gave the order, and Second had proposed it; both are empty for what one may
	// order, and for what the machine did by itself.
	Person, Second Person
	Reason         string
	Before, After  Controls
	// Token tells a process its own write from another's.
	Token string
}

// ControlProposal is a change that waits for its second person. Each person has one at most:
// nobody writes over another's.
type ControlProposal struct {
	// Change is what the order would have loosened when it was given, and nothing more.
	Change ControlChange
	Reason string
	By     Principal
	Person Person
	// Identity is what the register knew the person by.
	Identity Principal
	At       time.Time
	Version  int // of the controls that the person saw
}

// ErrControlsMoved is the error of a store: somebody else has made the change of that number.
var ErrControlsMoved = errors.New("payout: the controls have changed meanwhile")

// gate is what the controls say of a provider.
func (c Controls) gate(p Provider) Gate {
	if c.Submissions[Everything] == GateHeld || c.Submissions[Scope(p)] == GateHeld {
		return GateHeld
	}
	return GateOpen
}

// Belief is what a callback is worth now.
func (c Controls) Belief() Belief {
	if c.Callbacks == "" {
		return Believe
	}
	return c.Callbacks
}

// cap is the most that one payout may move: the lower of the controls' and the stack's.
func (c Controls) cap(of money.Currency, stack money.Amount) money.Amount {
	if own, set := c.Caps[of]; set && stack.Exceeds(own) {
		return own
	}
	return stack
}

// with is the controls after a change.
func (c Controls) with(change ControlChange) Controls {
	after := c
	after.Version++
	after.Submissions, after.Caps, after.Callbacks = maps.Clone(c.Submissions), maps.Clone(c.Caps), c.Belief()
	if len(change.Submissions) > 0 {
		after.Submissions = merged(after.Submissions, change.Submissions)
	}
	if len(change.Caps) > 0 {
		after.Caps = merged(after.Caps, change.Caps)
		maps.DeleteFunc(after.Caps, func(_ money.Currency, a money.Amount) bool { return a.IsZero() })
	}
	if change.Callbacks != "" {
		after.Callbacks = change.Callbacks
	}
	return after
}

func merged[K comparable, V any](base, over map[K]V) map[K]V {
	all := map[K]V{}
	maps.Copy(all, base)
	maps.Copy(all, over)
	return all
}

// parts are what a change tightens, and what it loosens. What it names and does not change is
// in neither: whoever may call the route could move the version with it for ever.
func (c Controls) parts(change ControlChange, floor Floor) (tightens, loosens ControlChange) {
	for scope, gate := range change.Submissions {
		switch {
		case gate == GateHeld && c.Submissions[scope] != GateHeld:
			tightens.setGate(scope, gate)
		case gate == GateOpen && c.Submissions[scope] == GateHeld:
			loosens.setGate(scope, gate)
		}
	}
	for of, most := range change.Caps {
		own, set := c.Caps[of]
		switch {
		case set && (most.IsZero() || most.Exceeds(own)):
			// Two people, even if the stack's cap is lower: a deployment may raise that one.
			loosens.setCap(of, most)
		case !most.IsZero() && c.cap(of, floor.Caps[of]).Exceeds(most):
			tightens.setCap(of, most)
		}
	}
	if change.Callbacks != "" && change.Callbacks != c.Belief() {
		if change.Callbacks == AskFirst {
			tightens.Callbacks = AskFirst
		} else {
			loosens.Callbacks = change.Callbacks
		}
	}
	return tightens, loosens
}

func (c *ControlChange) setGate(scope Scope, gate Gate) {
	c.Submissions = merged(c.Submissions, map[Scope]Gate{scope: gate})
}

func (c *ControlChange) setCap(of money.Currency, most money.Amount) {
	c.Caps = merged(c.Caps, map[money.Currency]money.Amount{of: most})
}

// same reports whether two people ordered the same.
func (c ControlChange) same(other ControlChange) bool {
	return maps.Equal(c.Submissions, other.Submissions) && maps.Equal(c.Caps, other.Caps) && c.Callbacks == other.Callbacks
}

// opens reports whether the change opens a gate, held or not.
func (c ControlChange) opens() bool {
	return slices.Contains(slices.Collect(maps.Values(c.Submissions)), GateOpen)
}

// missing lists what an order leaves open that two people have to state after a restore.
func (c ControlChange) missing() (all []Fault) {
	blame := func(pointer, message string) {
		all = append(all, Fault{Pointer: pointer, Code: InvalidRequest, Message: message})
	}
	for _, scope := range Scopes() {
		if c.Submissions[scope] == "" {
			blame("/submissions/"+string(scope), "say whether it shall be open or held")
		}
	}
	for _, of := range []money.Currency{money.KHR, money.USD} {
		if _, named := c.Caps[of]; !named {
			blame("/caps/"+string(of), "say the most that one payout may move; null for the stack's cap")
		}
	}
	if c.Callbacks == "" {
		blame("/callbacks", `say "believe" or "ask"`)
	}
	return all
}

// isZero reports whether the change names nothing.
func (c ControlChange) isZero() bool { return len(c.Submissions)+len(c.Caps) == 0 && c.Callbacks == "" }
