package payout

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Action is something that only a person may order.
type Action string

// The actions.
const (
	Cancel      Action = "cancel"
	Resolve     Action = "resolve"
	Resend      Action = "resend"
	ResendEvent Action = "resend-event"
)

// Resolution is what two people say a payout has come to.
type Resolution string

// The resolutions.
const (
	ResolvedSucceeded Resolution = "succeeded"
	ResolvedFailed    Resolution = "failed"
	// Reviewed moves nothing: what raised attention was looked into, and the
	// payout stands as it is.
	Reviewed Resolution = "reviewed"
)

// Proposal is an order that one person has given and that another one has to give as
// well, about the same payout as it stood, on the same evidence. The zero proposal is
// none.
type Proposal struct {
	Action Action
	As     Resolution // of a Resolve
	By     Principal
	Person Person
	// Identity is what the register knew the person by: names are respelt, and people leave.
	Identity Principal
	At       time.Time
	// Evidence is the lower-case hexadecimal SHA-256 of what the order rests on; see
	// [Order.grounds].
	Evidence string
	// Attempt is the one that the payout was at, and Entries is how many entries its
	// history had, those that found no room included, when the proposal was in it.
	Attempt Attempt
	Entries int
}

// proposalFor is how long an order waits for its second person. After that,
// what the first one knew may no longer be so.
const proposalFor = 24 * time.Hour

// entries counts what was ever written about the money of the payout. How far the merchant was
// told is left out: whoever may order it told again must not hold people up.
func (p Payout) entries() int {
	about := p.HistoryDropped
	for _, e := range p.History {
		if e.Source != FromHerald {
			about++
		}
	}
	return about
}

// waiting reports whether the payout's proposal is the same order, still waits, and is
// about the payout as it stands: nothing was written since.
func (p Payout) waiting(order Proposal) bool {
	o := p.Proposal
	return o.Action == order.Action && o.As == order.As && o.Evidence == order.Evidence &&
		o.Attempt == p.Attempt && o.Entries == p.entries() && order.At.Sub(o.At) <= proposalFor
}

// grounds is what two people have to agree on: the evidence, or the reason where an
// order needs no evidence.
func (o Order) grounds() []byte {
	if evidence := strings.TrimSpace(o.Evidence); evidence != "" {
		return []byte(evidence)
	}
	return []byte(strings.TrimSpace(o.Reason))
}

// errAwaiting ends a change that has only been proposed.
var errAwaiting = errors.New("payout: awaiting a second person")

// signatory is the registered person behind an order for two.
type signatory struct {
	person   Person
	identity Principal
	// whois looks another identity up, as the register stands now.
	whois func(Principal) (Person, error)
}

// who finds the person behind an order for two.
func who(ctx context.Context, people People, identities []Principal) (signatory, error) {
	by := signatory{whois: func(identity Principal) (Person, error) { return people.Who(ctx, []Principal{identity}) }}
	person, err := people.Who(ctx, identities)
	switch {
	case err == nil:
		for _, identity := range identities {
			if known, err := by.whois(identity); err == nil && known == person {
				by.person, by.identity = person, identity
				return by, nil
			}
		}
		return by, unavailable(errRegisterMoved)
	case errors.Is(err, ErrNoRegister):
		return by, &OrderRefused{Problem: OrderPeopleNotRegistered, Detail: "this order takes two registered people, and no register of people is set", Cause: err}
	case errors.Is(err, ErrNotRegistered):
		return by, &OrderRefused{Problem: OrderPeopleNotRegistered, Detail: "this order takes two registered people, and you are not one of them", Cause: err}
	}
	return by, unavailable(err)
}

// errRegisterMoved means that the register changed between two looks at it.
var errRegisterMoved = errors.New("payout: the register of people has just changed")

// first reports whether an order that a person gave before by some identity still stands,
// and whether it was somebody else's. It stands only as long as the register says the same of
// that identity. Whoever was taken out of it since counts no more. A role that went to
// somebody else would make one person two, and nothing tells that from a person who was
// renamed: he gives the order anew.
func (s signatory) first(person Person, identity Principal) (other, stands bool, err error) {
	now, err := s.whois(identity)
	switch {
	case errors.Is(err, ErrNotRegistered), errors.Is(err, ErrNoRegister):
		return false, false, nil
	case err != nil:
		return false, false, err
	}
	return now == person && now != s.person, now == person, nil
}

// propose keeps an order until a second person gives it as well. errAwaiting comes with
// the change to make, or with none if the same person repeats it; no error means that
// this is the second person.
func (p Payout) propose(order Order, action Action, by signatory, now time.Time) (*Change, error) {
	fresh := Proposal{
		Action: action, As: order.As, By: order.By.shown(), Person: by.person, Identity: by.identity, At: now,
		Evidence: HashEvidence(order.grounds()), Attempt: p.Attempt, Entries: p.entries() + 1,
	}
	other, stands, err := by.first(p.Proposal.Person, p.Proposal.Identity)
	switch {
	case err != nil:
		return nil, unavailable(err)
	case !p.waiting(fresh) || !stands:
		if refused := p.proposable(order, by.person); refused != nil {
			return nil, refused
		}
		what := strings.TrimSpace(string(action)+" "+string(order.As)) + " proposed by " + string(by.person)
		return p.inscribe(Change{At: now, Proposal: &fresh}, order.entry(now, p.Status, what)), errAwaiting
	case !other:
		return nil, errAwaiting
	}
	return nil, nil
}

// mostProposals is how many orders of one person the history of a payout holds before he
// may propose no more: one person must not fill it.
const mostProposals = 8

// proposable refuses a proposal whose text would find no room: the second person has to read
// what he confirms.
func (p Payout) proposable(order Order, person Person) error {
	given, proposed := 0, " proposed by "+string(person)+orderSeparator
	for _, e := range p.History {
		if e.Source == FromOperator && strings.Contains(e.Message, proposed) {
			given++
		}
	}
	switch {
	case given >= mostProposals:
		return notPossible("you have given %d orders about this payout; somebody else has to propose the next", given)
	case len(p.History) >= rooms[ofOrder].entries-1 || !p.roomFor(ofOrder), // and his who confirms it
		p.bodies()+len(order.raw()) > rooms[ofOrder].bodies:
		return notPossible("the payout's history is full; ask the provider, whose word still finds room")
	}
	return nil
}

// confirmed names both people in the history: of a single sign-on, a principal names nobody.
func (p Payout) confirmed(what string, by signatory) string {
	return what + " by " + string(by.person) + ", as proposed by " + string(p.Proposal.Person)
}
